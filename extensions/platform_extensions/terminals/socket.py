"""The websocket of a terminal."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.websocket import WebSocketMixin
from tornado.iostream import StreamClosedError
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from platform_extensions.base import current_principal
from platform_extensions.failures import JsonFailures
from platform_extensions.sockets import sockets_of
from platform_extensions.terminals.protocol import (
    Resized,
    TerminalProtocol,
    Typed,
    parse_message,
)
from platform_server.errors import InvalidInput, NotFound, PlatformError, SandboxGone, TooLarge
from platform_server.sandboxes.model import EndCause

if TYPE_CHECKING:
    from platform_extensions.sockets import Ticket
    from platform_server.sandboxes.runtime import Terminal
    from platform_server.terminals.model import TerminalInfo
    from platform_server.terminals.service import TerminalService

PATIENCE = 15.0  # seconds that a client may take for one message, or a program for one paste

_NO_NEWS = frozenset({EndCause.EXITED, EndCause.USER})
_NO_MESSAGE = 1003
_TOO_BIG = 1009
_COME_BACK_LATER = 1013


class TerminalSocket(WebSocketMixin, JsonFailures, TerminalProtocol):
    """One client of a terminal. Errors before it opens are answered as JSON."""

    _info: TerminalInfo
    _view: Terminal | None = None
    _ticket: Ticket | None = None
    _pump: asyncio.Task[None] | None = None
    _leaving: asyncio.Task[None] | None = None  # kept, so that it is not collected half-way
    _is_closed = False

    @property
    def terminals(self) -> TerminalService:
        """The service."""
        return self.settings["platform_services"].terminals  # type: ignore[no-any-return]  # tornado

    @ws_authenticated
    async def get(self, name: str) -> None:
        """Check who asks for which terminal, then open the websocket."""
        self._principal = current_principal()
        self._info = await self.terminals.get(self._principal, name)
        await WebSocketHandler.get(self, name)

    async def open(self, name: str) -> None:  # type: ignore[override]  # terminado's knows no wait
        """Attach. Small frames leave at once: without that each key waits 40 ms for its echo."""
        self.set_nodelay(True)
        WebSocketMixin.open(self, name)
        try:
            self._ticket = sockets_of(self.settings).add(
                self._principal, self.close, project_id=self._info.project_id
            )
            view = await self.terminals.attach(self._principal, name)
        except NotFound:
            self.on_pty_died()
        except PlatformError as error:
            self.close(_COME_BACK_LATER, error.message)
        else:
            self._begin(view)

    async def on_message(self, message: str | bytes) -> None:  # type: ignore[override]  # as above
        """Type, or resize. The next message is read when this one has been taken."""
        if self._view is None:
            return
        try:
            await asyncio.wait_for(self._do(self._view, message), PATIENCE)
        except InvalidInput as error:
            self.close(_NO_MESSAGE, error.message)
        except TooLarge as error:
            self.close(_TOO_BIG, error.message)
        except TimeoutError:
            self.close(_COME_BACK_LATER, "The program does not read what you type.")
        except SandboxGone:
            pass  # the output has ended too, which says so

    def on_close(self) -> None:
        """Look away. The shell lives on."""
        self._is_closed = True
        if self._ticket is not None:
            self._ticket.remove()
        if self._view is not None:
            self._leaving = asyncio.create_task(self._leave(self._view))

    def _begin(self, view: Terminal) -> None:
        self._view = view
        if self._is_closed:  # the client went away while the terminal was being attached
            self.on_close()
            return
        self.say("setup", {})
        self._pump = asyncio.create_task(self._show(view))

    async def _leave(self, view: Terminal) -> None:
        if self._pump is not None:
            self._pump.cancel()
            await asyncio.wait([self._pump])
        await view.aclose()

    async def _do(self, view: Terminal, message: str | bytes) -> None:
        match parse_message(message):
            case Typed(data=data):
                await view.write(data)
            case Resized(rows=rows, columns=columns):
                await view.resize(rows=rows, columns=columns)

    async def _show(self, view: Terminal) -> None:
        """Send what the shell prints, as fast as the client takes it, to the end."""
        try:
            while data := await view.read():
                text = self.decode(data)
                await asyncio.wait_for(self.say("stdout", text), PATIENCE)
            await self._explain()
            self.on_pty_died()
        except TimeoutError:
            self.close(_COME_BACK_LATER, "This connection is too slow for the output.")
        except (WebSocketClosedError, StreamClosedError):
            pass  # on_close follows

    async def _explain(self) -> None:
        """Say why the shell ended, unless somebody ended it."""
        ended = await self.terminals.end_of(self._principal, self._info.name)
        if ended is not None and ended.cause not in _NO_NEWS:
            await self.say("stdout", f"\r\n\x1b[1m{ended.detail}\x1b[0m\r\n")
