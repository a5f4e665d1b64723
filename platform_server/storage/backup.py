"""Makes a backup of an installation while it is in use."""

from __future__ import annotations

import asyncio
import os
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import and_, select

from platform_server.contents.model import BlobHash
from platform_server.contents.spool import spooled
from platform_server.errors import Conflict, StorageUnavailable
from platform_server.projects.model import ProjectId
from platform_server.storage.archive import (
    FORMAT,
    ArchiveWriter,
    Manifest,
    TableShape,
    blob_member,
    reading,
    table_member,
)
from platform_server.storage.dump import dump
from platform_server.storage.migrate import is_current, newest
from platform_server.storage.tables.contents import revisions
from platform_server.storage.tables.projects import projects

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.ext.asyncio import AsyncConnection

    from platform_server.contents.blobs import BlobStore
    from platform_server.storage.database import Database

    Blob = tuple[ProjectId, BlobHash]

_SNAPSHOTS = 3  # that are taken at most: what one refers to may be dropped while it is copied
_ENDLESS = 1 << 62  # bytes
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL

# Of a deleted project there are rows, and no bytes.
WANTED = (
    select(revisions.c.project_id, revisions.c.blob)
    .distinct()
    .join(projects, and_(projects.c.id == revisions.c.project_id, projects.c.deleted_at.is_(None)))
)


@dataclass(frozen=True, kw_only=True)
class _Snapshot:
    """The database at one moment, as files in a folder."""

    at: datetime
    tables: dict[str, TableShape]
    blobs: set[Blob]


async def back_up(database: Database, blobs: BlobStore, path: Path) -> Manifest:
    """Write all accounts, projects, files and their history into one new file.

    It is the state of one moment; it is read again before it gets its name, and private to this
    process's user. Blobs that are damaged or gone are named in the manifest that is returned.
    Raises Conflict if the file exists or the database has not this version's tables,
    StorageUnavailable if something cannot be read or written.
    """
    if await asyncio.to_thread(path.exists):
        raise Conflict(f"{path} exists already.")
    if not await is_current(database):
        raise Conflict(
            "The database has not this version's tables: run jupyter platform db upgrade."
        )
    with _workshop(path) as folder:
        partial = folder / "archive"
        with os.fdopen(os.open(partial, _NEW_FILE, 0o600), "wb") as target:
            manifest = await _Backup(database, blobs, folder, ArchiveWriter(target)).run()
            target.flush()
            await asyncio.to_thread(os.fsync, target.fileno())
        await asyncio.to_thread(_check, partial)
        os.link(partial, path)
    return manifest


class _Backup:
    """One backup under way."""

    def __init__(
        self, database: Database, blobs: BlobStore, folder: Path, archive: ArchiveWriter
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._folder = folder
        self._archive = archive

    async def run(self) -> Manifest:
        """Write the archive."""
        snapshot, missing = await self._copied()
        for table in snapshot.tables:
            with self._rows(table).open("rb") as source:
                await asyncio.to_thread(self._archive.add, table_member(table), source)
        manifest = Manifest(
            format=FORMAT,
            revision=newest(),
            created_at=snapshot.at,
            tables=snapshot.tables,
            members=self._archive.members,
            missing=tuple(sorted(missing)),
        )
        await asyncio.to_thread(self._archive.finish, manifest)
        return manifest

    async def _copied(self) -> tuple[_Snapshot, set[str]]:
        """Copy the blobs of a snapshot, and return it with the names of those that are not there.

        A blob can be missing because the last revision that had it was dropped after the snapshot:
        then a later snapshot does not want it any more.
        """
        missing: set[str] = set()
        for _ in range(_SNAPSHOTS):
            snapshot, before = await self._snapshot(), missing
            missing = {
                blob_member(*blob) for blob in sorted(snapshot.blobs) if not await self._copy(*blob)
            }
            if missing == before:
                break
        return snapshot, missing

    async def _snapshot(self) -> _Snapshot:
        tables: dict[str, TableShape] = {}
        async with self._database.snapshot() as connection:
            blobs = await wanted_blobs(connection)
            at = datetime.now(UTC)
            async for some in dump(connection):
                rows = tables[some.table].rows if some.table in tables else 0
                with self._rows(some.table).open("ab" if some.table in tables else "wb") as target:
                    target.write(some.lines)
                rows += some.lines.count(b"\n")
                tables[some.table] = TableShape(columns=some.columns, rows=rows)
        return _Snapshot(at=at, tables=tables, blobs=blobs)

    async def _copy(self, project_id: ProjectId, blob: BlobHash) -> bool:
        """Copy a blob unless it is in the archive; tell whether it is there in the end."""
        name = blob_member(project_id, blob)
        if name in self._archive.members:
            return True
        if not await self._blobs.exists(project_id, blob):
            return False
        try:
            spool = await spooled(self._blobs.open(project_id, blob), self._folder, limit=_ENDLESS)
        except StorageUnavailable:
            # Whether it is this one that is damaged, or the store that is gone: that would say so.
            await self._blobs.exists(project_id, blob)
            return False
        try:
            with spool.reader() as source:
                await asyncio.to_thread(self._archive.add, name, source)
        finally:
            await spool.aclose()
        return True

    def _rows(self, table: str) -> Path:
        return self._folder / f"{table}.jsonl"


async def wanted_blobs(connection: AsyncConnection) -> set[Blob]:
    """Return the blobs that revisions refer to."""
    rows = await connection.execute(WANTED)
    return {(ProjectId(row.project_id), BlobHash(row.blob)) for row in rows}


@contextmanager
def _workshop(path: Path) -> Iterator[Path]:
    """Give a private folder beside the file, for what is not finished."""
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".backup-") as folder:
            yield Path(folder)
    except OSError as error:
        raise StorageUnavailable(f"{path} cannot be written: {error.strerror}.") from error


def _check(path: Path) -> None:
    with reading(path) as archive:
        for name in archive.manifest.members:
            archive.check(name)
