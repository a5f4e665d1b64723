"""Who took which file from the index, and who was refused what: kept for ever."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from platform_server.projects.model import ProjectId


class Outcome(Enum):
    """What became of it."""

    TAKEN = "taken"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class Take:
    """A file that a project took, or something that it was refused."""

    id: str
    at: datetime
    project_id: ProjectId
    outcome: Outcome
    package: str  # normalised; of a request that is for no package: ""
    version: str = ""
    filename: str = ""
    sha256: str = ""
    size: int = 0  # bytes
    reason: str = ""  # why it was refused, or what was noted


@dataclass(frozen=True, kw_only=True)
class TakeQuery:
    """Which takes are wanted; what is None does not matter."""

    project_id: ProjectId | None = None
    package: str | None = None
    outcome: Outcome | None = None
    before: tuple[datetime, str] | None = None  # those that come after this one in the list
    limit: int = 100


class TakeRepository(Protocol):
    """Keeps takes. None is ever changed or removed."""

    async def add(self, take: Take) -> None:
        """Keep one. Raises StorageUnavailable."""

    async def find(self, query: TakeQuery) -> list[Take]:
        """Return takes, the newest first."""

    async def files(self, project_id: ProjectId, names: Sequence[str]) -> list[Take]:
        """Return all files of these packages that the project took, the newest first."""
