"""Jupyter's contents manager: translates, delegates, and tells what happened."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from jupyter_server.services.contents.manager import AsyncContentsManager
from traitlets import Bool, Type, Unicode

from platform_extensions.base import current_principal
from platform_extensions.contents.changes import ContentsChanges
from platform_extensions.contents.checkpoints import PlatformCheckpoints
from platform_extensions.contents.codec import NotebookCodec
from platform_extensions.contents.tree import ContentsTree, Query
from platform_extensions.files.conditions import NONE, Conditions
from platform_server.contents.model import Kind
from platform_server.errors import AccessDenied
from platform_server.projects.model import Access

if TYPE_CHECKING:
    from platform_extensions.contents.changes import Saved
    from platform_extensions.contents.models import ContentsModel, Model
    from platform_extensions.server import PlatformServer
    from platform_server.services import Services


class PlatformContents(AsyncContentsManager):
    """The files of whoever makes the request: projects at the top, their files below.

    Paths are API paths. Methods raise PlatformErrors, which our handlers answer.
    """

    allow_hidden = Bool(True, read_only=True)
    root_dir = Unicode("/", read_only=True)
    checkpoints_class = Type(PlatformCheckpoints)
    files_handler_class = None  # /files is in the route table

    @property
    def services(self) -> Services:
        """The installation's services."""
        return cast("PlatformServer", self.parent).services

    @cached_property
    def tree(self) -> ContentsTree:
        """What reads."""
        return ContentsTree(self.services, self.codec)

    @cached_property
    def changes(self) -> ContentsChanges:
        """What changes."""
        return ContentsChanges(self.services, self.tree, self.codec)

    @cached_property
    def codec(self) -> NotebookCodec:
        """What knows notebooks."""
        return NotebookCodec()

    def info_string(self) -> str:
        """Return what is served, for the log."""
        return "Serving the projects of everybody who signs in"

    async def is_hidden(self, path: str) -> bool:
        """Hidden files are files like others."""
        del path
        return False

    async def dir_exists(self, path: str) -> bool:
        """Tell whether there is a folder at the path."""
        return await self.tree.exists(current_principal(), path, Kind.DIRECTORY)

    async def file_exists(self, path: str) -> bool:
        """Tell whether there is a file at the path."""
        return await self.tree.exists(current_principal(), path, Kind.FILE)

    async def get(
        self,
        path: str,
        content: bool = True,  # noqa: FBT001, FBT002 - Jupyter's signature
        type: str | None = None,  # noqa: A002 - Jupyter's signature
        format: str | None = None,  # noqa: A002 - Jupyter's signature
        require_hash: bool = False,  # noqa: FBT001, FBT002 - Jupyter's signature
    ) -> ContentsModel:
        """Return the model of a file or folder."""
        query = Query(content=bool(content), type=type, format=format, hash=bool(require_hash))
        return await self.tree.get(current_principal(), path, query)

    async def save(
        self, model: Model, path: str, *, size: int = 0, conditions: Conditions = NONE
    ) -> ContentsModel:
        """Save what is in the model, from a request of ``size`` bytes; return no content."""
        return (await self.put(model, path, size=size, conditions=conditions)).model

    async def put(
        self,
        model: Model,
        path: str,
        *,
        size: int = 0,
        conditions: Conditions = NONE,
        keep_refused: bool = False,
    ) -> Saved:
        """Do what ``save`` does, and tell whether there was nothing before.

        ``keep_refused``: what the conditions refuse is kept beside the file, as a conflict copy.
        """
        saved = await self.changes.save(
            current_principal(),
            path,
            model,
            size=size,
            conditions=conditions,
            keep_refused=keep_refused,
        )
        self._tell("save", saved.model["path"])
        return saved

    async def new_untitled(self, path: str = "", type: str = "", ext: str = "") -> ContentsModel:  # noqa: A002
        """Make something new under a free name."""
        kind = type or ("notebook" if ext == ".ipynb" else "file")
        made = await self.changes.untitled(current_principal(), path, kind, ext)
        self._tell("save", made["path"])
        return made

    async def copy(self, from_path: str, to_path: str | None = None) -> ContentsModel:
        """Copy a file or folder."""
        made = await self.changes.copy(current_principal(), from_path, to_path)
        self._tell("copy", made["path"], from_path)
        return made

    async def update(self, model: Model, path: str) -> ContentsModel:
        """Rename, for PATCH."""
        new = model.get("path", path)
        moved = await self.changes.rename(current_principal(), path, new)
        self._tell("rename", moved["path"], path)
        return moved

    async def rename_file(self, old_path: str, new_path: str) -> None:
        """Rename a file, folder or project."""
        await self.changes.rename(current_principal(), old_path, new_path)

    async def delete(self, path: str) -> None:
        """Delete a file, folder or project."""
        await self.changes.delete(current_principal(), path)
        self._tell("delete", path.strip("/"))

    async def delete_file(self, path: str) -> None:
        """Delete a file, folder or project."""
        await self.changes.delete(current_principal(), path)

    async def trust_notebook(self, path: str) -> None:
        """Let the notebook's scripts run in the browser of whoever asks, until it changes.

        For those who may change it: a viewer or reviewer has no reason to.
        """
        principal = current_principal()
        found = await self.tree.find(principal, path, Access.EDITOR)
        if found.entry.kind is not Kind.FILE:
            raise AccessDenied("Only notebooks can be trusted.")
        await self.services.contents.trust.accept(principal.id, found.entry)

    def get_kernel_path(self, path: str, model: Any = None) -> str:
        """Return the folder that a notebook's kernel starts in."""
        del model
        return path.rpartition("/")[0]

    def _tell(self, action: str, path: str, source: str | None = None) -> None:
        """Emit Jupyter's event, in the context of whoever made the request."""
        data = {"action": action, "path": path}
        if source is not None:
            data["source_path"] = source.strip("/")
        self.event_logger.emit(schema_id=self.event_schema_id, data=data)
