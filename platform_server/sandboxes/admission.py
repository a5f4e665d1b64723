"""Who may start a sandbox now, and in which order the others wait."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from platform_server.errors import LimitReached, PlacesTaken, SandboxGone
from platform_server.sandboxes.host import available_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from platform_server.identity.model import UserId
    from platform_server.projects.model import ProjectId

AT_ONCE = 4  # containers that start at the same time; more are slower, one and all
_START_BYTES = 64 * 2**20  # of the machine's memory, that a start under way may still take
_RETRY_AFTER = 30  # seconds


class Shortage(Enum):
    """What a start waits for."""

    PLACE = "place"  # as many sandboxes run as may
    MEMORY = "memory"
    TURN = "turn"  # others are being started


@dataclass(frozen=True, kw_only=True)
class Places:
    """How many sandboxes there may be, and how long one waits for a place. 0: no limit."""

    most: int = 100  # that run at once
    per_user: int = 10  # that run at once, of the projects of one owner
    memory_bytes: int = 0  # to which the limits of all that run may add up
    free_bytes: int = 512 * 2**20  # of the machine's memory, that stay available
    queue: int = 200  # starts that may wait
    patience: float = 120.0  # seconds that each may


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What a sandbox takes of the places."""

    owner_id: UserId
    memory_bytes: int  # its limit


@dataclass(frozen=True, kw_only=True)
class Queued:
    """Where a start is in the queue, and why it waits."""

    position: int  # 1: the next one
    length: int  # how many wait in all
    waits_for: Shortage


class Ticket:
    """One start: it waits, or is under way."""

    def __init__(self, project_id: ProjectId, claim: Claim) -> None:
        self.project_id = project_id
        self.claim = claim
        self.needs_container = True  # False: one that waited is ready for it
        self.waits_for = Shortage.TURN
        self.told: Queued | None = None
        self.changed: Callable[[], None] = _nobody
        self.is_withdrawn = False
        self.decided = asyncio.Event()


def _nobody() -> None:
    """Tell nobody."""


def fair_order(waiting: Sequence[Ticket], held: Mapping[UserId, int]) -> list[Ticket]:
    """Return the queue: whoever has least is next, and among those whoever came first."""
    counted = Counter(held)
    ranked = []
    for arrival, ticket in enumerate(waiting):
        ranked.append((counted[ticket.claim.owner_id], arrival, ticket))
        counted[ticket.claim.owner_id] += 1
    return [ticket for _rank, _arrival, ticket in sorted(ranked, key=lambda one: one[:2])]


