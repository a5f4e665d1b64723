"""People, projects and sandboxes for a terminal service, on this machine."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from platform_server.errors import AccessDenied, ProjectNotFound
from platform_server.identity.model import Principal, Role, SessionId, UserId
from platform_server.projects.model import Access, Project, ProjectId, ProjectView
from platform_server.testing.terminals import LocalShells

if TYPE_CHECKING:
    from pathlib import Path

WONDER = ProjectId("wonder")
BUILDER = ProjectId("builder")


def person(name: str) -> Principal:
    """Return a learner of that name."""
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
        """Return the project as its members see it."""
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
    shells: dict[ProjectId, LocalShells] = field(default_factory=dict)
    late: dict[ProjectId, LocalShells] = field(default_factory=dict)  # not taken over yet
    ended: list[LocalShells] = field(default_factory=list)

    async def runtime(self, project_id: ProjectId) -> LocalShells:
        """Return the project's running shells."""
        if project_id not in self.shells:
            workspace, home = self.root / project_id / "files", self.root / project_id / "home"
            workspace.mkdir(parents=True, exist_ok=True)
            home.mkdir(exist_ok=True)
            self.shells[project_id] = LocalShells(workspace, home)
        return self.shells[project_id]

    def running(self, project_id: ProjectId) -> LocalShells | None:
        """Return the project's shells if there are any."""
        return self.shells.get(project_id)

    async def settled(self, project_id: ProjectId) -> None:
        """Return once the project's sandbox is taken over: all are that are not late."""
        late = self.late.pop(project_id, None)
        if late is not None:
            self.shells[project_id] = late

    async def stop(self, project_id: ProjectId) -> None:
        """End a project's shells."""
        await self.shells.pop(project_id).end()

    async def aclose(self) -> None:
        """End all."""
        for project_id in list(self.shells):
            await self.stop(project_id)


@dataclass
class Time:
    """A clock that stands until it is moved."""

    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now

    def pass_by(self, **amount: float) -> None:
        """Move it on."""
        self.now += timedelta(**amount)
