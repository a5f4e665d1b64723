"""Fixtures of the contents tests.

``world``     a contents service and the code in a sandbox beside it: in memory, and on
              SQLite, a folder of blobs and a folder as workspace
``contents``  its service
``code``      its code: writes, makes folders, removes
"""

from __future__ import annotations

import shutil
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

import pytest
from sqlalchemy import insert

from platform_server.contents.limits import ContentsLimits
from platform_server.contents.parts import Parts
from platform_server.contents.service import ContentsService
from platform_server.contents.workspace_local import LocalWorkspace
from platform_server.identity.model import UserId
from platform_server.projects.model import ProjectId
from platform_server.storage.blobs_folder import FolderBlobStore
from platform_server.storage.contents import SqlContentsRepository
from platform_server.storage.database import Database
from platform_server.storage.migrate import upgrade
from platform_server.storage.tables.identity import users
from platform_server.storage.tables.projects import projects
from platform_server.testing.contents import memory_parts
from platform_server.testing.workspace import MemoryWorkspace

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

WONDER, BUILDER = ProjectId("wonder"), ProjectId("builder")
ALICE, BOB = UserId("alice"), UserId("bob")
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
LIMITS = ContentsLimits(file=1 << 22, kept=1 << 21, read=1 << 21, listed=1 << 20)


class Code(Protocol):
    """What runs in the sandbox."""

    def writes(self, path: str, data: bytes) -> None: ...
    def makes_directory(self, path: str) -> None: ...
    def removes(self, path: str) -> None: ...
    def reads(self, path: str) -> bytes | None: ...
    def loses_everything(self) -> None: ...


@dataclass(frozen=True, kw_only=True)
class World:
    """A contents service, and the code beside it."""

    contents: ContentsService
    parts: Parts
    code: Code

    def restarted(self) -> ContentsService:
        """A new server on the same state."""
        return ContentsService(self.parts)


@dataclass(frozen=True)
class MemoryCode:
    workspace: MemoryWorkspace

    def writes(self, path: str, data: bytes) -> None:
        self.workspace.code_writes(WONDER, path, data)

    def makes_directory(self, path: str) -> None:
        self.workspace.code_makes_directory(WONDER, path)

    def removes(self, path: str) -> None:
        self.workspace.code_removes(WONDER, path)

    def reads(self, path: str) -> bytes | None:
        return self.workspace.content(WONDER, path)

    def loses_everything(self) -> None:
        self.workspace.lose(WONDER)


@dataclass(frozen=True)
class FolderCode:
    files: Path

    def writes(self, path: str, data: bytes) -> None:
        (self.files / path).parent.mkdir(parents=True, exist_ok=True)
        (self.files / path).write_bytes(data)

    def makes_directory(self, path: str) -> None:
        (self.files / path).mkdir(parents=True)

    def removes(self, path: str) -> None:
        target = self.files / path
        if target.is_dir():
            shutil.rmtree(target)
        else:
            target.unlink()

    def reads(self, path: str) -> bytes | None:
        target = self.files / path
        return target.read_bytes() if target.is_file() else None

    def loses_everything(self) -> None:
        shutil.rmtree(self.files.parent)


def memory_world(folder: Path) -> World:
    parts = memory_parts(folder, limits=LIMITS)
    workspace = parts.workspace
    assert isinstance(workspace, MemoryWorkspace)
    return World(contents=ContentsService(parts), parts=parts, code=MemoryCode(workspace))


def folder_world(database: Database, folder: Path) -> World:
    parts = Parts(
        repository=SqlContentsRepository(database),
        blobs=FolderBlobStore(folder / "blobs"),
        workspace=LocalWorkspace(folder / "volumes", sync=False),
        spool_folder=folder / "spool",
        limits=LIMITS,
    )
    code = FolderCode(folder / "volumes" / WONDER / "files")
    return World(contents=ContentsService(parts), parts=parts, code=code)


async def populate(database: Database) -> None:
    """Make the tables, two accounts and two projects."""
    await upgrade(database)
    async with database.transaction() as connection:
        await connection.execute(
            insert(users),
            [
                {
                    "id": user,
                    "email": f"{user}@example.org",
                    "name": user.title(),
                    "role": "learner",
                    "created_at": BEGAN,
                }
                for user in (ALICE, BOB)
            ],
        )
        await connection.execute(
            insert(projects),
            [
                {
                    "id": project,
                    "owner_id": owner,
                    "name": project,
                    "created_at": BEGAN,
                    "updated_at": BEGAN,
                }
                for project, owner in ((WONDER, ALICE), (BUILDER, BOB))
            ],
        )


@asynccontextmanager
async def running(world: World) -> AsyncIterator[World]:
    await world.contents.start()
    await world.contents.materialise(WONDER)
    yield world
    await world.contents.aclose()


@asynccontextmanager
async def running_on_disk(template: Path, folder: Path) -> AsyncIterator[World]:
    shutil.copy(template, folder / "platform.sqlite")
    database = Database(f"sqlite:///{folder}/platform.sqlite")
    async with running(folder_world(database, folder)) as world:
        yield world
    await database.aclose()


@pytest.fixture(scope="session")
async def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with its tables, two accounts and two projects, to be copied."""
    path = tmp_path_factory.mktemp("template") / "platform.sqlite"
    database = Database(f"sqlite:///{path}")
    await populate(database)
    await database.aclose()
    return path


@pytest.fixture
async def real(template: Path, tmp_path: Path) -> AsyncIterator[World]:
    """The real adapters only, for what the twins do not model."""
    async with running_on_disk(template, tmp_path) as world:
        yield world


@pytest.fixture(params=["memory", "real"])
async def world(
    request: pytest.FixtureRequest, template: Path, tmp_path: Path
) -> AsyncIterator[World]:
    if request.param == "memory":
        here = running(memory_world(tmp_path / "spool"))
    else:
        here = running_on_disk(template, tmp_path)
    async with here as world:
        yield world


@pytest.fixture
def contents(world: World) -> ContentsService:
    return world.contents


@pytest.fixture
def code(world: World) -> Code:
    return world.code
