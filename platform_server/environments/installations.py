"""Changes to environments that people ask for: one a project, told of as they go."""

from __future__ import annotations

import asyncio
import logging
from contextvars import Context
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from platform_server import clock
from platform_server.environments import commands
from platform_server.environments.progress import Change, Phase, Telling, Word
from platform_server.environments.requirements import Wanted, pinned
from platform_server.errors import Conflict, PackagesNotRebuilt, PlatformError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from platform_server.environments.commands import Command
    from platform_server.environments.recorder import EnvironmentView, Recorder
    from platform_server.environments.records import RecordedPackage
    from platform_server.environments.service import PackageEvent, PackageService
    from platform_server.projects.model import ProjectId

_LONGEST = 1800.0  # seconds that one command may take
_OUTPUT = 64 * 1024  # bytes of what a command says
_PATIENCE = 10.0  # seconds for the command that ends another
_BUSY = "Packages of this project are being changed already: wait until that is done, or cancel it."

log = logging.getLogger(__name__)


class Action(Enum):
    """What is done."""

    INSTALL = "install"
    UPGRADE = "upgrade"
    UNINSTALL = "uninstall"
    REBUILD = "rebuild"  # what is recorded, after it was lost


@dataclass(frozen=True, kw_only=True)
class Order:
    """What somebody wants done."""

    action: Action
    wanted: tuple[Wanted, ...] = ()  # of a package to be removed the name counts


class Finished(Protocol):
    """What a command left behind."""

    @property
    def exit_code(self) -> int:
        """0 if it succeeded."""

    @property
    def stderr(self) -> bytes:
        """What it said."""


class Runner(Protocol):
    """Runs commands in a sandbox."""

    async def execute(
        self, argv: Sequence[str], *, cwd: str, timeout: float, stdin: bytes, output_limit: int
    ) -> Finished:
        """Run a command to its end."""


@dataclass(kw_only=True)
class Installation:
    """One change of a project's environment."""

    id: str
    order: Order
    telling: Telling = field(default_factory=Telling)
    is_cancelled: bool = False
    task: asyncio.Task[None] | None = None


