"""What is remembered of projects' environments, so that they can be made again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from platform_server.projects.model import ProjectId


@dataclass(frozen=True, kw_only=True)
class RecordedPackage:
    """A package as it is to be installed again."""

    name: str  # normalised
    version: str
    requested: bool = True  # somebody asked for it; the others came because these need them
    size: int = 0  # bytes of its files
    sha256s: tuple[str, ...] = ()  # of the index's files it may come from; none: not of it


@dataclass(frozen=True, kw_only=True)
class EnvironmentRecord:
    """A project's environment. ``identity`` is that of the environment that was looked at."""

    project_id: ProjectId
    identity: str
    recorded_at: datetime
    packages: tuple[RecordedPackage, ...] = ()  # by name


class RecordRepository(Protocol):
    """Keeps one record a project; called by the recorder only."""

    async def get(self, project_id: ProjectId) -> EnvironmentRecord | None:
        """Return a project's record."""

    async def save(self, record: EnvironmentRecord) -> None:
        """Keep a record in the place of an earlier one. Raises StorageUnavailable."""
