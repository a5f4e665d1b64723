"""Terminals: opened, found, watched and closed by the people they belong to."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from cachetools import LRUCache

from platform_server.clock import new_id, utc_now
from platform_server.errors import (
    LimitReached,
    ProjectNotFound,
    SandboxGone,
    TerminalNotFound,
)
from platform_server.projects.model import Access
from platform_server.sandboxes.model import TerminalName
from platform_server.terminals.model import TerminalInfo, TerminalLimits
from platform_server.terminals.repository import TerminalRecord
from platform_server.terminals.shared import SharedTerminal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from platform_server.clock import Clock, IdFactory
    from platform_server.identity.model import Principal, UserId
    from platform_server.projects.model import ProjectId, ProjectView
    from platform_server.sandboxes.model import Ended, SandboxId, TypedCommand
    from platform_server.sandboxes.runtime import Shells, Terminal
    from platform_server.terminals.commands import CommandHistory
    from platform_server.terminals.repository import TerminalRepository

CULL_INTERVAL = 60.0  # seconds between two looks for idle terminals
_ENDED_KEPT = 500  # terminals that ended by themselves, the latest


class Projects(Protocol):
    """Who may run what; the project service is one."""

    async def get(
        self, principal: Principal, project_id: ProjectId, needs: Access = Access.VIEWER
    ) -> ProjectView:
        """Return the project. Raises ProjectNotFound, AccessDenied."""


class Sandboxes(Protocol):
    """Where shells run; the sandbox service is one."""

    async def runtime(self, project_id: ProjectId) -> Shells:
        """Return the project's running sandbox, started if there is none."""

    def running(self, project_id: ProjectId) -> Shells | None:
        """Return the project's sandbox if it runs; none is started."""

    async def settled(self, project_id: ProjectId) -> None:
        """Return once the project's sandbox of an earlier process is taken over, or has ended.

        Raises EngineUnavailable, StorageUnavailable as long as that cannot be known.
        """


@dataclass
class _Open:
    """An open terminal, as the service keeps it."""

    info: TerminalInfo
    runtime: Shells
    shared: SharedTerminal


