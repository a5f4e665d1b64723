"""Keeps the store in step with what code in the sandbox does to the workspace.

Whether a file changed is told by its signature: a state that was read and hashed is remembered
with the signature it had, and needs no second reading while that stays. A signature that was so
fresh that a later change might carry the same one is not remembered.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from platform_server.contents.commits import commit
from platform_server.contents.limits import PASSED_OVER
from platform_server.contents.model import Kind, Origin, RevisionId
from platform_server.contents.portions import portions
from platform_server.contents.quota import growth
from platform_server.contents.repository import Change, MakeDirectory, Remove, Rename, Save
from platform_server.contents.signatures import Signatures
from platform_server.contents.spool import Spool
from platform_server.contents.trails import Trails
from platform_server.contents.verdict import Verdict, judge, unkept_entry
from platform_server.errors import QuotaExceeded, StorageUnavailable, TooLarge
from platform_server.projects.names import ancestors, join
from platform_server.uninterrupted import together

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from platform_server.contents.model import BlobHash, Entry
    from platform_server.contents.parts import Parts
    from platform_server.contents.quota import Quotas, Room
    from platform_server.contents.workspace import Seen
    from platform_server.projects.model import ProjectId

log = logging.getLogger(__name__)

_COMPARED_AT_ONCE = 500  # paths; more are compared in a thread


@dataclass(kw_only=True)
class _Batch:
    """What is found out about some paths, before it is committed."""

    project_id: ProjectId
    budget: int  # bytes of new files that may still be read
    room: Room  # what the project may still take
    changes: list[Change] = field(default_factory=list)
    result: dict[str, Entry | None] = field(default_factory=dict)
    read: dict[str, tuple[Seen, BlobHash]] = field(default_factory=dict)


class Step:
    """Brings the store in step, path by path or for a whole project."""

    def __init__(self, parts: Parts, quotas: Quotas) -> None:
        self._parts = parts
        self._quotas = quotas
        self._repository = parts.repository
        self._workspace = parts.workspace
        self._limits = parts.limits
        self._trails = Trails(parts)
        self._signatures = Signatures()
        self._locks: dict[ProjectId, asyncio.Lock] = {}

    def lock(self, project_id: ProjectId) -> asyncio.Lock:
        """Return the lock that everything that changes the project's files holds."""
        return self._locks.setdefault(project_id, asyncio.Lock())

    def forget(self, project_id: ProjectId, path: str = "") -> None:
        """Forget the signatures at and below the path."""
        self._signatures.forget(project_id, path)
        if not path:
            self._quotas.forget(project_id)

    async def settled(self, project_id: ProjectId, path: str) -> Entry | None:
        """Return what is at the path now, after taking over what code did to it."""
        return (await self.settle(project_id, [*ancestors(path), path])).get(path)

    async def settled_locked(self, project_id: ProjectId, path: str) -> Entry | None:
        """Do the same for a caller that holds the project's lock."""
        return (await self._take(project_id, [*ancestors(path), path])).result.get(path)

    async def settle_locked(self, project_id: ProjectId, paths: Sequence[str]) -> dict[str, Entry]:
        """Return what is at many paths, folders first, for a caller that holds the lock."""
        found: dict[str, Entry | None] = {}
        for some in portions(paths, {}):
            found |= (await self._take(project_id, some)).result
        return {path: entry for path, entry in found.items() if entry is not None}

    async def settle(self, project_id: ProjectId, paths: Sequence[str]) -> dict[str, Entry]:
        """Return what is at the paths now, after taking over what code did to them."""
        seen = await self._workspace.look(project_id, paths)
        entries = await self._repository.entries(project_id, paths)
        if await self._follow(project_id, seen, entries):
            entries = await self._repository.entries(project_id, paths)
        return await self._catch_up(project_id, seen, entries, budget=None)

    async def settle_folder(self, project_id: ProjectId, path: str) -> dict[str, Entry]:
        """Return what is in a folder now, after taking over what code did to it.

        What is new beyond a bound in bytes is returned as not kept yet.
        """
        found = await self._workspace.children(project_id, path)
        seen = {join(path, name): one for name, one in found.items()}
        entries = {one.path: one for one in await self._repository.children(project_id, path)}
        if await self._follow(project_id, seen, entries):
            entries = {one.path: one for one in await self._repository.children(project_id, path)}
        return await self._catch_up(project_id, seen, entries, budget=self._limits.listed)

    async def absorb(self, project_id: ProjectId) -> None:
        """Take over everything that code did to the project."""
        walk = await self._workspace.walk(project_id, skip=PASSED_OVER, limit=self._limits.scanned)
        kept = await self._repository.below(project_id, "")
        entries = {entry.path: entry for entry in kept}
        await self._catch_up(project_id, walk.seen, entries, budget=None)
        if walk.complete:
            self._quotas.settle_all_but(project_id, walk.seen)

    async def _follow(
        self, project_id: ProjectId, seen: Mapping[str, Seen], entries: Mapping[str, Entry]
    ) -> bool:
        """Take over first where files went that are gone from where somebody looks, if anywhere."""
        gone = [entry for path, entry in entries.items() if path not in seen]
        if not gone:
            return False
        places = await self._trails.places(project_id, gone, self._signatures.of(project_id))
        for some in portions(places, {}):
            async with self.lock(project_id):
                await self._take(project_id, some)
        return bool(places)

    async def _catch_up(
        self,
        project_id: ProjectId,
        seen: dict[str, Seen],
        entries: dict[str, Entry],
        *,
        budget: int | None,
    ) -> dict[str, Entry]:
        """Compare, take over what differs, and return what is there in the end."""
        if len(seen) + len(entries) <= _COMPARED_AT_ONCE:
            behind = self._behind(project_id, seen, entries)
        else:
            behind = await asyncio.to_thread(self._behind, project_id, seen, entries)
        result: dict[str, Entry | None] = dict(entries)
        for some in portions(behind, seen):
            async with self.lock(project_id):
                batch = await self._take(project_id, some, budget=budget)
            result |= batch.result
            budget = None if budget is None else batch.budget
        return {path: entry for path, entry in result.items() if entry is not None}

    def _behind(
        self,
        project_id: ProjectId,
        seen: dict[str, Seen],
        entries: dict[str, Entry],
    ) -> list[str]:
        """Return the paths at which the store is not known to be in step, folders first.

        What is gone comes last: part of it may be found to be elsewhere before.
        """
        return [
            path
            for path in sorted(seen.keys() | entries.keys(), key=lambda one: (one not in seen, one))
            if self._judge(project_id, path, seen.get(path), entries.get(path))
            is not Verdict.IN_STEP
        ]

    def _judge(
        self, project_id: ProjectId, path: str, seen: Seen | None, entry: Entry | None
    ) -> Verdict:
        revision = None if entry is None else entry.revision
        is_remembered = (
            seen is not None
            and revision is not None
            and self._signatures.is_of(
                project_id, path, signature=seen.signature, blob=revision.blob
            )
        )
        return judge(path, seen, entry, is_remembered=is_remembered, limits=self._limits)

    async def _take(
        self, project_id: ProjectId, paths: Sequence[str], *, budget: int | None = None
    ) -> _Batch:
        """Take over some paths, under the lock, in one transaction."""
        seen = await self._workspace.look(project_id, paths)
        entries = await self._repository.entries(project_id, paths)
        batch = _Batch(
            project_id=project_id,
            budget=self._limits.file if budget is None else budget,
            room=await self._quotas.room(project_id),
        )
        batch.result |= {path: entries.get(path) for path in paths}
        await together(
            *(self._plan(batch, path, seen.get(path), entries.get(path)) for path in paths)
        )
        batch.changes = await self._trails.with_renames(project_id, batch.changes, entries)
        if batch.changes:
            batch.result |= await commit(self._parts, project_id, batch.changes)
            self._quotas.committed(project_id, batch.changes, entries)
            for change in batch.changes:
                if isinstance(change, Rename):
                    self._signatures.forget_file(project_id, change.old)
        for path, (one, blob) in batch.read.items():
            self._signatures.remember(project_id, path, signature=one.signature, blob=blob)
        return batch

    async def _plan(self, batch: _Batch, path: str, seen: Seen | None, entry: Entry | None) -> None:
        """Decide what one path needs, and read its bytes if it is them."""
        verdict = self._judge(batch.project_id, path, seen, entry)
        if verdict is Verdict.IN_STEP:
            return
        if verdict is Verdict.READ and seen is not None:
            await self._read(batch, path, seen, entry)
            return
        if entry is not None:
            batch.changes.append(Remove(path=path))
            batch.result[path] = None
            self.forget_entry(entry)
        if verdict is Verdict.FOLDER:
            batch.changes.append(MakeDirectory(path=path))
        elif seen is not None:
            batch.result[path] = unkept_entry(batch.project_id, path, seen)

    async def _read(self, batch: _Batch, path: str, seen: Seen, entry: Entry | None) -> None:
        """Read a file's bytes and plan a revision if they are others than the store's."""
        unkept = unkept_entry(batch.project_id, path, seen)
        if entry is None and seen.size > batch.budget:
            batch.result[path] = unkept
            return
        more, files = growth(seen.size, entry)
        if not batch.room.take(size=more, files=files):
            self._leave(batch, path, seen, entry)
            return
        batch.budget -= seen.size
        limit = max(self._limits.kept, seen.size)
        async with aclosing(Spool(self._parts.spool_folder, limit=limit)) as spool:
            try:
                copied = await self._workspace.copy_out(batch.project_id, path, spool)
                if copied is None:  # gone, or a program keeps it to itself: as it was
                    batch.result[path] = entry or unkept
                    return
                await self._plan_save(batch, path, entry, spool)
            except (TooLarge, QuotaExceeded, StorageUnavailable):
                batch.result[path] = unkept  # it cannot be kept now; what is there can be read
                return
            if copied.settled:
                batch.read[path] = (copied, spool.blob)

    def _leave(self, batch: _Batch, path: str, seen: Seen, entry: Entry | None) -> None:
        """Let a file for which there is no room stay in the sandbox only; that is told."""
        if entry is not None:  # what it was is in its history
            batch.changes.append(Remove(path=path))
            self.forget_entry(entry)
        if path not in self._quotas.not_kept(batch.project_id):
            log.info("a project is full: a file that its code wrote is in the sandbox only")
        self._quotas.leave(batch.project_id, path, seen.size)
        batch.result[path] = unkept_entry(batch.project_id, path, seen)

    def forget_entry(self, entry: Entry) -> None:
        """Forget the signatures of an entry that is removed; of a folder, of all in it."""
        if entry.kind is Kind.DIRECTORY:
            self.forget(entry.project_id, entry.path)
        else:
            self._signatures.forget_file(entry.project_id, entry.path)
        self._quotas.settle(entry.project_id, entry.path)

    async def _plan_save(self, batch: _Batch, path: str, entry: Entry | None, spool: Spool) -> None:
        revision = None if entry is None else entry.revision
        if revision is not None and revision.blob == spool.blob:
            return
        if entry is not None and revision is None:  # a file took the place of a folder
            batch.changes.append(Remove(path=path))
        if not self._quotas.has_pace(batch.project_id, spool.size):
            raise QuotaExceeded  # it can be read where it is, and is taken over in another hour
        await self._parts.blobs.put(batch.project_id, spool)
        self._quotas.wrote(batch.project_id, spool.size)
        batch.changes.append(
            Save(
                path=path,
                revision_id=RevisionId(self._parts.new_id()),
                replaces=None if revision is None else revision.id,
                blob=spool.blob,
                size=spool.size,
                author_id=None,
                origin=Origin.SANDBOX,
            )
        )
