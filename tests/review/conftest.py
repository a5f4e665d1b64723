"""Fixtures of the review tests.

``desk``  the review services over real stores on SQLite and on PostgreSQL: a project of alice's
          with carol as an editor and dan as a viewer, the reviewers rita and rob, the admin ann,
          and the stranger bob
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from platform_server.identity.model import Role
from platform_server.projects.model import Access
from platform_server.projects.service import ProjectService
from platform_server.review.changes.service import ChangesService
from platform_server.review.desk import DeskService
from platform_server.review.discussion import DiscussionService
from platform_server.review.groups.service import GroupService
from platform_server.review.preview import PreviewService
from platform_server.review.reproduction.runner import Runner
from platform_server.review.reproduction.service import ReproductionService
from platform_server.review.service import ReviewService
from platform_server.review.submitted import SubmittedFiles
from platform_server.review.suggestions import SuggestionService
from platform_server.storage.identity import SqlUserRepository
from platform_server.storage.projects import SqlProjectRepository
from platform_server.storage.review import SqlSubmissionRepository
from platform_server.storage.review_checks import SqlCheckRepository
from platform_server.storage.review_desk import SqlDeskRepository
from platform_server.storage.review_groups import SqlGroupRepository
from platform_server.storage.review_threads import SqlThreadRepository
from platform_server.testing.databases import KINDS
from platform_server.testing.lone import LocalLoneSandboxes
from platform_server.testing.people import BEGAN, person, signed_in
from platform_server.testing.projects import MemoryUserDirectory
from platform_server.testing.worlds import folder_world

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime
    from pathlib import Path

    from platform_server.contents.service import ContentsService
    from platform_server.environments.records import RecordedPackage
    from platform_server.identity.model import Principal
    from platform_server.projects.model import ProjectId
    from platform_server.review.reproduction.model import CheckLimits
    from platform_server.review.rules import View
    from platform_server.storage.database import Database
    from platform_server.testing.databases import Databases

ROLES = {
    **dict.fromkeys(("alice", "bob", "carol", "dan"), Role.LEARNER),
    **dict.fromkeys(("rita", "rob"), Role.REVIEWER),
    "ann": Role.ADMIN,
}
ALICE, BOB, CAROL, DAN, RITA, ROB, ANN = (
    signed_in(person(name, role=role)) for name, role in ROLES.items()
)


@dataclass
class Ticking:
    """A clock that goes on by a second whenever it is looked at."""

    at: datetime = field(default=BEGAN)

    def __call__(self) -> datetime:
        """Return the time."""
        self.at += timedelta(seconds=1)
        return self.at


class NothingInstalled:
    """A record of packages without any."""

    async def record_of(self, _project_id: ProjectId) -> tuple[RecordedPackage, ...]:
        """Return what is installed."""
        return ()


@dataclass(frozen=True, kw_only=True)
class Desk:
    """The review services, a project, and its files."""

    submissions: ReviewService
    files: SubmittedFiles
    changes: ChangesService
    tools: DeskService
    groups: GroupService
    discussion: DiscussionService
    suggestions: SuggestionService
    previews: PreviewService
    projects: ProjectService
    contents: ContentsService
    database: Database
    project: ProjectId
    lone: LocalLoneSandboxes = field(default_factory=LocalLoneSandboxes)

    def checks(self, limits: CheckLimits) -> ReproductionService:
        """Return a service that runs rounds again, as a new server process has one."""
        return ReproductionService(
            SqlCheckRepository(self.database),
            SqlSubmissionRepository(self.database),
            self.files,
            Runner(self.files, self.lone, NothingInstalled(), limits),
            limits,
        )

    async def write(self, path: str, data: bytes) -> None:
        """Save a file of the project."""
        await self.contents.write(self.project, path, data, author=ALICE.id)

    async def submit(self, message: str = "", *, by: Principal = ALICE) -> View:
        """Submit the project."""
        return await self.submissions.submit(by, self.project, message)


@pytest.fixture(params=KINDS)
async def desk(
    request: pytest.FixtureRequest, databases: Databases, tmp_path: Path
) -> AsyncIterator[Desk]:
    async with databases.open(request.param, tmp_path) as database:
        people = [person(name, role=role) for name, role in ROLES.items()]
        for one in people:
            await SqlUserRepository(database).add(one, None)
        directory = MemoryUserDirectory(people)
        projects = ProjectService(SqlProjectRepository(database), directory)
        view = await projects.create(ALICE, "thesis")
        project = view.project.id
        await projects.add_member(ALICE, project, CAROL.email, Access.EDITOR)
        await projects.add_member(ALICE, project, DAN.email, Access.VIEWER)
        world = folder_world(database, tmp_path)
        await world.contents.start()
        now = Ticking()
        repository = SqlSubmissionRepository(database)
        files = SubmittedFiles(repository, world.parts.blobs, world.contents.differ, world.contents)
        discussion = DiscussionService(SqlThreadRepository(database), files, now=now)
        changes = ChangesService(files, repository, discussion)
        submissions = ReviewService(repository, projects, world.contents, now=now)
        tools = DeskService(
            SqlDeskRepository(database), repository, submissions, projects, directory, now=now
        )
        yield Desk(
            submissions=submissions,
            tools=tools,
            groups=GroupService(SqlGroupRepository(database), directory),
            files=files,
            changes=changes,
            discussion=discussion,
            suggestions=SuggestionService(discussion, projects, world.contents),
            previews=PreviewService(repository, projects, world.contents),
            projects=projects,
            contents=world.contents,
            database=database,
            project=project,
        )
        await changes.aclose()
        await world.contents.aclose()
