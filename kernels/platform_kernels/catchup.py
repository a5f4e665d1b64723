"""Brings those up to date that have missed what a kernel said, from the kernel's own journal.

The kernel numbers what it says and keeps it until it is told that everybody has it; see the agent's
``publisher`` for the notes that are exchanged. A follower that comes back gets what it missed in
portions, each when it has room for it, and nothing else meanwhile; the kernel says where that ends
and what is new begins, so that there is neither a gap nor anything twice. All that comes from the
kernel may be a lie, and then concerns its own clients only.
"""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from platform_kernels.messages import InvalidMessage, Message, Place
from platform_kernels.outbox import MEBIBYTE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Followers = Callable[[], "Iterable[Follower]"]

_PORTION = MEBIBYTE  # bytes that are asked for at once
_ROOM = MEBIBYTE  # bytes that may wait for a follower that is sent another portion
_PAUSE = 0.05  # seconds between two reports when there are many
_RATE, _BURST = 50, 50  # reports in a second, and at once, that are made without a pause
_MOST = 16  # sessions in a report
_SESSION_LIMIT = 128  # characters of a session's name
_LARGEST = 10**18

REPLAYED = "platform_replayed"
NOTES = frozenset({"platform_journal", REPLAYED})  # what is not for clients
NUMBERED = frozenset({"execute_reply", "input_request"})  # journaled, besides all outputs


class Follower(Protocol):
    """Who reads what the kernel says."""

    @property
    def session(self) -> str:
        """Its name for itself, "" if it has none."""

    @property
    def place(self) -> Place | None:
        """What it has received."""

    @property
    def waiting(self) -> int:
        """How many bytes are on their way to it."""

    def start_at(self, place: Place) -> None:
        """Take it that it has received everything up to there."""


@dataclass(eq=False, kw_only=True)
class _Lag:
    """A follower that is being brought up to date."""

    follower: Follower
    # Up to this number all was said before it came: of that it sees what it asked for itself.
    own_until: int
    last: str  # the id of the last message that it has, if it says so
    after: int | None  # the number of the last message that it has, as far as that is known here
    is_paused: bool = False


