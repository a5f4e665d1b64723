"""``/api/sessions``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tornado import web

from platform_extensions.base import PlatformHandler
from platform_extensions.sessions.models import SessionBody, parse_session_id

if TYPE_CHECKING:
    from platform_extensions.sessions.manager import PlatformSessions


class SessionResource(PlatformHandler):
    """What the resource's handlers share."""

    @property
    def sessions(self) -> PlatformSessions:
        """All sessions."""
        return self.settings["session_manager"]  # type: ignore[no-any-return]  # tornado's dict


class SessionsHandler(SessionResource):
    """One's sessions."""

    @web.authenticated
    async def get(self) -> None:
        """List them."""
        self.reply(await self.sessions.list(self.principal))

    @web.authenticated
    async def post(self) -> None:
        """Connect a document to a kernel; its existing session is answered when it has one."""
        model = await self.sessions.open(self.principal, self.body(SessionBody))
        self.set_header("Location", f"{self.base_url}api/sessions/{model['id']}")
        self.reply(model, status=201)


class SessionHandler(SessionResource):
    """One session."""

    @web.authenticated
    async def get(self, session_id: str) -> None:
        """Show it."""
        self.reply(await self.sessions.get(self.principal, parse_session_id(session_id)))

    @web.authenticated
    async def patch(self, session_id: str) -> None:
        """Rename or move its document, or give it another kernel."""
        body = self.body(SessionBody)
        found = parse_session_id(session_id)
        self.reply(await self.sessions.change(self.principal, found, body))

    @web.authenticated
    async def delete(self, session_id: str) -> None:
        """End it and its kernel."""
        await self.sessions.close_session(self.principal, parse_session_id(session_id))
        self.set_status(204)
        self.finish()
