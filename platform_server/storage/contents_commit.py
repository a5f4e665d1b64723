"""One transaction that changes a project's files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, func, insert, select, update

from platform_server.clock import new_id
from platform_server.contents.model import Entry, Kind, Revision
from platform_server.contents.repository import MakeDirectory, Remove, Rename, Save
from platform_server.errors import RevisionConflict, WrongKind
from platform_server.projects.names import ancestors, parent_of
from platform_server.storage.contents_rows import (
    ADD_ENTRY,
    ADD_REVISION,
    ENTRIES_LOCKED_AT,
    LATEST_FIRST,
    POINT_ENTRY_TO,
    entry_of,
    is_in,
    starts_with,
)
from platform_server.storage.tables.contents import entries, revisions, trusted_contents

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

    from platform_server.contents.model import BlobHash
    from platform_server.contents.repository import Change
    from platform_server.identity.model import UserId
    from platform_server.projects.model import ProjectId

_AT_ONCE = 400  # paths in one statement


class Commit:
    """Carries out changes on one connection; whoever opened the transaction ends it."""

    def __init__(self, connection: AsyncConnection, project_id: ProjectId, at: datetime) -> None:
        self._connection = connection
        self._project_id = project_id
        self._at = at

    async def run(self, changes: Sequence[Change]) -> dict[str, Entry]:
        """Make the changes, and return the entries saved, made or renamed."""
        renames = [change for change in changes if isinstance(change, Rename)]
        await self._rename(renames)
        for change in changes:
            if isinstance(change, Remove):
                await self._remove(change.path)
        saves = [change for change in changes if isinstance(change, Save)]
        folders = [change.path for change in changes if isinstance(change, MakeDirectory)]
        moved = [rename.path for rename in renames]
        wanted = [*(save.path for save in saves), *folders, *moved]
        current = await self._current({*wanted, *_above(wanted)})
        missing = _missing_folders(wanted, folders, current)
        await self._make_directories(missing)
        await self._save(saves, current)
        made = {path: self._folder(path) for path in missing if path in folders}
        kept = {path: entry_of(current[path]) for path in [*folders, *moved] if path in current}
        return made | kept | {save.path: self._saved(save, current) for save in saves}

    async def _rename(self, renames: Sequence[Rename]) -> None:
        """Rename files. Raises RevisionConflict unless they are what and where they must be."""
        paths = [path for rename in renames for path in (rename.old, rename.path)]
        current = await self._current(paths)
        for rename in renames:
            row = current.get(rename.old)
            if row is None or row.revision_id != rename.revision_id or rename.path in current:
                raise RevisionConflict
            await self._connection.execute(
                update(entries)
                .where(is_in(self._project_id, entries.c.path == rename.old))
                .values(path=rename.path, parent=parent_of(rename.path))
            )

    async def _remove(self, path: str) -> None:
        # In two statements: SQLite looks through all of the project for an "or" of these.
        for where in (entries.c.path == path, starts_with(entries.c.path, path)):
            await self._connection.execute(delete(entries).where(is_in(self._project_id, where)))

    async def _current(self, paths: Iterable[str]) -> dict[str, Row[Any]]:
        """Return the rows at the paths, locked until the end of the transaction."""
        ordered = sorted(paths)
        found: dict[str, Row[Any]] = {}
        for start in range(0, len(ordered), _AT_ONCE):
            some = ordered[start : start + _AT_ONCE]
            values = {"in_project": self._project_id, "paths": some}
            result = await self._connection.execute(ENTRIES_LOCKED_AT, values)
            found |= {row.path: row for row in result}
        return found

    async def _make_directories(self, paths: Sequence[str]) -> None:
        if paths:
            await self._connection.execute(ADD_ENTRY, [self._entry_row(path) for path in paths])

    async def _save(self, saves: Sequence[Save], current: dict[str, Row[Any]]) -> None:
        for save in saves:
            _check(save, current.get(save.path))
        histories = await self._histories(saves, current)
        if not saves:
            return
        await self._connection.execute(
            ADD_REVISION, [self._revision_row(save, histories[save.path]) for save in saves]
        )
        new = [save for save in saves if save.path not in current]
        if new:
            rows = [self._file_row(save, histories[save.path][0]) for save in new]
            await self._connection.execute(ADD_ENTRY, rows)
        changed = [
            self._pointing_row(save, current[save.path]) for save in saves if save.path in current
        ]
        if changed:
            await self._connection.execute(POINT_ENTRY_TO, changed)
        for save in saves:
            if save.trusted and save.author_id is not None:
                await trust(self._connection, save.author_id, histories[save.path][0], save.blob)

    async def _histories(
        self, saves: Sequence[Save], current: dict[str, Row[Any]]
    ) -> dict[str, tuple[str, int]]:
        """Return, for each path, the history the revision goes to and the number it gets there."""
        result = {
            path: (row.file_id, row.revision_number + 1)
            for path, row in current.items()
            if row.file_id is not None
        }
        new = [save.path for save in saves if save.path not in result]
        known = await self._with_history(new)
        for path in new:
            result[path] = await self._continued(path) if path in known else (new_id(), 1)
        return result

    async def _with_history(self, paths: Sequence[str]) -> set[str]:
        """Return those of the paths at which a file was saved before."""
        known: set[str] = set()
        for start in range(0, len(paths), _AT_ONCE):
            some = paths[start : start + _AT_ONCE]
            statement = (
                select(revisions.c.path)
                .distinct()
                .where(and_(revisions.c.project_id == self._project_id, revisions.c.path.in_(some)))
            )
            known |= set((await self._connection.execute(statement)).scalars())
        return known

    async def _continued(self, path: str) -> tuple[str, int]:
        """Return where the history of the last file at the path goes on, unless it moved away."""
        at_path = and_(revisions.c.project_id == self._project_id, revisions.c.path == path)
        latest = select(revisions.c.file_id).where(at_path).order_by(*LATEST_FIRST).limit(1)
        file_id = (await self._connection.execute(latest)).scalar_one()
        alive = select(entries.c.path).where(entries.c.file_id == file_id).limit(1)
        if (await self._connection.execute(alive)).first() is not None:
            return new_id(), 1
        highest = select(func.max(revisions.c.number)).where(revisions.c.file_id == file_id)
        return file_id, (await self._connection.execute(highest)).scalar_one() + 1

    def _folder(self, path: str) -> Entry:
        return Entry(
            project_id=self._project_id,
            path=path,
            kind=Kind.DIRECTORY,
            revision=None,
            created_at=self._at,
            modified_at=self._at,
        )

    def _saved(self, save: Save, current: dict[str, Row[Any]]) -> Entry:
        row = current.get(save.path)
        revision = Revision(
            id=save.revision_id,
            project_id=self._project_id,
            path=save.path,
            blob=save.blob,
            size=save.size,
            author_id=save.author_id,
            origin=save.origin,
            created_at=self._at,
        )
        return Entry(
            project_id=self._project_id,
            path=save.path,
            kind=Kind.FILE,
            revision=revision,
            created_at=self._at if row is None else row.created_at,
            modified_at=self._changed_at(save, row),
        )

    def _changed_at(self, save: Save, row: Row[Any] | None) -> datetime:
        return row.modified_at if row is not None and save.keeps_time else self._at

    def _pointing_row(self, save: Save, row: Row[Any]) -> dict[str, Any]:
        return {
            "in_project": self._project_id,
            "at_path": save.path,
            "to_revision": save.revision_id,
            "at": self._changed_at(save, row),
        }

    def _entry_row(self, path: str) -> dict[str, Any]:
        return {
            "project_id": self._project_id,
            "path": path,
            "parent": parent_of(path),
            "file_id": None,
            "revision_id": None,
            "created_at": self._at,
            "modified_at": self._at,
        }

    def _file_row(self, save: Save, file_id: str) -> dict[str, Any]:
        return self._entry_row(save.path) | {"file_id": file_id, "revision_id": save.revision_id}

    def _revision_row(self, save: Save, history: tuple[str, int]) -> dict[str, Any]:
        file_id, number = history
        return {
            "id": save.revision_id,
            "project_id": self._project_id,
            "file_id": file_id,
            "number": number,
            "path": save.path,
            "blob": save.blob,
            "size": save.size,
            "author_id": save.author_id,
            "origin": save.origin.value,
            "created_at": self._at,
        }


async def trust(connection: AsyncConnection, user_id: UserId, file_id: str, blob: BlobHash) -> None:
    """Remember that the user trusts a file with this content, and no longer with another."""
    row = and_(trusted_contents.c.user_id == user_id, trusted_contents.c.file_id == file_id)
    result = await connection.execute(update(trusted_contents).where(row).values(blob=blob))
    if result.rowcount == 0:
        await connection.execute(
            insert(trusted_contents).values(user_id=user_id, file_id=file_id, blob=blob)
        )


def _above(paths: Iterable[str]) -> set[str]:
    return {above for path in paths for above in ancestors(path)}


def _missing_folders(
    wanted: Sequence[str], folders: Sequence[str], current: dict[str, Row[Any]]
) -> list[str]:
    """Return the folders to make, the upper ones first; raises WrongKind for a file in the way."""
    needed = sorted(_above(wanted) | set(folders))
    for path in needed:
        if path in current and entry_of(current[path]).kind is not Kind.DIRECTORY:
            raise WrongKind(f'"{path}" is a file, not a folder.')
    return [path for path in needed if path not in current]


def _check(save: Save, row: Row[Any] | None) -> None:
    """Refuse a save that does not replace what it thinks it does."""
    if row is not None and row.file_id is None:
        raise WrongKind(f'"{save.path}" is a folder, not a file.')
    if (None if row is None else row.revision_id) != save.replaces:
        raise RevisionConflict