class Admission:
    """Lets starts in while there are places and memory; the rest waits, fairly, in bounds.

    ``running`` says what runs. Call ``look`` when that has changed, and now and then: nobody tells
    when the machine has memory again.
    """

    def __init__(
        self,
        places: Places,
        running: Callable[[], Mapping[ProjectId, Claim]],
        *,
        available: Callable[[], int | None] = available_memory,
    ) -> None:
        self.places = places
        self._running = running
        self._available = available
        self._waiting: dict[ProjectId, Ticket] = {}
        self._inside: dict[ProjectId, Ticket] = {}

    @property
    def is_quiet(self) -> bool:
        """Tell whether nobody waits, and no container is being started for anybody."""
        return not self._waiting and not any(one.needs_container for one in self._inside.values())

    @contextmanager
    def apply(self, project_id: ProjectId, claim: Claim) -> Iterator[Ticket]:
        """Get in line for a place, and keep it until the sandbox runs or has failed.

        Raises LimitReached when the owner has as many as they may, PlacesTaken when too many wait.
        """
        self._check_owner(claim.owner_id)
        if self.places.queue and len(self._waiting) >= self.places.queue:
            raise PlacesTaken(retry_after=_RETRY_AFTER)
        ticket = self._waiting[project_id] = Ticket(project_id, claim)
        try:
            yield ticket
        finally:
            self._waiting.pop(project_id, None)
            self._inside.pop(project_id, None)
            self.look()

    async def granted(self, ticket: Ticket) -> None:
        """Return when the start may begin.

        Raises PlacesTaken when that takes too long, SandboxGone when it was given up.
        """
        self.look()
        try:
            async with asyncio.timeout(self.places.patience or None):
                await ticket.decided.wait()
        except TimeoutError as error:
            raise PlacesTaken(retry_after=_RETRY_AFTER) from error
        if ticket.is_withdrawn:
            raise SandboxGone("The sandbox was stopped before it was started.")

    def withdraw(self, project_id: ProjectId) -> None:
        """Give up a start that waits. Nothing when none does."""
        ticket = self._waiting.pop(project_id, None)
        if ticket is not None:
            ticket.is_withdrawn = True
            ticket.decided.set()

    def queued(self, project_id: ProjectId) -> Queued | None:
        """Return where a start is in the queue, None when it does not wait."""
        for position, ticket in enumerate(self._line(self._held()), start=1):
            if ticket.project_id == project_id:
                return _place_of(ticket, position, len(self._waiting))
        return None

    @property
    def wants_memory(self) -> bool:
        """Tell whether the next start waits for nothing but memory of the machine."""
        line = self._line(self._held())
        return (
            bool(line)
            and self._lacks_place(line[0]) is None
            and self._lacks(line[0]) is Shortage.MEMORY
        )

    def has_memory(self, *, besides: int = 0) -> bool:
        """Tell whether the machine has memory for one container more.

        ``besides`` are being made that are nobody's start.
        """
        available = self._available()
        under_way = len(self._inside) + besides
        needed = self.places.free_bytes + _START_BYTES * (under_way + 1)
        return not self.places.free_bytes or available is None or available >= needed

    def look(self) -> None:
        """Let in whoever can be; tell the others where they are, if that has changed."""
        shortage: Shortage | None = None
        for ticket in self._line(self._held()):
            lacks = shortage or self._lacks(ticket)
            if lacks is None:
                self._waiting.pop(ticket.project_id)
                self._inside[ticket.project_id] = ticket
                ticket.decided.set()
                continue
            ticket.waits_for = lacks
            if lacks is not Shortage.TURN:  # whoever comes later must not be served before
                shortage = lacks
        self._tell()

    def _tell(self) -> None:
        line = self._line(self._held())
        for position, ticket in enumerate(line, start=1):
            queued = _place_of(ticket, position, len(line))
            if queued != ticket.told:
                ticket.told = queued
                ticket.changed()

    def _lacks(self, ticket: Ticket) -> Shortage | None:
        lacks = self._lacks_place(ticket)
        if lacks is not None or not ticket.needs_container:
            return lacks
        if sum(one.needs_container for one in self._inside.values()) >= AT_ONCE:
            return Shortage.TURN
        return None if self.has_memory() else Shortage.MEMORY

    def _lacks_place(self, ticket: Ticket) -> Shortage | None:
        """Return what of the configured bounds keeps the start waiting."""
        held = self._held()
        if self.places.most and len(held) >= self.places.most:
            return Shortage.PLACE
        promised = sum(claim.memory_bytes for claim in held.values())
        ceiling = self.places.memory_bytes
        if ceiling and promised + ticket.claim.memory_bytes > ceiling:
            return Shortage.MEMORY
        return None

    def _held(self) -> dict[ProjectId, Claim]:
        """Return what has a place: it runs, or is being started."""
        inside = {project_id: ticket.claim for project_id, ticket in self._inside.items()}
        return inside | dict(self._running())

    def _line(self, held: Mapping[ProjectId, Claim]) -> list[Ticket]:
        owners = Counter(claim.owner_id for claim in held.values())
        return fair_order(list(self._waiting.values()), owners)

    def _check_owner(self, owner_id: UserId) -> None:
        claims = [*self._held().values(), *(one.claim for one in self._waiting.values())]
        own = sum(claim.owner_id == owner_id for claim in claims)
        if self.places.per_user and own >= self.places.per_user:
            raise LimitReached(
                f"{own} sandboxes of this account's projects run, which is the limit: stop one "
                "first."
            )


def _place_of(ticket: Ticket, position: int, length: int) -> Queued:
    return Queued(position=position, length=length, waits_for=ticket.waits_for)
