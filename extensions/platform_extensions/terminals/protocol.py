"""terminado's websocket protocol: JSON lists, the kind of the message first."""

from __future__ import annotations

import codecs
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from terminado.management import TermManagerBase
from terminado.websocket import TermSocket
from tornado.websocket import WebSocketHandler

from platform_server.errors import AccessDenied, InvalidInput, TooLarge

if TYPE_CHECKING:
    from asyncio import Future

MAX_MESSAGE = 1 << 20  # characters of one message from a client, a large paste
MAX_SIDE = 1000  # rows or columns of a screen


@dataclass(frozen=True, kw_only=True)
class Typed:
    """``["stdin", text]``."""

    data: bytes


@dataclass(frozen=True, kw_only=True)
class Resized:
    """``["set_size", rows, columns, ...]``."""

    rows: int
    columns: int


def parse_message(message: str | bytes) -> Typed | Resized | None:
    """Return what a client says, None for what is of no concern to a terminal.

    Raises InvalidInput for what is no message of this protocol, and TooLarge.
    """
    if len(message) > MAX_MESSAGE:
        raise TooLarge("One message to a terminal has at most a million characters.")
    try:
        parts = json.loads(message)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("A message to a terminal is a JSON list.") from error
    match parts:
        case ["stdin", str(text)]:
            return Typed(data=text.encode(errors="replace"))
        case ["set_size", int(rows), int(columns), *_] if rows > 0 and columns > 0:
            return Resized(rows=min(rows, MAX_SIDE), columns=min(columns, MAX_SIDE))
        case [str(kind), *_] if kind != "stdin":
            return None
    raise InvalidInput('A message to a terminal is ["stdin", text] or ["set_size", rows, columns].')


class NoShells(TermManagerBase):
    """The terminal manager that terminado asks for. No shell ever starts on the server."""

    def __init__(self) -> None:
        super().__init__(shell_command=[])  # type: ignore[arg-type]  # as terminado documents it

    def new_terminal(self, **_: Any) -> NoReturn:
        """Refuse."""
        raise AccessDenied("Terminals run in sandboxes only.")

    def get_terminal(self, url_component: Any = None) -> NoReturn:
        """Refuse."""
        del url_component
        self.new_terminal()


class TerminalProtocol(TermSocket):
    """What terminado's websocket says, for output that arrives as bytes and may have to wait."""

    def initialize(self, term_manager: TermManagerBase) -> None:
        """Begin with nothing decoded."""
        super().initialize(term_manager)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def open(self, *args: str, **kwargs: str) -> None:
        """Skip terminado's own: it would take a shell of the server's."""
        WebSocketHandler.open(self, *args, **kwargs)

    def say(self, *content: Any) -> Future[None]:
        """Send a message; the future is done when the network has taken it."""
        return self.write_message(json.dumps(content, ensure_ascii=False))

    def decode(self, data: bytes) -> str:
        """Return the output as text; a letter cut in two waits for its other half."""
        return self._decoder.decode(data)
