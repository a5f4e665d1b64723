"""Sessions whose documents are renamed while no page is open."""

from __future__ import annotations

from datetime import UTC, datetime

from platform_server.identity.model import UserId
from platform_server.kernel_sessions.model import KernelSession, KernelSessionId
from platform_server.kernel_sessions.moves import follow_move
from platform_server.projects.model import ProjectId
from platform_server.sandboxes.model import KernelId
from platform_server.testing.kernel_sessions import MemoryKernelSessionRepository

ALICE, BOB = UserId("alice"), UserId("bob")
WONDER, BUILDER = ProjectId("wonder"), ProjectId("builder")


def session(path: str, *, user: UserId = ALICE, project: ProjectId = WONDER) -> KernelSession:
    return KernelSession(
        id=KernelSessionId(f"{user} {project} {path}"),
        user_id=user,
        project_id=project,
        path=path,
        is_addressed=True,
        name=path,
        type="notebook",
        kernel_id=KernelId("kernel"),
        created_at=datetime(2030, 1, 1, tzinfo=UTC),
    )


async def paths(repository: MemoryKernelSessionRepository, user: UserId = ALICE) -> set[str]:
    return {one.path for one in await repository.list(user)}


async def test_sessions_follow_their_file_and_those_of_others_stay() -> None:
    repository = MemoryKernelSessionRepository()
    for one in (
        session("a.ipynb"),
        session("a.ipynb", user=BOB),
        session("a.ipynb", project=BUILDER),
        session("ab.ipynb"),
    ):
        await repository.put(one)

    await follow_move(repository, ALICE, WONDER, "a.ipynb", "sub/b.ipynb")

    assert await paths(repository) == {"sub/b.ipynb", "a.ipynb", "ab.ipynb"}
    assert await paths(repository, BOB) == {"a.ipynb"}


async def test_sessions_follow_the_folder_that_they_are_in() -> None:
    repository = MemoryKernelSessionRepository()
    for path in ("old/a.ipynb", "old/deep/b.ipynb", "older/c.ipynb"):
        await repository.put(session(path))

    await follow_move(repository, ALICE, WONDER, "old", "new")

    assert await paths(repository) == {"new/a.ipynb", "new/deep/b.ipynb", "older/c.ipynb"}


async def test_a_session_that_is_there_already_keeps_its_document() -> None:
    repository = MemoryKernelSessionRepository()
    for path in ("a.ipynb", "b.ipynb"):
        await repository.put(session(path))

    await follow_move(repository, ALICE, WONDER, "a.ipynb", "b.ipynb")

    assert await paths(repository) == {"a.ipynb", "b.ipynb"}
