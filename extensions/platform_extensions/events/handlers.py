"""The event stream: what each subscriber's own requests did, and what became of their projects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.websocket import WebSocketMixin
from jupyter_server.services.events.handlers import SubscribeWebsocket

from platform_extensions.base import PRINCIPAL, current_principal
from platform_extensions.containers.notices import EVENT as NOTICE_EVENT
from platform_extensions.events.audience import AUDIENCE
from platform_extensions.failures import JsonFailures
from platform_extensions.packages.events import EVENT as PACKAGES_EVENT
from platform_extensions.projects.storage import EVENT as STORAGE_EVENT
from platform_extensions.sockets import sockets_of
from platform_server.errors import AccessDenied, LimitReached, NotFound, Unavailable
from platform_server.projects.model import ProjectId

if TYPE_CHECKING:
    from jupyter_events.logger import EventLogger

    from platform_extensions.sockets import Ticket
    from platform_server.identity.model import UserId

# Schemas whose events have a "project_id".
OF_PROJECTS = frozenset({NOTICE_EVENT, STORAGE_EVENT, PACKAGES_EVENT})
_TRY_AGAIN = 1013  # websocket close code


class EventsSocket(WebSocketMixin, JsonFailures, SubscribeWebsocket):
    """A subscriber."""

    user_id: UserId | None = None
    ticket: Ticket | None = None

    @ws_authenticated
    async def get(self, *args: Any, **kwargs: Any) -> None:
        """Open the websocket."""
        self.user_id = current_principal().id
        await super().get(*args, **kwargs)  # type: ignore[no-untyped-call]

    def open(self, *args: Any, **kwargs: Any) -> None:
        """Begin to listen."""
        WebSocketMixin.open(self, *args, **kwargs)
        try:
            self.ticket = sockets_of(self.settings).add(current_principal(), self.close)
        except LimitReached as error:
            self.close(_TRY_AGAIN, error.message)
            return
        self.event_logger.add_listener(listener=self.event_listener)

    def on_message(self, message: str | bytes) -> None:
        """Ignore what the subscriber says."""

    def on_close(self) -> None:
        """Stop listening."""
        if self.ticket is not None:
            self.ticket.remove()
        super().on_close()  # type: ignore[no-untyped-call]

    async def event_listener(
        self, logger: EventLogger, schema_id: str, data: dict[str, Any]
    ) -> None:
        """Pass on an event that one of the subscriber's own requests caused, or of their projects.

        A listener runs in the context of who emitted the event; what the server does by itself has
        no principal: it names those whom it concerns, or is the project's members' only.
        """
        emitter = PRINCIPAL.get()
        audience = AUDIENCE.get()
        if audience is not None:
            concerns = self.user_id in audience
        elif schema_id in OF_PROJECTS:
            concerns = await self._is_member(ProjectId(data["project_id"]))
        else:
            concerns = emitter is not None and emitter.id == self.user_id
        if concerns:
            await super().event_listener(logger, schema_id, data)

    async def _is_member(self, project_id: ProjectId) -> bool:
        """Tell whether the subscriber sees the project; nobody can tell without the database."""
        if self.ticket is None:
            return False
        try:
            await self.settings["platform_services"].projects.get(self.ticket.principal, project_id)
        except (NotFound, AccessDenied, Unavailable):
            return False
        return True
