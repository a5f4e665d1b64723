"""Keeps the records of environments in step with what is installed, whoever installed it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from contextvars import Context
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cachetools import TTLCache

from platform_server import clock
from platform_server.environments.records import EnvironmentRecord, RecordedPackage
from platform_server.errors import NotFound, PackageDenied, PackageIndexUnavailable, PlatformError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from platform_server.environments.allowance import Allowance
    from platform_server.environments.installed import (
        Environment,
        EnvironmentReader,
        InstalledPackage,
    )
    from platform_server.environments.records import RecordRepository
    from platform_server.environments.service import PackageEvent, PackageService
    from platform_server.environments.takes import TakeRepository
    from platform_server.projects.model import ProjectId

_SETTLING = 2.0  # seconds after the last file until what is installed is looked at
_LATER = 20.0  # seconds until it is looked at again: a large package takes long to unpack
_ASKED_OF_INDEX = 50  # packages of which the hashes are looked up at once
_UNKNOWN_AGAIN = 600.0  # seconds

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class EnvironmentView:
    """A project's environment: what is recorded, and what of that is there."""

    packages: tuple[RecordedPackage, ...]
    needed_by: dict[str, tuple[str, ...]]  # installed packages, and which of them need them
    missing: tuple[str, ...]  # recorded, but not there: the environment was lost

    @property
    def size(self) -> int:
        """The bytes of all packages."""
        return sum(one.size for one in self.packages)


