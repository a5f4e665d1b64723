"""The command lines that people have typed, kept for them, project by project."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from contextvars import Context
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NewType, Protocol

from platform_server.clock import new_id, utc_now
from platform_server.errors import PlatformError, StorageUnavailable
from platform_server.projects.model import Access

if TYPE_CHECKING:
    from collections.abc import Sequence

    from platform_server.clock import Clock, IdFactory
    from platform_server.identity.model import Principal, UserId
    from platform_server.projects.model import ProjectId, ProjectView
    from platform_server.sandboxes.model import SandboxId, TypedCommand
    from platform_server.terminals.model import TerminalInfo

KEPT = 10_000  # command lines of one person in one project
_BURST, _A_SECOND = 100, 5  # how many lines a terminal may tell of; no person types faster
_WAITING = 1000  # command lines on their way to the database
_OLDEST = timedelta(days=30)  # what a sandbox's clock may be wrong by
_PAUSE = 1.0  # seconds between attempts to reach the database

log = logging.getLogger(__name__)

CommandId = NewType("CommandId", str)


@dataclass(frozen=True, kw_only=True)
class Command:
    """A command line that somebody has typed."""

    id: CommandId
    project_id: ProjectId
    user_id: UserId
    source: str  # the same when it is told again
    text: str
    cwd: str  # relative to the project, or absolute
    exit_code: int
    began_at: datetime
    duration_ms: int


class CommandRepository(Protocol):
    """Where command lines are kept."""

    async def add(self, command: Command, *, keep: int) -> None:
        """Store one, and forget the owner's oldest in the project beyond ``keep``.

        Nothing if one of the same source is there, or the project or the user is not.
        """

    async def search(
        self,
        project_id: ProjectId,
        user_id: UserId,
        *,
        words: Sequence[str],
        limit: int,
        before: CommandId | None,
    ) -> Sequence[Command]:
        """Return those that have all the words in them, whatever their case; the latest first."""

    async def remove(
        self, project_id: ProjectId, user_id: UserId, command_id: CommandId | None
    ) -> bool:
        """Forget one of a person's, or all; tells whether there was one."""


class Projects(Protocol):
    """Who may see what; the project service is one."""

    async def get(
        self, principal: Principal, project_id: ProjectId, needs: Access = Access.VIEWER
    ) -> ProjectView:
        """Return the project. Raises ProjectNotFound, AccessDenied."""


class CommandHistory:
    """Keeps what shells tell of, and shows it to those who typed it, and nobody else."""

    def __init__(
        self,
        repository: CommandRepository,
        projects: Projects,
        *,
        clock: Clock = utc_now,
        new_id: IdFactory = new_id,
    ) -> None:
        self._repository = repository
        self._projects = projects
        self._clock = clock
        self._new_id = new_id
        self._waiting: asyncio.Queue[Command] = asyncio.Queue(maxsize=_WAITING)
        self._allowances: defaultdict[str, _Allowance] = defaultdict(_Allowance)
        self._writer: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to write down what is noted."""
        self._writer = asyncio.create_task(self._write_for_ever(), context=Context())

    async def aclose(self) -> None:
        """Write down what is left, as far as the database answers. May be called twice."""
        if self._writer is None:
            return
        self._writer.cancel()
        await asyncio.wait([self._writer])
        self._writer = None
        while not self._waiting.empty():
            try:
                await self._repository.add(self._waiting.get_nowait(), keep=KEPT)
            except StorageUnavailable:
                return

    def note(self, info: TerminalInfo, sandbox_id: SandboxId, typed: TypedCommand) -> None:
        """Take what a sandbox says was typed in a terminal. What is too much is not kept."""
        text = _readable(typed.text)
        if not text or self._waiting.full() or not self._is_allowed(info.name):
            return
        self._waiting.put_nowait(
            Command(
                id=CommandId(self._new_id()),
                project_id=info.project_id,
                user_id=info.owner_id,
                source=f"{sandbox_id}:{typed.number}",
                text=text,
                cwd=_readable(typed.cwd),
                exit_code=typed.exit_code,
                began_at=self._time(typed.began),
                duration_ms=round(typed.duration * 1000),
            )
        )

    def forget_terminal(self, name: str) -> None:
        """Forget how much a terminal has told of."""
        self._allowances.pop(name, None)

    async def search(
        self,
        principal: Principal,
        project_id: ProjectId,
        *,
        text: str,
        limit: int,
        before: CommandId | None,
    ) -> Sequence[Command]:
        """Return what the principal has typed in a project, the latest first.

        Raises ProjectNotFound.
        """
        await self._projects.get(principal, project_id)
        return await self._repository.search(
            project_id, principal.id, words=text.split(), limit=limit, before=before
        )

    async def forget(
        self, principal: Principal, project_id: ProjectId, command_id: CommandId | None = None
    ) -> bool:
        """Forget one of the principal's, or all in the project; tells whether there was one.

        Raises ProjectNotFound.
        """
        await self._projects.get(principal, project_id)
        return await self._repository.remove(project_id, principal.id, command_id)

    def _is_allowed(self, terminal: str) -> bool:
        return self._allowances[terminal].take(self._clock())

    def _time(self, told: float) -> datetime:
        """Return when it began, as far as the sandbox's word can be true."""
        now = self._clock()
        return max(now - _OLDEST, min(now, datetime.fromtimestamp(min(told, now.timestamp()), UTC)))

    async def _write_for_ever(self) -> None:
        while True:
            await self._write(await self._waiting.get())

    async def _write(self, command: Command) -> None:
        """Store one, as soon as the database answers."""
        while True:
            try:
                return await self._repository.add(command, keep=KEPT)
            except StorageUnavailable:
                await asyncio.sleep(_PAUSE)
            except PlatformError as error:
                log.warning("a command line was not kept: %s", type(error).__name__)
                return None


class _Allowance:
    """How much one terminal may still tell of; it grows with time."""

    def __init__(self) -> None:
        self._left = float(_BURST)
        self._since: datetime | None = None

    def take(self, now: datetime) -> bool:
        if self._since is not None:
            passed = (now - self._since).total_seconds()
            self._left = min(_BURST, self._left + passed * _A_SECOND)
        self._since = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


def _readable(text: str) -> str:
    """Return the text without what a terminal would not show as it is."""
    return "".join(
        letter if letter.isprintable() or letter in "\n\t" else "\N{REPLACEMENT CHARACTER}"
        for letter in text
    ).strip()
