"""Static files over HTTP: public, compressed, and immutable where their name says what they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado.web import HTTPError, RequestHandler

if TYPE_CHECKING:
    from platform_extensions.lab.assets import Assets

_FOREVER = "public, max-age=31536000, immutable"


class StaticHandler(RequestHandler):
    """One file. Nobody is looked up for it: it is the same for strangers."""

    def initialize(self, prefix: str) -> None:
        """Serve the files under ``prefix``."""
        self._prefix = prefix

    def set_default_headers(self) -> None:
        """Say nothing of the software, and let nobody guess types or run what is shown."""
        self.set_header("Server", "platform")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cross-Origin-Resource-Policy", "same-origin")
        self.set_header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")

    @allow_unauthenticated
    async def get(self, path: str) -> None:
        """Send it, or say that the browser has it."""
        assets: Assets = self.settings["platform_lab"].assets
        accepted = self.request.headers.get("Accept-Encoding", "")
        found = await assets.get(f"{self._prefix}/{path}", accepted)
        if found is None:
            raise HTTPError(404)
        asset, coding, data = found
        versioned = asset.is_immutable or bool(self.get_query_argument("v", ""))
        self.set_header("Content-Type", asset.content_type)
        self.set_header("Cache-Control", _FOREVER if versioned else "no-cache")
        self.set_header("ETag", asset.etag)
        self.set_header("Vary", "Accept-Encoding")
        if self.check_etag_header():
            self.set_status(304)
            return
        if coding:
            self.set_header("Content-Encoding", coding)
        self.finish(data)

    head = get

    def compute_etag(self) -> str | None:
        """Leave the ETag to ``get``."""
        return None

    def write_error(self, status_code: int, **_kwargs: object) -> None:
        """Answer an error with nothing but its status."""
        self.set_status(status_code)
        self.finish()
