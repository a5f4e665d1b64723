"""One websocket of a kernel's client."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from jupyter_server.services.kernels.connection.base import BaseKernelWebsocketConnection
from tornado.websocket import WebSocketClosedError

from platform_extensions.kernels.models import end_status
from platform_extensions.sockets import sockets_of
from platform_kernels import frames
from platform_kernels.messages import InvalidMessage, Message
from platform_kernels.outbox import TRY_AGAIN_LATER
from platform_kernels.wires import TooMuchUnsentError

if TYPE_CHECKING:
    from platform_extensions.kernels.kernel import PlatformKernel
    from platform_extensions.sockets import Ticket
    from platform_kernels.clients import Client
    from platform_server.identity.model import Principal

UNSUPPORTED_DATA = 1003  # websocket close code for what cannot be understood
_GOODBYES = frozenset({1000, 1001})  # close codes of clients that will not come back


class PlatformConnection(BaseKernelWebsocketConnection):
    """Translates between a websocket's frames and the kernel's link (a Sink of that link).

    Frames are checked before they are taken apart, and a malformed one closes the websocket with
    1003. What the client does not read is bounded by its outbox.
    """

    principal: Principal
    session_name: str = ""  # how the client calls itself; the same name comes back as the same
    last_seen: str = ""  # the id of the last message that it has, if it says so
    _client: Client | None = None
    _ticket: Ticket | None = None

    def connect(self) -> None:  # type: ignore[override]  # nothing to wait for
        """Join the kernel's clients. Raises LimitReached for one websocket too many."""
        kernel: PlatformKernel = self.kernel_manager
        self._ticket = sockets_of(self.websocket_handler.settings).add(
            self.principal, self.close, project_id=kernel.home.project_id
        )
        self._client = kernel.link.attach(
            self.principal.id, self.session_name, self, last=self.last_seen
        )
        if kernel.execution_state == "dead" and kernel.ended is not None:
            # Who comes only now has not heard of it, and would take it for a kernel that is idle.
            kernel.link.tell(self._client, "status", end_status(kernel.ended, "dead"))
        self.multi_kernel_manager.notify_connect(self.kernel_id)

    def disconnect(self) -> None:  # type: ignore[override]
        """Leave: the websocket is closed. May be called twice."""
        client, self._client = self._client, None
        if client is None or self._ticket is None:
            return
        self._ticket.remove()
        goodbye = self.websocket_handler.close_code in _GOODBYES
        self.kernel_manager.link.detach(client, self, may_return=not goodbye)
        self.multi_kernel_manager.notify_disconnect(self.kernel_id)

    def handle_incoming_message(self, incoming_msg: bytes | str) -> None:
        """Pass a frame from the client on to the kernel."""
        if self._client is None:
            return
        try:
            decode = frames.decode_v1 if self._is_v1 else frames.decode_legacy
            self.kernel_manager.link.submit(self._client, decode(incoming_msg))
        except InvalidMessage as error:
            self.close(UNSUPPORTED_DATA, f"not a kernel message: {error}")
        except TooMuchUnsentError:
            self.close(TRY_AGAIN_LATER, "the kernel does not take messages this fast")

    def write(self, message: Message) -> asyncio.Future[None]:
        """Send a message to the client (Sink)."""
        try:
            data = frames.encode_v1(message) if self._is_v1 else frames.encode_legacy(message)
            return self.websocket_handler.write_message(data, binary=isinstance(data, bytes))
        except (InvalidMessage, WebSocketClosedError) as error:
            done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            if isinstance(error, InvalidMessage):  # what the kernel made unreadable has left
                done.set_result(None)
            else:  # what nobody reads any more never will
                done.cancel()
            return done

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Close the websocket (Sink). The link forgets it at once, whatever the network does."""
        self.websocket_handler.close(code, reason[:100])
        self.disconnect()

    @property
    def _is_v1(self) -> bool:
        return bool(self.websocket_handler.selected_subprotocol == frames.V1)
