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
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from platform_server.errors import AccessDenied, ProjectNotFound, SandboxGone
from platform_server.identity.model import Principal, Role, SessionId, UserId
from platform_server.projects.model import Access, Project, ProjectId, ProjectView
from platform_server.sandboxes.model import EndCause
from platform_server.terminals.model import TerminalLimits
from platform_server.terminals.service import TerminalService
from platform_server.testing.terminals import LocalShells

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from platform_server.sandboxes.agent_runtime import AgentRuntime
    from platform_server.sandboxes.model import TerminalName
    from platform_server.sandboxes.runtime import Terminal
    from platform_server.sandboxes.service import SandboxService
    from platform_server.testing.screens import Shells

WONDER = ProjectId("wonder")
BUILDER = ProjectId("builder")


def person(name: str) -> Principal:
    return Principal(
        id=UserId(name),
        email=f"{name}@example.org",
        name=name,
        role=Role.LEARNER,
        credential=SessionId(f"session-of-{name}"),
    )


@dataclass
class Members:
    """Who may do what in which project."""

    access: dict[tuple[str, str], Access]

    async def get(
        self, principal: Principal, project_id: ProjectId, needs: Access = Access.VIEWER
    ) -> ProjectView:
        access = self.access.get((principal.id, project_id))
        if access is None:
            raise ProjectNotFound
        if access < needs:
            raise AccessDenied
        now = datetime(2026, 1, 1, tzinfo=UTC)
        project = Project(
            id=project_id, owner_id=principal.id, name=project_id, created_at=now, updated_at=now
        )
        return ProjectView(project=project, access=access, label=project_id)


@dataclass
class Machines:
    """One sandbox on this machine for each project, started when it is asked for."""

    root: Path
    running: dict[ProjectId, LocalShells] = field(default_factory=dict)
    ended: list[LocalShells] = field(default_factory=list)

    async def runtime(self, project_id: ProjectId) -> LocalShells:
        if project_id not in self.running:
            workspace, home = self.root / project_id / "files", self.root / project_id / "home"
            workspace.mkdir(parents=True, exist_ok=True)
            home.mkdir(exist_ok=True)
            self.running[project_id] = LocalShells(workspace, home)
        return self.running[project_id]

    async def stop(self, project_id: ProjectId) -> None:
        await self.running.pop(project_id).end()

    async def aclose(self) -> None:
        for project_id in list(self.running):
            await self.stop(project_id)


@dataclass
class Time:
    """A clock that stands until it is moved."""

    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **amount: float) -> None:
        self.now += timedelta(**amount)


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
async def service(
    machines: Machines, members: Members, time: Time
) -> AsyncIterator[TerminalService]:
    service = TerminalService(
        machines, members, limits=TerminalLimits(per_user=3, idle=timedelta(hours=1)), clock=time
    )
    await service.start()
    yield service
    await service.aclose()


@dataclass
class RealShells:
    """The shells of a real sandbox, which can be ended."""

    sandbox: AgentRuntime
    stop: Callable[[], Awaitable[None]]

    async def open_terminal(self, name: TerminalName, *, cwd: str, rows: int, columns: int) -> None:
        await self.sandbox.open_terminal(name, cwd=cwd, rows=rows, columns=columns)

    async def attach_terminal(self, name: TerminalName) -> Terminal:
        return await self.sandbox.attach_terminal(name)

    async def close_terminal(self, name: TerminalName) -> None:
        await self.sandbox.close_terminal(name)

    async def terminals(self) -> list[TerminalName]:
        return await self.sandbox.terminals()

    async def end(self) -> None:
        await self.stop()


@pytest.fixture(params=["twin", "sandbox"])
async def shells(
    request: pytest.FixtureRequest,
    machines: Machines,
    sandboxes: SandboxService,
    project: ProjectId,
) -> AsyncIterator[Shells]:
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
