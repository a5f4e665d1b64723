"""A principal's projects as one tree of files: saving, making and copying what is in it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from nbformat.v4 import new_notebook

from platform_extensions.contents.models import (
    Address,
    ContentsModel,
    Model,
    address_of,
    bytes_of,
    entry_model,
    pending_model,
    project_model,
)
from platform_extensions.contents.untitled import copy_names, untitled_names
from platform_extensions.files.conditions import NONE, Conditions
from platform_extensions.projects.storage_models import stored_at
from platform_server.clock import utc_now
from platform_server.contents.model import Kind
from platform_server.contents.outputs import Sent
from platform_server.contents.save import Terms
from platform_server.errors import (
    Conflict,
    FileMissing,
    InvalidInput,
    InvalidPath,
    NameTaken,
    RevisionConflict,
)
from platform_server.kernel_sessions.moves import follow_move
from platform_server.projects.model import Access
from platform_server.projects.names import join, name_of, parent_of, parse_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from platform_extensions.contents.codec import NotebookCodec
    from platform_extensions.contents.tree import ContentsTree
    from platform_server.contents.model import Entry
    from platform_server.identity.model import Principal
    from platform_server.projects.model import ProjectView
    from platform_server.services import Services

_NO_FILES_AT_TOP = (
    "Files are kept in projects: open a project's folder first, "
    "or make a new folder here, which makes a project."
)
_STAYS_A_PROJECT = "A project stays at the top: it can be renamed, but not be moved into a folder."
_ONLY_NEW = Conditions(must_be_new=True)
_ATTEMPTS = 5  # to save, while somebody else saves the same file
_TRIES = 100  # names that others may take while one is looked for


class Saved(NamedTuple):
    """What was saved, without its content, and whether there was nothing before."""

    model: ContentsModel
    is_new: bool


class ContentsChanges:
    """Changes for a principal. Every method raises PlatformErrors."""

    def __init__(self, services: Services, tree: ContentsTree, codec: NotebookCodec) -> None:
        self._services = services
        self._tree = tree
        self._codec = codec

    async def save(
        self,
        principal: Principal,
        path: str,
        model: Model,
        *,
        size: int = 0,
        conditions: Conditions = NONE,
        keep_refused: bool = False,
    ) -> Saved:
        """Save a file, a notebook, a piece of an upload, or make a folder or project.

        ``size`` is that of the request, in bytes. Raises RevisionConflict where the conditions
        refuse, NameTaken for folders; ``keep_refused`` makes a conflict copy of a file instead.
        """
        kind = model.get("type")
        if kind not in {"file", "notebook", "directory"}:
            raise InvalidInput('Say what it is: "type" is "file", "notebook" or "directory".')
        address = address_of(path)
        if not address.path:
            return await self._save_at_top(principal, address, kind, new=conditions.must_be_new)
        view = await self._services.projects.by_label(principal, address.label, Access.EDITOR)
        if kind == "directory":
            return await self._make_folder(view, address, new=conditions.must_be_new)
        terms = Terms(
            author=principal.id,
            make_parents=False,
            must_be_new=conditions.must_be_new,
            expected_blob=conditions.expected,
            conflict_copy_by=(principal.name or principal.email) if keep_refused else None,
        )
        if kind == "notebook":
            sent = Sent(
                content=model.get("content"), terms=terms, reader=principal.credential, size=size
            )
            return await self._save_notebook(view, address, sent)
        if model.get("chunk") is not None:
            return await self._save_piece(view, address, model, terms)
        data = bytes_of(model)
        entry = await self._services.contents.save(view.project.id, address.path, data, terms)
        return self._saved(view, entry, "file")

    async def untitled(
        self, principal: Principal, folder: str, kind: str, ending: str
    ) -> ContentsModel:
        """Make something empty, under a name that is free."""
        model: Model = {"type": kind, "format": "text", "content": ""}
        if kind == "notebook":
            model |= {"format": "json", "content": new_notebook()}
        folder = parse_path(folder)
        if not await self._tree.exists(principal, folder, Kind.DIRECTORY):
            raise FileMissing(f'There is no folder "{folder}".')
        for name in _some(untitled_names(kind, ending)):
            with suppress(Conflict):
                path = join(folder, name)
                return (await self.save(principal, path, model, conditions=_ONLY_NEW)).model
        raise NameTaken

    async def copy(self, principal: Principal, source: str, target: str | None) -> ContentsModel:
        """Copy a file or folder into a folder, or to a path; None: beside itself."""
        source = parse_path(source)
        found = await self._tree.find(principal, source)
        if not found.entry.path:
            raise InvalidPath("A project cannot be copied as a folder: export and import it.")
        target = parent_of(source) if target is None else parse_path(target)
        if await self._tree.exists(principal, target, Kind.DIRECTORY):
            names = copy_names(name_of(source))
            places: Iterator[str] = (join(target, name) for name in _some(names))
        else:
            places = iter([target])
        for place in places:
            with suppress(Conflict):
                return await self._copy_to(principal, source, place)
        raise NameTaken

    async def rename(self, principal: Principal, old: str, new: str) -> ContentsModel:
        """Move a file or folder, perhaps to another project; or rename a project."""
        source, target = address_of(old), address_of(new)
        if not source.path:
            return await self._rename_project(principal, source, target)
        if not target.path:
            raise InvalidInput(_NO_FILES_AT_TOP)
        projects = self._services.projects
        from_view = await projects.by_label(principal, source.label, Access.EDITOR)
        into_view = await projects.by_label(principal, target.label, Access.EDITOR)
        project_id, into = from_view.project.id, into_view.project.id
        contents = self._services.contents
        if project_id == into:
            entry = await contents.move(project_id, source.path, target.path)
            sessions = self._services.kernel_sessions
            await follow_move(sessions, principal.id, project_id, source.path, entry.path)
        else:
            entry = await contents.copy(
                project_id, source.path, target.path, author=principal.id, into=into
            )
            await contents.delete(project_id, source.path)
        return entry_model(into_view, entry)

    async def delete(self, principal: Principal, path: str) -> None:
        """Delete a file, a folder with what is in it, or a project."""
        address = address_of(path)
        if not address.label:
            raise InvalidInput("The list of projects cannot be deleted.")
        needs = Access.EDITOR if address.path else Access.VIEWER
        view = await self._services.projects.by_label(principal, address.label, needs)
        if address.path:
            await self._services.contents.delete(view.project.id, address.path)
        else:
            await self._services.projects.delete(principal, view.project.id)

    async def _save_at_top(
        self, principal: Principal, address: Address, kind: str, *, new: bool
    ) -> Saved:
        """Make a project; saving an existing one as a folder changes nothing."""
        if kind != "directory" or not address.label:
            raise InvalidInput(_NO_FILES_AT_TOP)
        if not new and await self._tree.exists(principal, address.label, Kind.DIRECTORY):
            view = await self._services.projects.by_label(principal, address.label)
            return Saved(project_model(view), is_new=False)
        view = await self._services.projects.create(principal, address.label)
        return Saved(project_model(view), is_new=True)

    async def _make_folder(self, view: ProjectView, address: Address, *, new: bool) -> Saved:
        contents, project_id = self._services.contents, view.project.id
        is_there = await contents.exists(project_id, address.path)
        if new and is_there:
            raise NameTaken
        above = parent_of(address.path)
        if not await contents.exists(project_id, above):
            raise FileMissing(f'There is no folder "{above}".')
        made = await contents.make_directory(project_id, address.path)
        return Saved(entry_model(view, made), is_new=not is_there)

    async def _save_notebook(self, view: ProjectView, address: Address, sent: Sent) -> Saved:
        outputs, project_id = self._services.contents.outputs, view.project.id
        terms = await outputs.terms_for(project_id, address.path, sent.terms)
        sent = replace(sent, terms=terms)
        for attempt in range(_ATTEMPTS, 0, -1):
            kept = await outputs.with_recorded(project_id, address.path, sent)
            try:
                entry, fault = await self._save_sent(view, address, kept)
                break
            except RevisionConflict:
                if attempt == 1 or kept is sent:
                    raise
        saved = self._saved(view, entry, "notebook")
        if fault is not None:
            saved.model["message"] = fault
        return saved

    async def _save_sent(
        self, view: ProjectView, address: Address, sent: Sent
    ) -> tuple[Entry, str | None]:
        serialised = await self._codec.serialise(sent.content, sent.size)
        terms = replace(sent.terms, trusted=serialised.accepted and sent.may_be_trusted)
        entry = await self._services.contents.save(
            view.project.id, address.path, serialised.data, terms
        )
        if entry.revision is not None:
            self._codec.remember(entry.revision.blob, serialised.fault)
        return entry, serialised.fault

    async def _save_piece(
        self, view: ProjectView, address: Address, model: Model, terms: Terms
    ) -> Saved:
        number = model["chunk"]
        if not isinstance(number, int):
            raise InvalidInput('"chunk" is the number of the piece, or -1 for the last one.')
        entry = await self._services.contents.uploads.add(
            view.project.id, address.path, number, bytes_of(model), terms
        )
        if entry is None:
            return Saved(pending_model(view, address.path, utc_now()), is_new=True)
        return self._saved(view, entry, "file")

    def _saved(self, view: ProjectView, entry: Entry, kind: str) -> Saved:
        """Return what was saved, and where its bytes are: in the store, or here only."""
        model = entry_model(view, entry, kind=kind)
        model["stored"] = stored_at(self._services.keeping, entry)
        return Saved(model, entry.is_new)

    async def _copy_to(self, principal: Principal, source: str, target: str) -> ContentsModel:
        from_, into = address_of(source), address_of(target)
        if not into.path:
            raise InvalidInput(_NO_FILES_AT_TOP)
        projects = self._services.projects
        from_view = await projects.by_label(principal, from_.label)
        into_view = await projects.by_label(principal, into.label, Access.EDITOR)
        entry = await self._services.contents.copy(
            from_view.project.id,
            from_.path,
            into.path,
            author=principal.id,
            into=into_view.project.id,
        )
        return entry_model(into_view, entry)

    async def _rename_project(
        self, principal: Principal, source: Address, target: Address
    ) -> ContentsModel:
        if target.path or not target.label:
            raise InvalidInput(_STAYS_A_PROJECT)
        view = await self._services.projects.by_label(principal, source.label)
        return project_model(
            await self._services.projects.rename(principal, view.project.id, target.label)
        )


def _some(names: Iterator[str]) -> Iterator[str]:
    return (name for name, _ in zip(names, range(_TRIES), strict=False))
