"""What a project's sandbox may use, and where that comes from."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert

from platform_server.acts.model import ActName, Actor, ActQuery
from platform_server.errors import ProjectNotFound
from platform_server.identity.model import Role
from platform_server.projects.model import Project, ProjectId
from platform_server.sandboxes.limits import LimitsService, OwnLimits
from platform_server.sandboxes.model import Limits
from platform_server.storage.acts import SqlActRepository
from platform_server.storage.limits import SqlLimitsRepository
from platform_server.storage.projects import SqlProjectRepository
from platform_server.storage.tables.identity import users
from platform_server.testing.databases import KINDS
from platform_server.testing.limits import MemoryLimitsRepository
from platform_server.testing.people import person

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from platform_server.sandboxes.limits import LimitsRepository
    from platform_server.testing.databases import Databases

MINE, HERS = ProjectId("mine"), ProjectId("hers")
LEARNER = person("learner")
REVIEWER = replace(person("reviewer"), role=Role.REVIEWER)
EVERYBODY = Limits(cpus=1.0, memory_bytes=2**29, pids=256)
ROLES = {Role.REVIEWER: OwnLimits(cpus=2.0, pids=512)}
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(params=["memory", *KINDS])
async def repository(
    request: pytest.FixtureRequest, databases: Databases, tmp_path: Path
) -> AsyncIterator[LimitsRepository]:
    """Where limits are kept: of MINE, which is a learner's, and HERS, which is a reviewer's."""
    owners = ((MINE, LEARNER), (HERS, REVIEWER))
    if request.param == "memory":
        memory = MemoryLimitsRepository()
        for project_id, owner in owners:
            memory.add(project_id, owner)
        yield memory
        return
    async with databases.open(request.param, tmp_path) as database:
        projects = SqlProjectRepository(database)
        for project_id, owner in owners:
            async with database.transaction() as connection:
                values = {"id": owner.id, "email": owner.email, "name": owner.name}
                values |= {"role": owner.role.value}
                await connection.execute(insert(users).values({**values, "created_at": NOW}))
            times = {"created_at": NOW, "updated_at": NOW}
            await projects.add(Project(id=project_id, owner_id=owner.id, name="p", **times))
        yield SqlLimitsRepository(database)


@pytest.fixture
def limits(repository: LimitsRepository) -> LimitsService:
    return LimitsService(repository, EVERYBODY, ROLES)


async def test_a_project_has_the_limits_of_everybody_and_of_its_owners_role(
    limits: LimitsService,
) -> None:
    assert (await limits.of(MINE)).limits == EVERYBODY
    assert (await limits.of(MINE)).owner_id == LEARNER.id
    hers = (await limits.of(HERS)).limits
    assert (hers.cpus, hers.memory_bytes, hers.pids) == (2.0, 2**29, 512)


async def test_what_was_set_for_a_project_goes_before_all_else(limits: LimitsService) -> None:
    await limits.put(HERS, OwnLimits(cpus=0.5, memory_bytes=2**40))
    await limits.put(HERS, OwnLimits(cpus=0.25, memory_bytes=2**40))
    shown = await limits.shown(HERS)
    assert shown.own == OwnLimits(cpus=0.25, memory_bytes=2**40)
    assert shown.of_role == ROLES[Role.REVIEWER]
    assert shown.effective == replace(EVERYBODY, cpus=0.25, memory_bytes=2**40, pids=512)
    assert (await limits.shown(MINE)).effective == EVERYBODY


async def test_who_set_limits_is_kept_with_them(
    limits: LimitsService, repository: LimitsRepository
) -> None:
    ann = Actor(id="ann", name="ann@example.org")
    for _ in range(2):
        await limits.put(MINE, OwnLimits(pids=999), by=ann)
    await limits.put(MINE, OwnLimits(pids=99, cpus=0.5))
    if isinstance(repository, MemoryLimitsRepository):
        kept = await repository.acts.find(ActQuery())
    else:
        assert isinstance(repository, SqlLimitsRepository)
        kept = await SqlActRepository(repository._database).find(ActQuery())
    again, first = [one.act for one in kept]
    assert (first.actor, first.name, first.target.name) == (ann, ActName.LIMITS_CHANGED, "p")
    assert (first.target.id, first.before, first.after) == (MINE, {}, {"pids": 999})
    assert (again.before, again.after) == ({"pids": 999}, {"pids": 99, "cpus": 0.5})


async def test_what_is_given_up_is_as_before(limits: LimitsService) -> None:
    await limits.put(MINE, OwnLimits(pids=999))
    await limits.put(MINE, OwnLimits())
    assert (await limits.of(MINE)).limits == EVERYBODY


async def test_there_are_no_limits_of_what_is_not_there(limits: LimitsService) -> None:
    nowhere = ProjectId("nowhere")
    for refused in (limits.of(nowhere), limits.shown(nowhere), limits.put(nowhere, OwnLimits())):
        with pytest.raises(ProjectNotFound):
            await refused
