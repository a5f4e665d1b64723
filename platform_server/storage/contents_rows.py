"""Statements and rows of files, without a connection.

What every save and load needs is built once: SQLAlchemy spends more time on building a statement
than SQLite on carrying it out.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, insert, select, update

from platform_server.contents.model import (
    BlobHash,
    Checkpoint,
    CheckpointId,
    Entry,
    Kind,
    Origin,
    Revision,
    RevisionId,
)
from platform_server.identity.model import UserId
from platform_server.projects.model import ProjectId
from platform_server.storage.tables.contents import checkpoints, entries, revisions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Column, ColumnElement, Row

_AT_ONCE = 200  # rows
_REVISION = tuple(column.label(f"revision_{column.name}") for column in revisions.c)

ENTRIES = select(
    entries.c.project_id,
    entries.c.path,
    entries.c.file_id,
    entries.c.created_at,
    entries.c.modified_at,
    *_REVISION,
).outerjoin(revisions, revisions.c.id == entries.c.revision_id)

_IN_PROJECT = entries.c.project_id == bindparam("in_project")

ENTRIES_AT = ENTRIES.where(
    _IN_PROJECT, entries.c.path.in_(bindparam("paths", expanding=True))
).order_by(entries.c.path)
ENTRY_AT = ENTRIES.where(_IN_PROJECT, entries.c.path == bindparam("path"))
ENTRIES_LOCKED_AT = ENTRIES_AT.with_for_update(of=entries)
CHILDREN = ENTRIES.where(_IN_PROJECT, entries.c.parent == bindparam("parent")).order_by(
    entries.c.path
)
POINT_ENTRY_TO = (
    update(entries)
    .where(_IN_PROJECT, entries.c.path == bindparam("at_path"))
    .values(revision_id=bindparam("to_revision"), modified_at=bindparam("at"))
)
ADD_ENTRY = insert(entries)
ADD_REVISION = insert(revisions)

REVISIONS = select(*_REVISION)

LATEST_FIRST = (revisions.c.created_at.desc(), revisions.c.number.desc())


def is_in(project_id: ProjectId, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition for entries of the project."""
    return and_(entries.c.project_id == project_id, *conditions)


def starts_with(column: Column[str], folder: str) -> ColumnElement[bool]:
    """Return the condition for paths below the folder, segment by segment.

    As a range, which an index answers: paths are compared by bytes, and "0" follows "/".
    """
    return and_(column >= f"{folder}/", column < f"{folder}0")


def entry_of(row: Row[Any]) -> Entry:
    """Return the entry in a row of ``ENTRIES``."""
    return Entry(
        project_id=ProjectId(row.project_id),
        path=row.path,
        kind=Kind.DIRECTORY if row.file_id is None else Kind.FILE,
        revision=None if row.revision_id is None else revision_of(row),
        created_at=row.created_at,
        modified_at=row.modified_at,
    )


async def entries_of(rows: Sequence[Row[Any]]) -> list[Entry]:
    """Return the entries in rows of ``ENTRIES``; many of them without holding up everybody."""
    if len(rows) <= _AT_ONCE:
        return [entry_of(row) for row in rows]
    return await asyncio.to_thread(lambda: [entry_of(row) for row in rows])


def revision_of(row: Row[Any]) -> Revision:
    """Return the revision in a row of ``REVISIONS`` or ``ENTRIES``."""
    return Revision(
        id=RevisionId(row.revision_id),
        project_id=ProjectId(row.revision_project_id),
        path=row.revision_path,
        blob=BlobHash(row.revision_blob),
        size=row.revision_size,
        author_id=None if row.revision_author_id is None else UserId(row.revision_author_id),
        origin=Origin(row.revision_origin),
        created_at=row.revision_created_at,
    )


def checkpoint_of(row: Row[Any]) -> Checkpoint:
    """Return the checkpoint in a row of its table."""
    return Checkpoint(
        id=CheckpointId(row.id),
        path=row.path,
        revision_id=RevisionId(row.revision_id),
        created_at=row.created_at,
    )


CHECKPOINTS = select(checkpoints).order_by(checkpoints.c.created_at, checkpoints.c.id)