class Installations:
    """Runs installations, never two of a project at a time."""

    def __init__(
        self,
        packages: PackageService,
        recorder: Recorder,
        runner: Callable[[ProjectId], Awaitable[Runner]],
        *,
        new_id: clock.IdFactory = clock.new_id,
    ) -> None:
        self.on_change: list[Callable[[ProjectId], None]] = []  # told of each beginning and end
        self._recorder = recorder
        self._runner = runner
        self._new_id = new_id
        self._latest: dict[ProjectId, Installation] = {}
        packages.listeners.append(self._heard)

    async def aclose(self) -> None:
        """Wait for none of those that run. May be called twice."""
        tasks = [one.task for one in self._latest.values() if one.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def latest(self, project_id: ProjectId) -> Installation | None:
        """Return the installation that runs, or the last that ran in this process."""
        return self._latest.get(project_id)

    def begin(self, project_id: ProjectId, order: Order) -> Installation:
        """Begin an installation; its sandbox is started if it has to be. Raises Conflict."""
        running = self._latest.get(project_id)
        if running is not None and not running.telling.is_over:
            raise Conflict(_BUSY)
        installation = Installation(id=self._new_id(), order=order)
        self._latest[project_id] = installation
        # In an empty context: it is the project's, and goes on when who began it has left.
        installation.task = asyncio.create_task(
            self._run(project_id, installation), context=Context()
        )
        self._tell(project_id)
        return installation

    async def cancel(self, project_id: ProjectId) -> None:
        """End the installation that runs. Nothing if none does."""
        installation = self._latest.get(project_id)
        if installation is None or installation.telling.is_over:
            return
        installation.is_cancelled = True
        if installation.telling.phase is not Phase.STARTING:
            runner = await self._runner(project_id)
            await _execute(runner, commands.end(), timeout=_PATIENCE)

    async def forget(self, project_id: ProjectId) -> None:
        """Forget a project that is deleted; its sandbox has ended."""
        installation = self._latest.pop(project_id, None)
        if installation is not None and installation.task is not None:
            installation.task.cancel()

    async def _run(self, project_id: ProjectId, installation: Installation) -> None:
        telling = installation.telling
        try:
            before = await self._recorder.look(project_id)
            telling.say(Word(phase=Phase.STARTING))
            runner = await self._runner(project_id)
            telling.say(Word(phase=Phase.RESOLVING))
            refusal = await self._carry_out(runner, installation, before)
            after = await self._recorder.look(project_id, **_names(installation, refusal))
            telling.say(_last_word(installation, refusal, before, after))
        except PlatformError as error:
            telling.say(Word(phase=Phase.FAILED, message=error.message))
        except asyncio.CancelledError:
            telling.say(Word(phase=Phase.CANCELLED, message="The server stopped."))
            raise
        except Exception:  # the boundary of a task: whoever waits has to be told
            log.exception("an installation failed")
            telling.say(Word(phase=Phase.FAILED, message="Something went wrong on the server."))
        self._tell(project_id)

    async def _carry_out(
        self, runner: Runner, installation: Installation, before: EnvironmentView
    ) -> str:
        """Run the commands; return why they failed, "" if they did not."""
        if installation.is_cancelled:
            return "It was cancelled."
        order = installation.order
        match order.action:
            case Action.UNINSTALL:
                there = [one.name for one in order.wanted if one.name not in before.missing]
                command = commands.uninstall(there) if there else None
            case Action.REBUILD:
                return await _rebuilt(runner, before.packages)
            case _:
                is_upgrade = order.action is Action.UPGRADE
                command = commands.install(order.wanted, upgrade=is_upgrade)
        return await _refusal(runner, command) if command is not None else ""

    def _tell(self, project_id: ProjectId) -> None:
        for callback in self.on_change:
            callback(project_id)

    def _heard(self, project_id: ProjectId, event: PackageEvent) -> None:
        installation = self._latest.get(project_id)
        if installation is not None and not installation.telling.is_over:
            installation.telling.hear(event)


async def rebuild(runner: Runner, packages: Iterable[RecordedPackage]) -> None:
    """Install exactly what is recorded into the environment of a sandbox.

    Raises PackagesNotRebuilt, and what the sandbox raises.
    """
    refusal = await _rebuilt(runner, packages)
    if refusal:
        raise PackagesNotRebuilt(refusal)


async def _rebuilt(runner: Runner, packages: Iterable[RecordedPackage]) -> str:
    """Install what is recorded: all at once, or else each that can be."""
    wanted = pinned(packages)
    if not wanted or not await _refusal(runner, commands.install_again(wanted)):
        return ""
    refusals = {}
    for one in wanted:
        if said := await _refusal(runner, commands.install_again([one])):
            refusals[one.text] = said
    if not refusals:
        return ""
    return "\n".join(f"{text} could not be installed: {said}" for text, said in refusals.items())


async def _refusal(runner: Runner, command: Command) -> str:
    """Run a command; return what it said if it failed, "" otherwise."""
    result = await _execute(runner, command, timeout=_LONGEST)
    return commands.failure(result.exit_code, result.stderr) if result.exit_code else ""


async def _execute(runner: Runner, command: Command, *, timeout: float) -> Finished:
    return await runner.execute(
        command.argv, cwd="", timeout=timeout, stdin=command.stdin, output_limit=_OUTPUT
    )


def _names(installation: Installation, refusal: str) -> dict[str, tuple[str, ...]]:
    names = tuple(one.name for one in installation.order.wanted)
    if refusal or installation.is_cancelled:
        return {}
    key = "dropped" if installation.order.action is Action.UNINSTALL else "asked"
    return {key: names}


def _last_word(
    installation: Installation, refusal: str, before: EnvironmentView, after: EnvironmentView
) -> Word:
    changes = _changes(before, after)
    if installation.is_cancelled:
        return Word(phase=Phase.CANCELLED, message="It was cancelled.", changes=changes)
    if refusal:
        denied = [
            word.message
            for word in installation.telling.words
            if word.package is not None and word.package.kind in {"denied", "withheld"}
        ]
        message = "\n".join(dict.fromkeys([*denied, refusal]))
        return Word(phase=Phase.FAILED, message=message, changes=changes)
    return Word(phase=Phase.DONE, changes=changes)


def _changes(before: EnvironmentView, after: EnvironmentView) -> tuple[Change, ...]:
    old, new = _versions(before), _versions(after)
    return tuple(
        Change(name=name, before=old.get(name), after=new.get(name))
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name)
    )


def _versions(view: EnvironmentView) -> dict[str, str]:
    return {one.name: one.version for one in view.packages if one.name not in view.missing}
