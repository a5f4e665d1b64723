"""Puts a backup into an installation that is empty."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from platform_server.contents.spool import Spool
from platform_server.errors import Conflict, InvalidContent
from platform_server.projects.model import ProjectId
from platform_server.storage.archive import blob_member, blob_of, reading, table_member
from platform_server.storage.backup import wanted_blobs
from platform_server.storage.dump import count, load, present_tables
from platform_server.storage.migrate import bring_to, revision_of, revisions

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection
    from sqlalchemy.ext.asyncio import AsyncConnection

    from platform_server.contents.blobs import BlobStore
    from platform_server.paths import Home
    from platform_server.storage.archive import ArchiveReader, Manifest
    from platform_server.storage.database import Database

_INCOHERENT = "The archive does not fit together: {}."


async def restore(database: Database, blobs: BlobStore, home: Home, path: Path) -> Manifest:
    """Put all that the archive has into an empty installation, or nothing.

    The archive may come from SQLite or Postgres, and from an earlier version. Bytes go first, each
    is checked; the database follows in one transaction. What is interrupted can be done again.
    Raises Conflict if there is something already, InvalidContent if the archive is not whole.
    """
    with reading(path) as archive:
        if archive.manifest.revision not in revisions():
            raise InvalidContent("The archive was made by a version of the platform that is newer.")
        await _check_empty(database, home)
        for table in archive.manifest.tables:
            await asyncio.to_thread(archive.check, table_member(table))
        await _put_blobs(archive, blobs, home.blobs)
        try:
            async with database.transaction(is_migration=True) as connection:
                if await count(connection):
                    raise Conflict(_full("its database has rows"))
                await _put_rows(connection, archive)
        except (IntegrityError, ValueError) as error:
            raise InvalidContent(_INCOHERENT.format(error)) from error
        return archive.manifest


async def _check_empty(database: Database, home: Home) -> None:
    if any(home.volumes.iterdir()):
        raise Conflict(_full(f"there is something in {home.volumes}"))
    async with database.read() as connection:
        if await count(connection):
            raise Conflict(_full("its database has rows"))


async def _put_blobs(archive: ArchiveReader, blobs: BlobStore, folder: Path) -> None:
    for name, member in archive.manifest.members.items():
        found = blob_of(name)
        if found is None:
            continue
        project_id, blob = found
        spool = Spool(folder, limit=member.size)
        try:
            await asyncio.to_thread(_fill, spool, archive, name)
            if spool.blob != blob:
                raise InvalidContent(f"The archive has other bytes under the name {name}.")
            await blobs.put(ProjectId(project_id), spool)
        finally:
            await spool.aclose()


def _fill(spool: Spool, archive: ArchiveReader, name: str) -> None:
    for piece in archive.pieces(name):
        spool.write(piece)


async def _put_rows(connection: AsyncConnection, archive: ArchiveReader) -> None:
    """Make the tables of the archive's version, fill them, and bring them to this version."""
    manifest = archive.manifest
    await connection.run_sync(_make_tables, manifest.revision)
    tables = await connection.run_sync(present_tables)
    if set(tables.tables) != set(manifest.tables):
        raise InvalidContent(_INCOHERENT.format("its tables are not those of its version"))
    for table in tables.sorted_tables:
        shape, lines = manifest.tables[table.name], archive.lines(table_member(table.name))
        if set(shape.columns) != set(table.columns.keys()):
            raise InvalidContent(_INCOHERENT.format(f"the columns of {table.name}"))
        if await load(connection, table, shape.columns, lines) != shape.rows:
            raise InvalidContent(_INCOHERENT.format(f"the rows of {table.name}"))
    await connection.run_sync(bring_to, "head")
    wanted = {blob_member(*blob) for blob in await wanted_blobs(connection)}
    if not wanted <= {*manifest.members, *manifest.missing}:
        raise InvalidContent(_INCOHERENT.format("a file's bytes are not in it"))


def _make_tables(connection: Connection, revision: str) -> None:
    """Make empty tables of a version, in the place of empty tables of another."""
    if revision_of(connection) not in {None, revision}:
        present_tables(connection).drop_all(connection)
        connection.execute(text("DROP TABLE alembic_version"))
    bring_to(connection, revision)


def _full(why: str) -> str:
    return f"The installation is not empty, {why}: restore into a new PLATFORM_HOME and database."
