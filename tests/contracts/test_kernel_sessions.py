"""What every session repository promises."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert

from platform_server.errors import Conflict
from platform_server.identity.model import UserId
from platform_server.kernel_sessions.model import KernelSession, KernelSessionId
from platform_server.projects.model import ProjectId
from platform_server.sandboxes.model import KernelId
from platform_server.storage.kernel_sessions import SqlKernelSessionRepository
from platform_server.storage.tables import identity, projects
from platform_server.testing.databases import KINDS
from platform_server.testing.kernel_sessions import MemoryKernelSessionRepository

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from platform_server.kernel_sessions.repository import KernelSessionRepository
    from platform_server.testing.databases import Databases

ALICE, BOB = UserId("alice"), UserId("bob")
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)

ONE = KernelSession(
    id=KernelSessionId("s1"),
    user_id=ALICE,
    project_id=ProjectId("wonder"),
    path="sub/a.ipynb",
    is_addressed=True,
    name="a.ipynb",
    type="notebook",
    kernel_id=KernelId("k1"),
    created_at=BEGAN,
)
TWO = replace(
    ONE,
    id=KernelSessionId("s2"),
    path="b.ipynb",
    kernel_id=KernelId("k2"),
    created_at=BEGAN + timedelta(seconds=1),
)
BOBS = replace(ONE, id=KernelSessionId("s3"), user_id=BOB, kernel_id=KernelId("k1"))


@pytest.fixture(params=["memory", *KINDS])
async def repository(
    request: pytest.FixtureRequest, databases: Databases, tmp_path: Path
) -> AsyncIterator[KernelSessionRepository]:
    if request.param == "memory":
        yield MemoryKernelSessionRepository()
        return
    async with databases.open(request.param, tmp_path) as database:
        async with database.transaction() as connection:
            await connection.execute(insert(identity.users), [_user(ALICE), _user(BOB)])
            await connection.execute(insert(projects.projects).values(_project("wonder", ALICE)))
        yield SqlKernelSessionRepository(database)


def _user(user_id: UserId) -> dict[str, Any]:
    return {
        "id": user_id,
        "email": f"{user_id}@example.org",
        "name": user_id,
        "role": "learner",
        "created_at": BEGAN,
    }


def _project(project_id: str, owner_id: UserId) -> dict[str, Any]:
    return {
        "id": project_id,
        "owner_id": owner_id,
        "name": project_id,
        "created_at": BEGAN,
        "updated_at": BEGAN,
    }


async def test_what_is_put_is_there_for_its_user_alone(
    repository: KernelSessionRepository,
) -> None:
    for session in (ONE, TWO, BOBS):
        await repository.put(session)
    assert await repository.get(ALICE, ONE.id) == ONE
    assert await repository.get(BOB, ONE.id) is None
    assert await repository.list(ALICE) == [ONE, TWO]
    assert await repository.list(BOB) == [BOBS]


async def test_a_session_can_be_changed(repository: KernelSessionRepository) -> None:
    await repository.put(ONE)
    moved = replace(ONE, path="c.ipynb", name="c.ipynb", kernel_id=KernelId("k9"))
    await repository.put(moved)
    assert await repository.list(ALICE) == [moved]


async def test_one_document_has_one_session_of_a_user(
    repository: KernelSessionRepository,
) -> None:
    await repository.put(ONE)
    await repository.put(TWO)
    with pytest.raises(Conflict):
        await repository.put(replace(TWO, path=ONE.path))
    with pytest.raises(Conflict):
        await repository.put(replace(ONE, id=KernelSessionId("s9")))
    assert await repository.list(ALICE) == [ONE, TWO]


async def test_the_same_path_outside_of_a_project_is_another_document(
    repository: KernelSessionRepository,
) -> None:
    await repository.put(ONE)
    await repository.put(replace(ONE, id=KernelSessionId("s9"), is_addressed=False))
    assert len(await repository.list(ALICE)) == 2


async def test_a_session_is_deleted_by_its_user_alone(
    repository: KernelSessionRepository,
) -> None:
    await repository.put(ONE)
    await repository.delete(BOB, ONE.id)
    assert await repository.list(ALICE) == [ONE]
    await repository.delete(ALICE, ONE.id)
    await repository.delete(ALICE, ONE.id)
    assert await repository.list(ALICE) == []


async def test_it_knows_who_uses_a_kernel(repository: KernelSessionRepository) -> None:
    for session in (ONE, TWO, BOBS):
        await repository.put(session)
    assert await repository.users(KernelId("k1")) == {ALICE, BOB}
    assert await repository.users(KernelId("k2")) == {ALICE}
    assert await repository.users(KernelId("k3")) == set()