class TerminalService:
    """What people do with terminals. Every method checks what the principal may do.

    A shell belongs to the sandbox: it goes on while nobody looks, or while there is no server, and
    ends with its sandbox. Somebody else's terminal is not found.
    """

    def __init__(
        self,
        sandboxes: Sandboxes,
        projects: Projects,
        repository: TerminalRepository,
        *,
        commands: CommandHistory | None = None,
        limits: TerminalLimits | None = None,
        clock: Clock = utc_now,
        new_id: IdFactory = new_id,
    ) -> None:
        self._sandboxes = sandboxes
        self._commands = commands
        self._projects = projects
        self._repository = repository
        self._limits = limits or TerminalLimits()
        self._clock = clock
        self._new_id = new_id
        self._terminals: dict[TerminalName, _Open] = {}
        self._opening: Counter[UserId] = Counter()
        self._starting: set[TerminalName] = set()  # opened in their sandbox, and not known yet
        self._ended: set[TerminalName] = set()  # to be forgotten in the repository, too
        self._past: LRUCache[TerminalName, _Open] = LRUCache(_ENDED_KEPT)
        self._late: dict[TerminalName, TerminalInfo] = {}  # their sandbox is not taken over yet
        self._culler: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to close idle terminals, where a limit is set."""
        if self._limits.idle is not None:
            self._culler = asyncio.create_task(
                self._cull_for_ever(self._limits.idle), context=Context()
            )

    async def aclose(self) -> None:
        """Let go of all terminals; the shells live on. May be called twice."""
        if self._culler is not None:
            self._culler.cancel()
            await asyncio.wait([self._culler])
        terminals, self._terminals = self._terminals, {}
        for terminal in terminals.values():
            await terminal.shared.aclose()

    async def open(
        self,
        principal: Principal,
        project_id: ProjectId,
        cwd: str = "",
        *,
        rows: int = 24,
        columns: int = 80,
    ) -> TerminalInfo:
        """Start a shell in a folder of the project; its sandbox starts if it does not run.

        Raises ProjectNotFound, AccessDenied, LimitReached, and what starting a sandbox raises.
        """
        await self._projects.get(principal, project_id, Access.EDITOR)
        await self._reserve(principal.id)
        try:
            runtime = await self._sandboxes.runtime(project_id)
            info = self._new_info(principal.id, project_id, cwd)
            self._starting.add(info.name)
            try:
                await runtime.open_terminal(info.name, cwd=cwd, rows=rows, columns=columns)
                await self._repository.add(TerminalRecord(info=info, sandbox_id=runtime.sandbox_id))
                self._note(info, runtime)
            finally:
                self._starting.discard(info.name)
        finally:
            self._opening[principal.id] -= 1
        return info

    async def adopt(self) -> None:
        """Go on with the terminals of an earlier server process whose shells live.

        May be called again, when a sandbox was late. For ``SandboxService.on_adopted``.
        """
        await self._adopt(settled=set())

    async def _adopt(self, *, settled: set[ProjectId]) -> None:
        records = await self._repository.all()
        known = {one.info.name for one in records}
        by_project: defaultdict[ProjectId, list[TerminalRecord]] = defaultdict(list)
        for record in records:
            by_project[record.info.project_id].append(record)
        self._late.clear()
        for project_id, some in by_project.items():
            runtime = self._sandboxes.running(project_id)
            if runtime is not None:
                await self._take_over(runtime, some, known)
            elif project_id in settled:
                for one in some:
                    await self._repository.remove(one.info.name)
            else:
                self._late |= {one.info.name: one.info for one in some}

    async def list(self, principal: Principal) -> list[TerminalInfo]:
        """Return the principal's terminals whose shells live, oldest first."""
        await self._settle(*self._late)
        await self._forget_ended(principal.id)
        return [terminal.info for terminal in self._of(principal.id)]

    async def get(self, principal: Principal, name: str) -> TerminalInfo:
        """Return one terminal. Raises TerminalNotFound, which says why if it has ended."""
        terminal = await self._find(principal, name)
        await self._forget_ended(principal.id)
        if terminal.info.name not in self._terminals:
            raise await self._not_there(principal, name)
        return terminal.info

    async def end_of(self, principal: Principal, name: str) -> Ended | None:
        """Return why the principal's terminal ended by itself; None if that is not known."""
        past = self._past.get(TerminalName(name))
        if past is None or past.info.owner_id != principal.id:
            return None
        return await past.runtime.shell_end(past.info.name)

    async def folder(self, principal: Principal, name: str) -> str | None:
        """Return where the shell is now, relative to the project; None if that is elsewhere.

        Raises TerminalNotFound.
        """
        terminal = await self._find(principal, name)
        try:
            return (await terminal.runtime.terminal_folders()).get(terminal.info.name)
        except SandboxGone as error:
            raise TerminalNotFound from error

    async def attach(self, principal: Principal, name: str) -> Terminal:
        """Look at a terminal: its screen, then what follows. Several may look at the same one.

        Raises TerminalNotFound, and AccessDenied once the principal may not run code in the project
        any more.
        """
        terminal = await self._find(principal, name)
        await self._check_access(principal, terminal.info.project_id)
        try:
            attached = await terminal.runtime.attach_terminal(terminal.info.name)
        except (TerminalNotFound, SandboxGone) as error:
            self._forget(terminal.info.name)
            raise TerminalNotFound from error
        return terminal.shared.view(attached, on_closed=lambda: self._fit(terminal))

    async def activity(self, project_id: ProjectId) -> datetime | None:
        """Return when somebody last used a terminal of the project, None if there is none."""
        used = [
            terminal.info.last_activity
            for terminal in self._terminals.values()
            if terminal.info.project_id == project_id
        ]
        return max(used, default=None)

    async def _take_over(
        self, runtime: Shells, records: Sequence[TerminalRecord], known: set[TerminalName]
    ) -> None:
        living = await _living(runtime)
        for record in records:
            name = record.info.name
            if name in self._terminals:
                continue
            if record.sandbox_id == runtime.sandbox_id and name in living:
                self._note(record.info, runtime)
            else:
                await self._repository.remove(name)
        for name in living - known - self._starting - set(self._terminals):
            with suppress(SandboxGone):
                await runtime.close_terminal(name)  # nobody was told that it was opened

    async def close(self, principal: Principal, name: str) -> None:
        """Hang up the shell and everything it started. Raises TerminalNotFound."""
        await self._close(await self._find(principal, name))

    async def cull(self, idle: timedelta) -> Sequence[TerminalName]:
        """Close the terminals without activity for so long; returns which."""
        limit = self._clock() - idle
        stale = [one for one in self._terminals.values() if one.info.last_activity < limit]
        for terminal in stale:
            await self._close(terminal)
        return [terminal.info.name for terminal in stale]

    async def _reserve(self, user_id: UserId) -> None:
        """Count a terminal that is about to open, so that many at once keep the limit too."""
        if self._count(user_id) >= self._limits.per_user:
            await self._forget_ended(user_id)
        if self._count(user_id) >= self._limits.per_user:
            raise LimitReached(
                f"You have {self._limits.per_user} terminals open, which is the limit: close one."
            )
        self._opening[user_id] += 1

    def total(self) -> int:
        """Return how many terminals of everybody are open."""
        return len(self._terminals)

    def _count(self, user_id: UserId) -> int:
        return len(self._of(user_id)) + self._opening[user_id]

    def _new_info(self, owner_id: UserId, project_id: ProjectId, cwd: str) -> TerminalInfo:
        now = self._clock()
        return TerminalInfo(
            name=TerminalName(self._new_id()),
            project_id=project_id,
            owner_id=owner_id,
            cwd=cwd,
            created_at=now,
            last_activity=now,
        )

    def _of(self, user_id: UserId) -> Sequence[_Open]:
        return [one for one in self._terminals.values() if one.info.owner_id == user_id]

    async def _settle(self, *names: str) -> None:
        """Wait for what is left of an earlier server process to be taken over, or to be gone."""
        late = {self._late[TerminalName(one)].project_id for one in names if one in self._late}
        for project_id in late:
            await self._sandboxes.settled(project_id)
        if late:
            await self._adopt(settled=late)

    async def _find(self, principal: Principal, name: str) -> _Open:
        await self._settle(name)
        terminal = self._terminals.get(TerminalName(name))
        if terminal is None or terminal.info.owner_id != principal.id:
            raise await self._not_there(principal, name)
        return terminal

    async def _not_there(self, principal: Principal, name: str) -> TerminalNotFound:
        ended = await self.end_of(principal, name)
        return TerminalNotFound(f"The terminal has ended. {ended.detail}" if ended else "")

    async def _check_access(self, principal: Principal, project_id: ProjectId) -> None:
        try:
            await self._projects.get(principal, project_id, Access.EDITOR)
        except ProjectNotFound as error:
            raise TerminalNotFound from error

    def _note(self, info: TerminalInfo, runtime: Shells) -> None:
        """Hold a terminal from now on."""
        shared = SharedTerminal(
            on_activity=lambda: self._touch(info.name), on_end=lambda: self._forget(info.name)
        )
        self._terminals[info.name] = _Open(info=info, runtime=runtime, shared=shared)
        runtime.listen_to_commands(lambda typed: self._note_command(runtime.sandbox_id, typed))

    def _note_command(self, sandbox_id: SandboxId, typed: TypedCommand) -> None:
        """Keep a command line, if it is of a terminal of that sandbox that is open here."""
        terminal = self._terminals.get(typed.terminal)
        if (
            self._commands is not None
            and terminal is not None
            and terminal.runtime.sandbox_id == sandbox_id
        ):
            self._commands.note(terminal.info, sandbox_id, typed)

    async def _fit(self, terminal: _Open) -> None:
        """Fit the screen to those who still look."""
        with suppress(SandboxGone):  # they learn it from their next read
            await terminal.shared.fit()

    async def _close(self, terminal: _Open) -> None:
        self._terminals.pop(terminal.info.name, None)
        if self._commands is not None:
            self._commands.forget_terminal(terminal.info.name)
        await self._repository.remove(terminal.info.name)
        with suppress(SandboxGone):  # and the shell with it
            await terminal.runtime.close_terminal(terminal.info.name)
        await terminal.shared.aclose()

    def _touch(self, name: TerminalName) -> None:
        terminal = self._terminals.get(name)
        if terminal is not None:
            terminal.info = replace(terminal.info, last_activity=self._clock())

    def _forget(self, name: TerminalName) -> None:
        if self._commands is not None:
            self._commands.forget_terminal(name)
        ended = self._terminals.pop(name, None)
        if ended is not None:
            self._ended.add(name)
            self._past[name] = ended

    async def _forget_ended(self, user_id: UserId) -> None:
        """Forget the user's terminals whose shells ended while nobody looked."""
        while self._ended:
            await self._repository.remove(self._ended.pop())
        terminals = self._of(user_id)
        for runtime in {one.runtime.sandbox_id: one.runtime for one in terminals}.values():
            living = await _living(runtime)
            for one in terminals:
                if one.runtime.sandbox_id == runtime.sandbox_id and one.info.name not in living:
                    self._forget(one.info.name)

    async def _cull_for_ever(self, idle: timedelta) -> None:
        while True:
            await asyncio.sleep(CULL_INTERVAL)
            await self.cull(idle)


async def _living(runtime: Shells) -> set[TerminalName]:
    try:
        return set(await runtime.terminals())
    except SandboxGone:
        return set()
