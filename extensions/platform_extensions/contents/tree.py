"""A principal's projects as one tree of files: finding and reading what is in it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from platform_extensions.contents import notebooks
from platform_extensions.contents.models import (
    address_of,
    entry_model,
    root_model,
    type_of,
    with_json,
    with_text_or_bytes,
)
from platform_server.contents.model import Entry, Kind, Origin
from platform_server.errors import InvalidInput, NotFound, TooLarge
from platform_server.projects.model import Access

if TYPE_CHECKING:
    from platform_extensions.contents.codec import NotebookCodec
    from platform_extensions.contents.models import ContentsModel
    from platform_server.identity.model import Principal
    from platform_server.projects.model import ProjectView
    from platform_server.services import Services


@dataclass(frozen=True, kw_only=True)
class Query:
    """What of a file or folder is asked for."""

    content: bool = True
    type: str | None = None  # "file", "notebook" or "directory"; None: as the name suggests
    format: str | None = None  # "text" or "base64"; None: text if it is
    hash: bool = False  # even for what is in the sandbox only, unless it is too large to be read


@dataclass(frozen=True, kw_only=True)
class Found:
    """An entry, and the project it is in as the principal sees it."""

    view: ProjectView
    entry: Entry


class ContentsTree:
    """Reads for a principal. Every method raises PlatformErrors."""

    def __init__(self, services: Services, codec: NotebookCodec) -> None:
        self._services = services
        self._codec = codec

    async def find(self, principal: Principal, path: str, needs: Access = Access.VIEWER) -> Found:
        """Return what is at an API path below the top. Raises ProjectNotFound, FileMissing."""
        view, inner = await self._project(principal, path, needs)
        return Found(view=view, entry=await self._services.contents.stat(view.project.id, inner))

    async def latest(self, principal: Principal, path: str) -> Found:
        """Return what is at an API path, for whoever reads its bytes. Raises as ``find``."""
        view, inner = await self._project(principal, path, Access.VIEWER)
        return Found(view=view, entry=await self._services.contents.latest(view.project.id, inner))

    async def exists(self, principal: Principal, path: str, kind: Kind) -> bool:
        """Tell whether there is a file, or a folder, at the path."""
        if not address_of(path).label:
            return kind is Kind.DIRECTORY
        try:
            return (await self.find(principal, path)).entry.kind is kind
        except NotFound:
            return False

    async def get(self, principal: Principal, path: str, query: Query) -> ContentsModel:
        """Return the model of a file or folder, with as much of it as is asked for."""
        if not address_of(path).label:
            _require_type("directory", query, path)
            views = await self._services.projects.list(principal) if query.content else None
            return root_model(views)
        look = self.latest if query.content else self.find
        found = await look(principal, path)
        if found.entry.kind is Kind.DIRECTORY:
            _require_type("directory", query, path)
            return await self._folder(found, query)
        if query.type == "directory":
            raise InvalidInput(f"{path} is not a folder.")
        return await self.model(principal, found, query)

    async def model(self, principal: Principal, found: Found, query: Query) -> ContentsModel:
        """Return the model of a file, as it is or as it was, with as much as is asked for."""
        kind = query.type or type_of(found.entry)
        model = entry_model(found.view, found.entry, kind=kind)
        if query.hash and model["hash"] is None and (digest := await self._digest(found)):
            model["hash"], model["hash_algorithm"] = digest, "sha256"
        if not query.content:
            return _as_pages_compare(model, found.entry)
        if kind == "notebook":
            return await self._notebook(principal, found, model)
        data = await self._services.contents.bytes_of(found.entry)
        return with_text_or_bytes(model, data, query.format)

    async def _project(
        self, principal: Principal, path: str, needs: Access
    ) -> tuple[ProjectView, str]:
        """Return the project that an API path is in, and the path in there."""
        address = address_of(path)
        view = await self._services.projects.by_label(principal, address.label, needs)
        return view, address.path

    async def _folder(self, found: Found, query: Query) -> ContentsModel:
        model = entry_model(found.view, found.entry)
        if not query.content:
            return model
        entries = await self._services.contents.list(found.entry.project_id, found.entry.path)
        return with_json(model, [entry_model(found.view, entry) for entry in entries])

    async def _notebook(
        self, principal: Principal, found: Found, model: ContentsModel
    ) -> ContentsModel:
        revision = found.entry.revision
        notebook, fault = await self._codec.parse(
            await self._services.contents.bytes_of(found.entry),
            revision.blob if revision else None,
        )
        trusted = await self._services.contents.trust.is_accepted(principal.id, found.entry)
        notebooks.mark(notebook, trusted=trusted)
        self._services.contents.outputs.read(principal.credential, found.entry)
        return with_json(model, notebook, fault)

    async def _digest(self, found: Found) -> str | None:
        """Return the hash of what is in the sandbox only; code may make it too large meanwhile."""
        try:
            data = await self._services.contents.bytes_of(found.entry)
        except TooLarge:
            return None
        return (await asyncio.to_thread(sha256, data)).hexdigest()


def _as_pages_compare(model: ContentsModel, entry: Entry) -> ContentsModel:
    """Return what a page is told before it saves, to see whether somebody else changed the file.

    A page does not have to know outputs that the server has added for it: it gets no hash to
    compare, and the time is that of the revision below.
    """
    is_recorded = entry.revision is not None and entry.revision.origin is Origin.RECORDER
    return {**model, "hash": None, "hash_algorithm": None} if is_recorded else model


def _require_type(is_type: str, query: Query, path: str) -> None:
    if query.type not in {None, is_type}:
        raise InvalidInput(f"{path or 'The top'} is a folder, not a {query.type}.")
