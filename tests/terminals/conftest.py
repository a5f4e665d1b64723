"""Fixtures of the terminal tests.

shells      a sandbox's terminal verbs: a twin on this machine, and a real sandbox
service     a TerminalService over the twin, with two projects and three people
ada, ...  Ada owns project "wonder", Carol edits and Victor views it; Ben is no member of it
members     who may do what; tests change it
machines    where the twin's shells run
time        the service's clock
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from platform_server.errors import SandboxGone
from platform_server.projects.model import Access, ProjectId
from platform_server.sandboxes.model import EndCause
from platform_server.terminals.model import TerminalLimits
from platform_server.terminals.service import TerminalService
from platform_server.testing.terminal_records import MemoryTerminalRepository
from platform_server.testing.terminal_worlds import BUILDER, WONDER, Machines, Members, Time, person

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
    from pathlib import Path

    from platform_server.identity.model import Principal
    from platform_server.sandboxes.agent_runtime import AgentRuntime
    from platform_server.sandboxes.model import Ended, SandboxId, TerminalName, TypedCommand
    from platform_server.sandboxes.runtime import Terminal
    from platform_server.sandboxes.service import SandboxService
    from platform_server.testing.screens import EndableShells


@pytest.fixture
def ada() -> Principal:
    return person("ada")


@pytest.fixture
def ben() -> Principal:
    return person("ben")


@pytest.fixture
def project() -> ProjectId:
    """The project whose sandbox the tests of this folder share."""
    return ProjectId("terminals")


@pytest.fixture
def carol() -> Principal:
    return person("carol")


@pytest.fixture
def victor() -> Principal:
    return person("victor")


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def members() -> Members:
    return Members(
        {
            ("ada", WONDER): Access.OWNER,
            ("ben", BUILDER): Access.OWNER,
            ("carol", WONDER): Access.EDITOR,
            ("victor", WONDER): Access.VIEWER,
        }
    )


@pytest.fixture
async def machines(tmp_path: Path) -> AsyncIterator[Machines]:
    machines = Machines(tmp_path)
    yield machines
    await machines.aclose()


@pytest.fixture
def records() -> MemoryTerminalRepository:
    return MemoryTerminalRepository()


@pytest.fixture
async def service(
    machines: Machines, members: Members, time: Time, records: MemoryTerminalRepository
) -> AsyncIterator[TerminalService]:
    service = TerminalService(
        machines,
        members,
        records,
        limits=TerminalLimits(per_user=3, idle=timedelta(hours=1)),
        clock=time,
    )
    await service.start()
    yield service
    await service.aclose()


@dataclass
class RealShells:
    """The shells of a real sandbox, which can be ended."""

    sandbox: AgentRuntime
    stop: Callable[[], Awaitable[None]]

    @property
    def sandbox_id(self) -> SandboxId:
        return self.sandbox.sandbox_id

    async def open_terminal(self, name: TerminalName, *, cwd: str, rows: int, columns: int) -> None:
        await self.sandbox.open_terminal(name, cwd=cwd, rows=rows, columns=columns)

    async def attach_terminal(self, name: TerminalName) -> Terminal:
        return await self.sandbox.attach_terminal(name)

    async def close_terminal(self, name: TerminalName) -> None:
        await self.sandbox.close_terminal(name)

    async def terminals(self) -> list[TerminalName]:
        return await self.sandbox.terminals()

    async def shell_end(self, name: TerminalName) -> Ended | None:
        return await self.sandbox.shell_end(name)

    async def terminal_folders(self) -> Mapping[TerminalName, str]:
        return await self.sandbox.terminal_folders()

    def listen_to_commands(self, heard: Callable[[TypedCommand], None]) -> None:
        self.sandbox.listen_to_commands(heard)

    async def end(self) -> None:
        await self.stop()


@pytest.fixture(params=["twin", "sandbox"])
async def shells(
    request: pytest.FixtureRequest,
    machines: Machines,
    sandboxes: SandboxService,
    project: ProjectId,
) -> AsyncIterator[EndableShells]:
    if request.param == "twin":
        twin = await machines.runtime(WONDER)
        (twin.workspace / "deep" / "er").mkdir(parents=True)
        yield twin
        return
    sandbox = await sandboxes.runtime(project)
    folder = ["mkdir", "-p", "deep/er"]
    await sandbox.execute(folder, cwd="", timeout=10, stdin=b"", output_limit=100)
    yield RealShells(sandbox, lambda: sandboxes.stop(project, cause=EndCause.USER))
    with suppress(SandboxGone):
        for name in await sandbox.terminals():
            await sandbox.close_terminal(name)
