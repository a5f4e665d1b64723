"""The contents API over HTTP: Jupyter's resources, with our errors and conditional saves."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from jupyter_server.auth.decorator import authorized
from jupyter_server.services.contents import handlers as stock
from jupyter_server.utils import url_escape, url_path_join
from tornado import web

from platform_extensions.base import PlatformHandler
from platform_extensions.files.conditions import conditions_of
from platform_extensions.large_body import LargeBody
from platform_server.errors import InvalidInput, PreconditionFailed, RevisionConflict

if TYPE_CHECKING:
    from platform_extensions.contents.checkpoints import PlatformCheckpoints
    from platform_extensions.contents.manager import PlatformContents
    from platform_extensions.contents.models import ContentsModel, Model

_TYPES = {"directory", "file", "notebook"}


class ContentsHandler(LargeBody, PlatformHandler):
    """Files, folders and projects."""

    auth_resource = "contents"

    @property
    def manager(self) -> PlatformContents:
        """The contents manager."""
        return cast("PlatformContents", self.contents_manager)

    @web.authenticated
    @authorized
    async def get(self, path: str = "") -> None:
        """Answer the model of a file or folder."""
        kind = self.get_query_argument("type", None)
        model = await self.manager.get(
            path,
            content=self._flag("content", default="1"),
            type=kind if kind is None or kind in _TYPES else "file",
            format=self._format(),
            require_hash=self._flag("hash", default="0"),
        )
        self._answer(model)

    @web.authenticated
    @authorized
    async def put(self, path: str = "") -> None:
        """Save what is sent; without anything, make something untitled.

        ``?conflict=copy``: what ``If-Match`` refuses is kept beside the file, as a conflict copy.
        """
        model = self._sent()
        if not model:
            await self._make_untitled(path, model)
            return
        if model.get("copy_from"):
            raise InvalidInput("Copy with POST, not with PUT.")
        conditions = conditions_of(self.request.headers)
        try:
            saved = await self.manager.put(
                model,
                path,
                size=len(self.request.body),
                conditions=conditions,
                keep_refused=self.get_query_argument("conflict", "") == "copy",
            )
        except RevisionConflict as error:
            raise PreconditionFailed(error.message) from error
        self._answer_changed(saved.model, status=201 if saved.is_new else 200)

    @web.authenticated
    @authorized
    async def post(self, path: str = "") -> None:
        """Make something untitled in a folder, or copy something into it."""
        model = self._sent()
        if await self.manager.file_exists(path):
            raise InvalidInput("That is a file: save it with PUT.")
        source = model.get("copy_from")
        if source:
            self._answer_changed(await self.manager.copy(source, path), status=201)
        else:
            await self._make_untitled(path, model)

    @web.authenticated
    @authorized
    async def patch(self, path: str = "") -> None:
        """Rename or move."""
        self._answer_changed(await self.manager.update(self._sent(), path))

    @web.authenticated
    @authorized
    async def delete(self, path: str = "") -> None:
        """Delete a file, a folder with what is in it, or a project."""
        await self.manager.delete(path)
        self.set_status(204)
        self.finish()

    async def _make_untitled(self, path: str, model: Model) -> None:
        kind = model.get("type") or ""
        known = kind if not kind or kind in _TYPES else "file"
        made = await self.manager.new_untitled(path, type=known, ext=model.get("ext") or "")
        self._answer_changed(made, status=201)

    def _answer_changed(self, model: ContentsModel, *, status: int = 200) -> None:
        place = url_path_join(self.base_url, "api", "contents", url_escape(model["path"]))
        self.set_header("Location", place)
        self._answer(model, status=status)

    def _answer(self, model: ContentsModel, *, status: int = 200) -> None:
        self.set_header("Last-Modified", model["last_modified"])
        self.reply(model, status=status)

    def _sent(self) -> Model:
        """Return the JSON object of the request, {} if there is none."""
        sent = self.get_json_body()
        model = {} if sent is None else sent
        if not isinstance(model, dict):
            raise InvalidInput("Send a JSON object.")
        for name in ("path", "copy_from", "type", "ext", "format"):
            if not isinstance(model.get(name), str | None):
                raise InvalidInput(f'"{name}" is a string.')
        return model

    def _flag(self, name: str, *, default: str) -> bool:
        value = self.get_query_argument(name, default)
        if value not in {"0", "1"}:
            raise InvalidInput(f'"{name}" is 0 or 1.')
        return value == "1"

    def _format(self) -> str | None:
        value = self.get_query_argument("format", None)
        if value not in {None, "text", "base64"}:
            raise InvalidInput('"format" is "text" or "base64".')
        return value


class CheckpointsHandler(PlatformHandler):
    """A file's checkpoints."""

    auth_resource = "contents"

    @property
    def checkpoints(self) -> PlatformCheckpoints:
        """The contents manager's checkpoints."""
        return cast("PlatformCheckpoints", self.contents_manager.checkpoints)

    @web.authenticated
    @authorized
    async def get(self, path: str = "") -> None:
        """List them."""
        self.reply(await self.checkpoints.list_checkpoints(path))

    @web.authenticated
    @authorized
    async def post(self, path: str = "") -> None:
        """Mark the file as it is now."""
        made = await self.checkpoints.create_checkpoint(self.contents_manager, path)
        place = url_path_join(self.base_url, "api/contents", url_escape(path), "checkpoints")
        self.set_header("Location", url_path_join(place, url_escape(made["id"])))
        self.reply(made, status=201)


class ModifyCheckpointsHandler(PlatformHandler, stock.ModifyCheckpointsHandler):
    """One checkpoint."""


class TrustHandler(PlatformHandler, stock.TrustNotebooksHandler):
    """Trust in a notebook."""

    auth_resource = "contents"
