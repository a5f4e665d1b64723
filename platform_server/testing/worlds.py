"""A contents service and the code in a sandbox beside it: in memory, and on real stores."""

from __future__ import annotations

import shutil
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from platform_server.contents.limits import ContentsLimits
from platform_server.contents.parts import Parts
from platform_server.contents.service import ContentsService
from platform_server.contents.workspace_local import LocalWorkspace
from platform_server.projects.model import Project, ProjectId
from platform_server.storage.blobs_folder import FolderBlobStore
from platform_server.storage.contents import SqlContentsRepository
from platform_server.storage.garbage import SqlGarbageRepository
from platform_server.storage.identity import SqlUserRepository
from platform_server.storage.migrate import upgrade
from platform_server.storage.past import SqlPastRepository
from platform_server.storage.projects import SqlProjectRepository
from platform_server.testing.contents import memory_parts
from platform_server.testing.people import BEGAN, person
from platform_server.testing.supabase_projects import a_double, bucket_of
from platform_server.testing.workspace import MemoryWorkspace

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from platform_server.contents.blobs import BlobStore
    from platform_server.storage.database import Database
    from platform_server.testing.databases import Databases

WONDER, BUILDER = ProjectId("wonder"), ProjectId("builder")
ALICE, BOB = person("alice"), person("bob")  # the one owns WONDER, the other BUILDER
LIMITS = ContentsLimits(file=1 << 22, kept=1 << 21, read=1 << 21, listed=1 << 20)


class Code(Protocol):
    """What runs in the sandbox of WONDER."""

    def writes(self, path: str, data: bytes) -> None:
        """Write a file, with the folders above it."""

    def removes(self, path: str) -> None:
        """Remove a file or folder."""

    def reads(self, path: str) -> bytes | None:
        """Read a file; None if there is none."""

    def loses_everything(self) -> None:
        """Lose the disk that the workspace is on."""


@dataclass(frozen=True, kw_only=True)
class World:
    """A contents service, what it is made of, and the code beside it."""

    contents: ContentsService
    parts: Parts
    code: Code

    def restarted(self) -> ContentsService:
        """Return a new server on the same state."""
        return ContentsService(self.parts)


@dataclass(frozen=True)
class MemoryCode:
    """Code over a workspace in memory."""

    workspace: MemoryWorkspace

    def writes(self, path: str, data: bytes) -> None:
        """Write a file."""
        self.workspace.code_writes(WONDER, path, data)

    def removes(self, path: str) -> None:
        """Remove a file or folder."""
        self.workspace.code_removes(WONDER, path)

    def reads(self, path: str) -> bytes | None:
        """Read a file."""
        return self.workspace.content(WONDER, path)

    def loses_everything(self) -> None:
        """Lose the workspace."""
        self.workspace.lose(WONDER)


@dataclass(frozen=True)
class FolderCode:
    """Code over a workspace on the disk."""

    files: Path

    def writes(self, path: str, data: bytes) -> None:
        """Write a file."""
        (self.files / path).parent.mkdir(parents=True, exist_ok=True)
        (self.files / path).write_bytes(data)

    def removes(self, path: str) -> None:
        """Remove a file or folder."""
        target = self.files / path
        if target.is_dir():
            shutil.rmtree(target)
        else:
            target.unlink()

    def reads(self, path: str) -> bytes | None:
        """Read a file."""
        target = self.files / path
        return target.read_bytes() if target.is_file() else None

    def loses_everything(self) -> None:
        """Lose the disk."""
        shutil.rmtree(self.files.parent)


def memory_world(folder: Path) -> World:
    """Return a world in memory; ``folder`` takes what is too large for it."""
    parts = memory_parts(folder, limits=LIMITS)
    assert isinstance(parts.workspace, MemoryWorkspace)
    return World(contents=ContentsService(parts), parts=parts, code=MemoryCode(parts.workspace))


def folder_world(database: Database, folder: Path, blobs: BlobStore | None = None) -> World:
    """Return a world on SQL and folders; bytes may be kept elsewhere."""
    parts = Parts(
        repository=SqlContentsRepository(database),
        past=SqlPastRepository(database),
        garbage=SqlGarbageRepository(database),
        blobs=blobs or FolderBlobStore(folder / "blobs"),
        workspace=LocalWorkspace(folder / "volumes", sync=False),
        spool_folder=folder / "spool",
        limits=LIMITS,
    )
    code = FolderCode(folder / "volumes" / WONDER / "files")
    return World(contents=ContentsService(parts), parts=parts, code=code)


@asynccontextmanager
async def running(world: World) -> AsyncIterator[World]:
    """Start the world's server, and end it."""
    await world.contents.start()
    await world.contents.materialise(WONDER)
    yield world
    await world.contents.aclose()


@asynccontextmanager
async def running_on_disk(databases: Databases, kind: str, folder: Path) -> AsyncIterator[World]:
    """Give a world in the folder: on SQLite and a folder, or on PostgreSQL and Supabase Storage."""
    elsewhere = bucket_of(a_double()) if kind == "postgres" else nullcontext()
    async with (
        databases.open(kind, folder, populate) as database,
        elsewhere as blobs,
        running(folder_world(database, folder, blobs)) as world,
    ):
        yield world


async def populate(database: Database) -> None:
    """Give a database its tables, ALICE, BOB and their projects."""
    await upgrade(database)
    for owner, project_id in ((ALICE, WONDER), (BOB, BUILDER)):
        await SqlUserRepository(database).add(owner, None)
        project = Project(
            id=project_id,
            owner_id=owner.id,
            name=project_id,
            created_at=BEGAN,
            updated_at=BEGAN,
        )
        await SqlProjectRepository(database).add(project)
