"""Open websockets and whose they are, so that a lost right closes them within seconds.

A websocket is authenticated when it opens, and lives for hours. Every handler that opens one adds
it here and removes it when it closes::

    self.ticket = sockets_of(self.settings).add(principal, self.close, project_id=project_id)
    ...
    self.ticket.remove()

The registry asks again every few seconds whether the credential stands and whether its owner may
still use the project, and closes the sockets of those who may not, with code 1008.
"""

from __future__ import annotations

import asyncio
import logging
from contextvars import Context
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

from platform_server.errors import AccessDenied, LimitReached, NotFound
from platform_server.identity.model import Role
from platform_server.projects.model import Access

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from platform_server.identity.model import Principal, SessionId, TokenId, UserId
    from platform_server.projects.model import ProjectId
    from platform_server.services import Services

    Question = Callable[[Principal, ProjectId | None], Awaitable[bool]]

INTERVAL = 2.0  # seconds between two rounds of questions
SOCKETS_PER_USER = 256
_NEW = 3600.0  # seconds
NO_LONGER_ALLOWED = 1008  # websocket close code "policy violation": clients do not just reconnect

log = logging.getLogger(__name__)


class Close(Protocol):
    """How a websocket is closed."""

    def __call__(self, code: int, reason: str) -> None:
        """Begin to close it."""


@dataclass(eq=False, kw_only=True)
class Ticket:
    """One open websocket's place in the registry."""

    principal: Principal
    project_id: ProjectId | None
    close: Close
    tickets: set[Ticket] = field(repr=False)
    opened_at: float = field(default_factory=monotonic)  # seconds

    def remove(self) -> None:
        """Take it out: the websocket is closed. May be called twice."""
        self.tickets.discard(self)


class SocketRegistry:
    """Closes the websockets of people who lost the right to them. ``start``, then ``aclose``."""

    def __init__(
        self,
        still_stands: Question,
        *,
        interval: float = INTERVAL,
        per_user: int = SOCKETS_PER_USER,
    ) -> None:
        self._still_stands = still_stands
        self._interval = interval
        self._per_user = per_user
        self._tickets: set[Ticket] = set()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to ask, in nobody's name."""
        self._task = asyncio.create_task(self._ask_forever(), context=Context())

    async def aclose(self) -> None:
        """Stop asking. Sockets stay as they are. May be called twice."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    @property
    def open_tickets(self) -> list[Ticket]:
        """The websockets that are open."""
        return list(self._tickets)

    def newcomers(self) -> set[UserId]:
        """Return the learners who opened a websocket within the hour: a page does at once."""
        since = monotonic() - _NEW
        return {
            one.principal.id
            for one in self._tickets
            if one.opened_at >= since and one.principal.role is Role.LEARNER
        }

    def add(
        self, principal: Principal, close: Close, *, project_id: ProjectId | None = None
    ) -> Ticket:
        """Register an open websocket. Raises LimitReached when its owner has too many."""
        if sum(one.principal.id == principal.id for one in self._tickets) >= self._per_user:
            raise LimitReached("Too many connections are open: close some tabs or clients.")
        ticket = Ticket(
            principal=principal, project_id=project_id, close=close, tickets=self._tickets
        )
        self._tickets.add(ticket)
        return ticket

    def close_credential(self, credential: SessionId | TokenId) -> None:
        """Close the sockets of a credential that was revoked just now, without waiting."""
        self._close([one for one in self._tickets if one.principal.credential == credential])

    async def ask(self) -> None:
        """Ask once about everybody, and close what has to be closed."""
        answers: dict[tuple[str, ProjectId | None], bool] = {}
        lost = []
        for ticket in list(self._tickets):
            key = (ticket.principal.credential, ticket.project_id)
            if key not in answers:
                answers[key] = await self._still_stands(ticket.principal, ticket.project_id)
            if not answers[key]:
                lost.append(ticket)
        self._close(lost)

    def _close(self, tickets: list[Ticket]) -> None:
        for ticket in tickets:
            ticket.remove()
            ticket.close(NO_LONGER_ALLOWED, "you may not use this any more")

    async def _ask_forever(self) -> None:
        while True:
            await asyncio.sleep(self._interval)
            try:
                await self.ask()
            except Exception:  # a round that fails must not be the last one
                log.exception("open websockets could not be checked")


def still_stands(services: Services) -> Question:
    """Return how to find out whether a credential is good and its project still open to it."""

    async def question(principal: Principal, project_id: ProjectId | None) -> bool:
        if not await services.identity.is_valid(principal):
            return False
        if project_id is None:
            return True
        try:
            await services.projects.get(principal, project_id, Access.EDITOR)
        except (NotFound, AccessDenied):
            return False
        return True

    return question


def sockets_of(settings: Mapping[str, Any]) -> SocketRegistry:
    """Return the server's registry from the web application's settings."""
    registry: SocketRegistry = settings["platform_sockets"]
    return registry