class Recorder:
    """Looks into environments when something was installed, and writes down what it finds.

    An environment that is not the one that was recorded has lost what the record has: that stays
    in the record, as missing, until it is installed again. ``on_change`` callbacks are told of each
    project whose record changed.
    """

    def __init__(
        self,
        *,
        environments: EnvironmentReader,
        records: RecordRepository,
        takes: TakeRepository,
        packages: PackageService,
        allowance: Allowance,
        now: clock.Clock = clock.utc_now,
    ) -> None:
        self.on_change: list[Callable[[ProjectId], None]] = []
        self._environments = environments
        self._records = records
        self._takes = takes
        self._packages = packages
        self._allowance = allowance
        self._now = now
        self._locks: dict[ProjectId, asyncio.Lock] = {}
        self._soon: dict[ProjectId, asyncio.Task[None]] = {}
        self._unknown: TTLCache[tuple[str, str], bool] = TTLCache(10_000, _UNKNOWN_AGAIN)
        packages.listeners.append(self._heard)

    async def aclose(self) -> None:
        """Look no more by itself. May be called twice."""
        for task in list(self._soon.values()):
            task.cancel()
        await asyncio.gather(*self._soon.values(), return_exceptions=True)

    async def record_of(self, project_id: ProjectId) -> tuple[RecordedPackage, ...]:
        """Return what the project has installed, so that it can be installed again elsewhere."""
        return (await self.look(project_id)).packages

    async def look(
        self,
        project_id: ProjectId,
        *,
        asked: Collection[str] = (),
        dropped: Collection[str] = (),
    ) -> EnvironmentView:
        """Record what is installed now, and return it.

        ``asked`` names packages that somebody asked for, ``dropped`` those that are not to be
        installed again, whether they are there or not. Raises StorageUnavailable.
        """
        async with self._locks.setdefault(project_id, asyncio.Lock()):
            found = await self._environments.read(project_id)
            known = await self._records.get(project_id)
            record = await self._merged(project_id, found, known, asked, dropped)
            if record is not None and not _is_same(record, known):
                await self._records.save(record)
                for callback in self.on_change:
                    callback(project_id)
        view = _view(found, record)
        self._allowance.note_installed(project_id, view.size)
        return view

    async def keep(self, project_id: ProjectId) -> None:
        """Record what is installed as a sandbox ends; another time if that cannot be now."""
        try:
            await self.look(project_id)
        except PlatformError as error:
            log.warning("what project %s has installed: %s", project_id, error.message)

    async def forget(self, project_id: ProjectId) -> None:
        """Forget a project that is deleted."""
        self._allowance.forget(project_id)
        self._locks.pop(project_id, None)

    def _heard(self, project_id: ProjectId, event: PackageEvent) -> None:
        """Look soon after a file went out: then it is being installed."""
        if event.kind != "served":
            return
        before = self._soon.get(project_id)
        if before is not None:
            before.cancel()
        task = asyncio.create_task(self._look_soon(project_id), context=Context())
        self._soon[project_id] = task
        task.add_done_callback(lambda done: self._over(project_id, done))

    def _over(self, project_id: ProjectId, done: asyncio.Task[None]) -> None:
        if self._soon.get(project_id) is done:
            del self._soon[project_id]

    async def _look_soon(self, project_id: ProjectId) -> None:
        for pause in (_SETTLING, _LATER):
            await asyncio.sleep(pause)
            await self.keep(project_id)

    async def _merged(
        self,
        project_id: ProjectId,
        found: Environment | None,
        known: EnvironmentRecord | None,
        asked: Collection[str],
        dropped: Collection[str],
    ) -> EnvironmentRecord | None:
        old = {one.name: one for one in known.packages} if known is not None else {}
        new = await self._recorded(project_id, found, old, asked)
        left = {name: one for name, one in old.items() if name not in {*new, *dropped}}
        is_lost = found is None or known is None or found.identity != known.identity
        if known is not None and (found is None or (is_lost and left)):
            new = new | left
            identity = known.identity
        elif found is not None:
            identity = found.identity
        else:
            return None
        return EnvironmentRecord(
            project_id=project_id,
            identity=identity,
            recorded_at=self._now(),
            packages=tuple(one for _, one in sorted(new.items())),
        )

    async def _recorded(
        self,
        project_id: ProjectId,
        found: Environment | None,
        old: dict[str, RecordedPackage],
        asked: Collection[str],
    ) -> dict[str, RecordedPackage]:
        """Return what is installed as it is recorded: with hashes, and what is known of old."""
        packages = found.packages if found is not None else ()
        fresh = [one.name for one in packages if not _is_known(one, old)]
        taken = await self._takes.files(project_id, fresh) if fresh else []
        sources = {(one.package, one.version): one.sha256 for one in reversed(taken)}
        recorded, left = {}, _ASKED_OF_INDEX
        for one in packages:
            before = old.get(one.name)
            sha256s: tuple[str, ...] = ()
            if _is_known(one, old) and before is not None:
                sha256s = before.sha256s
            elif (one.name, one.version) in sources:
                sha256s = (sources[one.name, one.version],)
            elif left > 0 and (one.name, one.version) not in self._unknown:
                left -= 1
                sha256s = await self._of_index(one.name, one.version)
            recorded[one.name] = RecordedPackage(
                name=one.name,
                version=one.version,
                requested=one.name in asked
                or (one.requested if before is None else one.is_marked_surely or before.requested),
                size=one.size,
                sha256s=sha256s,
            )
        return recorded

    async def _of_index(self, name: str, version: str) -> tuple[str, ...]:
        """Return the hashes that the index has for a version, none if it has none."""
        with contextlib.suppress(NotFound, PackageDenied):
            try:
                found = await self._packages.hashes(name, version)
            except PackageIndexUnavailable:
                return ()
            if found:
                return found
        self._unknown[name, version] = True
        return ()


def _is_known(one: InstalledPackage, old: dict[str, RecordedPackage]) -> bool:
    before = old.get(one.name)
    return before is not None and before.version == one.version and bool(before.sha256s)


def _is_same(record: EnvironmentRecord, known: EnvironmentRecord | None) -> bool:
    return known is not None and replace(record, recorded_at=known.recorded_at) == known


def _view(found: Environment | None, record: EnvironmentRecord | None) -> EnvironmentView:
    there = {one.name: one for one in found.packages} if found is not None else {}
    packages = record.packages if record is not None else ()
    return EnvironmentView(
        packages=packages,
        needed_by={name: one.needed_by for name, one in there.items()},
        missing=tuple(one.name for one in packages if one.name not in there),
    )
