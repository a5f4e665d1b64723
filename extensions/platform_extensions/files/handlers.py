"""``/files/<path>``: the bytes of a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from jupyter_server.base.handlers import JupyterHandler
from tornado import web

from platform_extensions.base import JsonFailures, current_principal
from platform_extensions.files.delivery import POLICY, deliver

if TYPE_CHECKING:
    from platform_extensions.contents.manager import PlatformContents


class FilesHandler(JsonFailures, JupyterHandler):
    """Downloads, for those who may read the project."""

    auth_resource = "contents"

    @property
    def content_security_policy(self) -> str:
        """No scripts, no origin: whatever the file is, it is no page of ours."""
        return POLICY

    @web.authenticated
    async def get(self, path: str) -> None:
        """Send a file. ``?download=1`` saves it to disk whatever it is."""
        self.check_xsrf_cookie()  # only for pages of this site
        manager = cast("PlatformContents", self.contents_manager)
        found = await manager.tree.latest(current_principal(), path)
        contents = manager.services.contents
        download = bool(self.get_argument("download", ""))
        await deliver(self, contents, found.entry, download=download)

    head = get
