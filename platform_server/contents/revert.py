"""Bringing a whole project back to what a checkpoint marks, some files at a time."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from platform_server.contents.commits import commit
from platform_server.contents.model import Kind, Origin, RevisionId
from platform_server.contents.portions import portions
from platform_server.contents.quota import growth
from platform_server.contents.repository import MakeDirectory, Remove, Save
from platform_server.contents.spool import spooled
from platform_server.errors import Conflict, DirectoryNotEmpty, FileMissing
from platform_server.projects.names import ancestors, parent_of
from platform_server.uninterrupted import together, uninterrupted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from platform_server.contents.model import Entry, ProjectCheckpoint, Revision
    from platform_server.contents.parts import Parts
    from platform_server.contents.past import Marked
    from platform_server.contents.quota import Quotas
    from platform_server.contents.step import Step
    from platform_server.identity.model import UserId
    from platform_server.projects.model import ProjectId


@dataclass(frozen=True, kw_only=True)
class Return:
    """What bringing a project back to a checkpoint did."""

    before: ProjectCheckpoint  # what the project was, to come back to
    restored: list[str] = field(default_factory=list)  # paths of files
    removed: list[str] = field(default_factory=list)  # paths of files
    left: list[str] = field(default_factory=list)  # paths where something is in the way


class Reverter:
    """Makes a project's files what they were: removes, then makes folders, then saves files.

    Each portion is one transaction. Interrupted, it can be repeated.
    """

    def __init__(self, parts: Parts, step: Step, quotas: Quotas) -> None:
        self._parts = parts
        self._step = step
        self._quotas = quotas

    async def run(
        self, project_id: ProjectId, marked: Sequence[Marked], result: Return, author: UserId | None
    ) -> Return:
        """Do it, and note in the result what was done. The project has been absorbed."""
        wanted = {one.path: one.revision for one in marked}
        entries = await self._parts.repository.below(project_id, "")
        misplaced = [one for one in entries if not _belongs(one, wanted)]
        await self._remove_files(project_id, [one for one in misplaced if one.revision], result)
        folders = [one.path for one in misplaced if one.kind is Kind.DIRECTORY]
        await self._remove_folders(project_id, folders[::-1])
        for path in [path for path, revision in wanted.items() if revision is None]:
            await self._make_folder(project_id, path, result)
        present = {one.path: one for one in entries}
        changed = {
            path: revision
            for path, revision in wanted.items()
            if revision is not None and not _is_at(present.get(path), revision)
        }
        for paths in portions(changed, {}):
            await self._save(project_id, {path: changed[path] for path in paths}, author, result)
        return result

    async def _remove_files(
        self, project_id: ProjectId, files: Sequence[Entry], result: Return
    ) -> None:
        for paths in portions((one.path for one in files), {}):
            async with self._step.lock(project_id):
                found = await self._step.settle_locked(project_id, paths)
                there = [one for one in found.values() if one.kind is Kind.FILE and one.revision]
                await uninterrupted(self._remove(project_id, there))
            result.removed.extend(sorted(one.path for one in there))

    async def _remove(self, project_id: ProjectId, files: Sequence[Entry]) -> None:
        for one in files:
            await self._parts.workspace.remove(project_id, one.path)
            self._step.forget_entry(one)
        changes = [Remove(path=one.path) for one in files]
        await self._parts.repository.commit(project_id, changes, self._parts.now())
        self._quotas.forget(project_id)

    async def _remove_folders(self, project_id: ProjectId, paths: Sequence[str]) -> None:
        """Remove folders that are empty, the deepest first."""
        for path in paths:
            async with self._step.lock(project_id):
                if not await self._parts.workspace.children(project_id, path):
                    await uninterrupted(self._remove_folder(project_id, path))

    async def _remove_folder(self, project_id: ProjectId, path: str) -> None:
        try:
            await self._parts.workspace.remove(project_id, path)
        except DirectoryNotEmpty:  # code has just put something there
            return
        change = Remove(path=path)
        await self._parts.repository.commit(project_id, [change], self._parts.now())

    async def _make_folder(self, project_id: ProjectId, path: str, result: Return) -> None:
        async with self._step.lock(project_id):
            found = await self._step.settle_locked(project_id, [*ancestors(path), path])
            if path in found and found[path].kind is Kind.DIRECTORY:
                return
            try:
                await self._parts.workspace.make_directory(project_id, path)
                change = MakeDirectory(path=path)
                await self._parts.repository.commit(project_id, [change], self._parts.now())
            except Conflict:
                result.left.append(path)

    async def _save(
        self,
        project_id: ProjectId,
        revisions: dict[str, Revision],
        author: UserId | None,
        result: Return,
    ) -> None:
        """Save some files as they were. Raises QuotaExceeded, StorageUnavailable."""
        staged = {path: RevisionId(self._parts.new_id()) for path in revisions}
        try:
            await together(*(self._stage(staged[path], one) for path, one in revisions.items()))
            async with self._step.lock(project_id):
                known = await self._step.settle_locked(
                    project_id, sorted({*map(parent_of, revisions), *revisions} - {""})
                )
                saves = [
                    _save(path, staged[path], one, known.get(path), author)
                    for path, one in revisions.items()
                    if _is_free(path, known)
                ]
                await self._require_room(saves, known, project_id)
                done = await uninterrupted(self._commit(project_id, saves))
        finally:
            for one in staged.values():
                await self._parts.workspace.discard(project_id, one)
        result.restored.extend(done)
        result.left.extend(path for path in revisions if path not in done)

    async def _stage(self, staged: RevisionId, revision: Revision) -> None:
        pieces = self._parts.blobs.open(revision.project_id, revision.blob)
        spool = await spooled(pieces, self._parts.spool_folder, limit=revision.size)
        async with aclosing(spool):
            await self._parts.workspace.stage(revision.project_id, staged, spool)

    async def _require_room(
        self, saves: Sequence[Save], known: dict[str, Entry], project_id: ProjectId
    ) -> None:
        grown = [growth(save.size, known.get(save.path)) for save in saves]
        await self._quotas.require_room(
            project_id, size=sum(size for size, _ in grown), files=sum(count for _, count in grown)
        )

    async def _commit(self, project_id: ProjectId, saves: Sequence[Save]) -> list[str]:
        """Commit, and put everything in its place; return the paths where that was possible."""
        await commit(self._parts, project_id, saves)
        self._quotas.forget(project_id)
        done: list[str] = []
        for save in saves:
            try:
                await self._parts.workspace.place(project_id, save.revision_id, save.path)
            except (Conflict, FileMissing):  # code put something there
                continue
            self._quotas.settle(project_id, save.path)
            done.append(save.path)
        return done


def _belongs(entry: Entry, wanted: dict[str, Revision | None]) -> bool:
    """Tell whether the checkpoint has something of that kind at the path."""
    if entry.path not in wanted:
        return False
    return (wanted[entry.path] is None) == (entry.kind is Kind.DIRECTORY)


def _is_at(entry: Entry | None, revision: Revision) -> bool:
    return entry is not None and entry.revision is not None and entry.revision.blob == revision.blob


def _is_free(path: str, known: dict[str, Entry]) -> bool:
    """Tell whether a file can be at the path."""
    above = known.get(parent_of(path))
    fits = above is None or above.kind is Kind.DIRECTORY
    return fits and (path not in known or known[path].kind is Kind.FILE)


def _save(
    path: str, staged: RevisionId, revision: Revision, present: Entry | None, author: UserId | None
) -> Save:
    replaced = None if present is None else present.revision
    return Save(
        path=path,
        revision_id=staged,
        replaces=None if replaced is None else replaced.id,
        blob=revision.blob,
        size=revision.size,
        author_id=author,
        origin=Origin.RESTORE,
    )
