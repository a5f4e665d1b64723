"""In-memory twins of what is remembered of packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from platform_server.clock import utc_now
from platform_server.environments.allowance import Allowance
from platform_server.environments.cache import FileCache
from platform_server.environments.ledger import Ledger
from platform_server.environments.service import PackageService
from platform_server.environments.takes import Outcome, Take, TakeQuery

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from platform_server.clock import Clock
    from platform_server.environments.index import PackageIndex
    from platform_server.environments.installed import Environment
    from platform_server.environments.model import PackagePolicy
    from platform_server.environments.records import EnvironmentRecord, RecordRepository
    from platform_server.environments.takes import TakeRepository
    from platform_server.projects.model import ProjectId


class MemoryRecords:
    """Keeps records in a dictionary."""

    def __init__(self) -> None:
        self._records: dict[ProjectId, EnvironmentRecord] = {}

    async def get(self, project_id: ProjectId) -> EnvironmentRecord | None:
        """Return a project's record."""
        return self._records.get(project_id)

    async def save(self, record: EnvironmentRecord) -> None:
        """Keep a record in the place of an earlier one."""
        self._records[record.project_id] = record


class MemoryTakes:
    """Keeps takes in a list."""

    def __init__(self) -> None:
        self._takes: list[Take] = []

    async def add(self, take: Take) -> None:
        """Keep one."""
        self._takes.append(take)

    async def find(self, query: TakeQuery) -> list[Take]:
        """Return takes, the newest first."""
        found = [one for one in self._newest_first() if _is_wanted(one, query)]
        return found[: query.limit]

    async def files(self, project_id: ProjectId, names: Sequence[str]) -> list[Take]:
        """Return all files of these packages that the project took, the newest first."""
        return [
            one
            for one in self._newest_first()
            if one.project_id == project_id
            and one.package in names
            and one.outcome is Outcome.TAKEN
        ]

    def _newest_first(self) -> list[Take]:
        return sorted(self._takes, key=lambda one: (one.at, one.id), reverse=True)


class MemoryEnvironments:
    """Environments that a test makes up."""

    def __init__(self) -> None:
        self.present: dict[ProjectId, Environment] = {}

    async def read(self, project_id: ProjectId) -> Environment | None:
        """Return what is installed."""
        return self.present.get(project_id)


def package_service(
    index: PackageIndex,
    folder: Path,
    policy: PackagePolicy,
    *,
    takes: TakeRepository | None = None,
    records: RecordRepository | None = None,
    now: Clock = utc_now,
) -> PackageService:
    """Return a started gateway's service over the index, which keeps its files in the folder."""
    service = PackageService(
        index,
        FileCache(folder, limit=10**6),
        policy,
        ledger=Ledger(takes or MemoryTakes(), now=now),
        allowance=Allowance(records or MemoryRecords(), policy.max_project_bytes),
        now=now,
    )
    service.start()
    return service


def _is_wanted(take: Take, query: TakeQuery) -> bool:
    return (
        query.project_id in {None, take.project_id}
        and query.package in {None, take.package}
        and query.outcome in {None, take.outcome}
        and (query.before is None or (take.at, take.id) < query.before)
    )