class CatchUp:
    """Knows how far each follower has got. ``start`` it for each connection to a kernel."""

    def __init__(self, tell: Callable[[Mapping[str, object]], None]) -> None:
        self._tell = tell
        self._tokens = itertools.count(1)
        self._lags: dict[str, _Lag] = {}
        self._report: asyncio.TimerHandle | None = None
        self._report_at, self._credits = 0.0, float(_BURST)  # when the last one was made
        self.start(is_known=False)

    def start(self, *, is_known: bool) -> None:
        """Begin anew; the kernel ``is_known`` when an earlier server process talked to it."""
        self._is_known = is_known
        self._epoch = ""  # until the kernel has greeted; for ever, if it keeps no journal
        self._seq = 0  # what was said last
        self._is_free = not is_known
        self._floor: int | None = None  # what an earlier server process had done with
        self._expected: dict[str, int] = {}  # how far sessions had got that are not back yet
        self._wanted: dict[Follower, str] = {}  # who came before the greeting, and what it has
        self._lags.clear()
        self._reported: tuple[int, dict[str, int]] | None = None
        if self._report is not None:
            self._report.cancel()
            self._report = None

    @property
    def is_journaled(self) -> bool:
        """Whether the kernel keeps a journal."""
        return bool(self._epoch)

    @property
    def seq(self) -> int:
        """The number of what was said last."""
        return self._seq

    def came(self, follower: Follower, last: str = "") -> None:
        """Bring a follower up to date that has just connected, and has the message ``last``."""
        if not self._epoch:
            self._wanted[follower] = last
            return
        after = self._position(follower)
        if after is None:
            after = self._expected.get(follower.session)
        own_only = after is None and not last and self._is_known
        if own_only:
            after = self._floor
        if last or after is not None:
            self._begin(follower, last, after, own_until=self._seq if own_only else 0)
        else:
            follower.start_at(Place(epoch=self._epoch, seq=self._seq))

    def recall(self, follower: Follower) -> None:
        """Repeat to a follower, if there was an earlier server process, what that had not done."""
        if self._floor is not None:
            self._begin(follower, "", self._floor)

    def left(self, follower: Follower) -> None:
        """Note that it has no connection any more."""
        self._wanted.pop(follower, None)
        for token in [token for token, lag in self._lags.items() if lag.follower is follower]:
            del self._lags[token]

    def is_behind(self, follower: Follower) -> bool:
        """Tell whether it is being brought up to date: what is new will come to it that way."""
        return any(lag.follower is follower for lag in self._lags.values())

    def greeted(self, content: Mapping[str, Any], followers: Iterable[Follower]) -> None:
        """Take the kernel's greeting, which comes whenever the connection is made.

        ``followers`` are those that have a connection. Raises InvalidMessage.
        """
        epoch, before = content.get("epoch"), self._seq
        if not isinstance(epoch, str):
            raise InvalidMessage("not a journal")
        self._seq = _number(content.get("seq"))
        if epoch == self._epoch:
            self._resync(followers, before)
            return
        self._epoch = epoch
        if self._is_known:
            self._floor = _number(content.get("released"))
            self._expected = _positions(content.get("positions"))
        wanted, self._wanted = self._wanted, {}
        for follower in followers:
            if follower in wanted:
                self.came(follower, wanted[follower])
            else:
                follower.start_at(Place(epoch=epoch, seq=self._seq))

    def freed(self) -> None:
        """Note that nothing is left to do of what an earlier server process passed on."""
        self._is_free = True

    def note(self, place: Place) -> None:
        """Note what was said last."""
        if not place.token:
            self._seq = place.seq

    def replaying(self, message: Message) -> Follower | None:
        """Return the follower to which a repeated message is to go, if any."""
        lag = self._lags.get(message.place.token) if message.place is not None else None
        if lag is None or message.place is None:
            return None
        lag.last, lag.after = "", message.place.seq
        is_older = message.place.seq <= lag.own_until
        if is_older and message.parent.session != lag.follower.session:
            return None
        return lag.follower

    def replayed(self, content: Mapping[str, Any]) -> None:
        """Take it that a portion has come to its end. Raises InvalidMessage."""
        token, seq = content.get("token"), _number(content.get("seq"))
        lag = self._lags.get(token) if isinstance(token, str) else None
        if lag is None or not isinstance(token, str):
            return
        lag.last, lag.after = "", seq
        if content.get("more") is True:
            lag.is_paused = True
            self.go_on(lag.follower)
            return
        del self._lags[token]
        self._expected.pop(lag.follower.session, None)
        if not lag.follower.waiting:
            lag.follower.start_at(Place(epoch=self._epoch, seq=seq))

    def go_on(self, follower: Follower) -> None:
        """Ask for the next portion for a follower that has room for it."""
        for token, lag in self._lags.items():
            if lag.follower is follower and lag.is_paused and follower.waiting <= _ROOM:
                lag.is_paused = False
                self._ask(token, lag)

    def report_later(self, followers: Followers, hold: Callable[[], int]) -> None:
        """Tell the kernel soon how far everybody has got; what all have it may forget.

        ``hold`` says up to where it may in any case.
        """
        if self._epoch and self._report is None:
            loop = asyncio.get_running_loop()
            pause = 0 if self._credit(loop.time()) >= 1 else _PAUSE
            self._report = loop.call_later(pause, self.report, followers, hold)

    def report(self, followers: Followers, hold: Callable[[], int]) -> None:
        """Tell the kernel now."""
        if self._report is not None:
            self._report.cancel()
            self._report = None
        known = {one.session: self._position(one) or 0 for one in followers()}
        least = min([hold(), self._seq, *self._expected.values(), *known.values()])
        if self._floor is not None and not self._is_free:
            least = min(least, self._floor)
        named = [(name, at) for name, at in {**self._expected, **known}.items() if name]
        report = least, dict(named[-_MOST:])
        if self._epoch and self._reported != report:
            now = asyncio.get_running_loop().time()
            self._credits, self._report_at = max(0, self._credit(now) - 1), now
            self._reported = report
            positions = {"epoch": self._epoch, "positions": report[1], "release": least}
            self._tell({"op": "seen", **positions})

    def _credit(self, now: float) -> float:
        return min(_BURST, self._credits + (now - self._report_at) * _RATE)

    def _position(self, follower: Follower) -> int | None:
        place = follower.place
        if place is None:
            return None
        return place.seq if place.epoch == self._epoch else 0

    def _resync(self, followers: Iterable[Follower], seq: int) -> None:
        """Go on after the connection broke: what was on its way is lost, and so are requests."""
        lags, self._lags = list(self._lags.values()), {}
        behind = {lag.follower for lag in lags}
        for lag in lags:
            self._begin(lag.follower, lag.last, lag.after, own_until=lag.own_until)
        for follower in followers:
            if follower not in behind:
                self._begin(follower, "", seq)

    def _begin(
        self, follower: Follower, last: str, after: int | None, *, own_until: int = 0
    ) -> None:
        token = str(next(self._tokens))
        lag = _Lag(follower=follower, own_until=own_until, last=last, after=after)
        self._lags[token] = lag
        self._ask(token, lag)

    def _ask(self, token: str, lag: _Lag) -> None:
        request = {"op": "replay", "token": token, "after": lag.after, "last": lag.last or None}
        self._tell({**request, "size": _PORTION})


def _positions(value: Any) -> dict[str, int]:
    if not isinstance(value, dict):
        raise InvalidMessage("not positions")
    named = list(value.items())[:_MOST]
    return {str(name)[:_SESSION_LIMIT]: _number(position) for name, position in named}


def _number(value: Any) -> int:
    if not isinstance(value, int) or not 0 <= value < _LARGEST:
        raise InvalidMessage("not a number of a message")
    return value
