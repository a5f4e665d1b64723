"""Those who read what a kernel says: clients, and what is kept for the notebook's document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from platform_kernels.filters import execution_state

if TYPE_CHECKING:
    from platform_kernels.messages import Message, Place
    from platform_kernels.outbox import Outbox
    from platform_kernels.recorder import Recorder

_NAMELESS = "anonymous "


def key_of(user: str, session: str, connection: object) -> tuple[str, str]:
    """Return what a client is known by; one that does not say its name cannot come back."""
    return user, session or f"{_NAMELESS}{id(connection)}"


@dataclass(eq=False, kw_only=True)
class Client:
    """One client of a kernel. It outlives its connection, so that it can come back."""

    key: tuple[str, str]  # whose it is, and its own name for itself
    outbox: Outbox

    @property
    def session(self) -> str:
        """Its own name for itself, "" if it has none."""
        return "" if self.key[1].startswith(_NAMELESS) else self.key[1]

    @property
    def place(self) -> Place | None:
        """What has left for it."""
        return self.outbox.place

    @property
    def waiting(self) -> int:
        """How many bytes wait for it."""
        return self.outbox.waiting

    def start_at(self, place: Place) -> None:
        """Take it that it has received everything up to there."""
        self.outbox.start_at(place)

    def asked(self, message: Message, owner: Client | None) -> bool:
        """Tell whether it asked for this reply or question; the ``owner`` did, if that is known."""
        if message.channel == "note":
            return False
        return self is owner if owner is not None else message.parent.session == self.key[1]


class Archive:
    """The recorder's place among those who read; it keeps what it gets at once."""

    session = ""
    place: Place | None = None
    waiting = 0

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._begun: dict[str, int] = {}  # by request: what stands before it in the journal

    def start_at(self, place: Place) -> None:
        """Go on with what is new."""

    def submitted(self, client: Client, request: Message, place: int) -> None:
        """Take what a client sends; ``place`` is that of the kernel's last message."""
        self._recorder.submitted(client.key, request)
        self._begun[request.header.id] = place

    def take(self, message: Message, owner: Client | None) -> None:
        """Take what the kernel says; the ``owner`` asked for it, if that is known."""
        if message.channel == "note":
            if owner is None and message.place is not None:
                self._recorder.recalled(message)
                self._begun[message.parent.id] = message.place.seq - 1
        elif message.channel == "shell":
            self._recorder.replied(message)
        elif message.channel == "iopub":
            self._recorder.published(message)
            if message.header.type == "status" and execution_state(message) == "idle":
                self._recorder.settled(message.parent.id)

    def hold(self) -> int | None:
        """Return what stands before all that is not certain to be in the document."""
        followed = self._recorder.followed
        self._begun = {one: place for one, place in self._begun.items() if one in followed}
        return min(self._begun.values(), default=None)
