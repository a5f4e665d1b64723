"""The event stream: each subscriber gets the events of their own requests, and may send none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.websocket import WebSocketMixin
from jupyter_server.services.events.handlers import SubscribeWebsocket

from platform_extensions.base import PRINCIPAL, current_principal
from platform_extensions.failures import JsonFailures
from platform_extensions.sockets import sockets_of
from platform_server.errors import LimitReached

if TYPE_CHECKING:
    from jupyter_events.logger import EventLogger

    from platform_extensions.sockets import Ticket
    from platform_server.identity.model import UserId

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
        """Pass on an event that one of the subscriber's own requests caused.

        A listener runs in the context of who emitted the event; what the server does by itself has
        no principal, and is nobody's.
        """
        emitter = PRINCIPAL.get()
        if emitter is not None and emitter.id == self.user_id:
            await super().event_listener(logger, schema_id, data)
