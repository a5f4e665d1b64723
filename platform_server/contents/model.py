"""Files: entries that point to immutable revisions of immutable blobs."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, NewType

if TYPE_CHECKING:
    from datetime import datetime

    from platform_server.identity.model import UserId
    from platform_server.projects.model import ProjectId

RevisionId = NewType("RevisionId", str)
ProjectCheckpointId = NewType("ProjectCheckpointId", str)
CheckpointId = NewType("CheckpointId", str)
BlobHash = NewType("BlobHash", str)  # SHA-256 of the bytes, 64 lower-case hex digits


class Kind(Enum):
    """What an entry is."""

    FILE = "file"
    DIRECTORY = "directory"


class Origin(Enum):
    """By which way a revision came about."""

    API = "api"  # saved through the contents or project API
    SANDBOX = "sandbox"  # written by code that runs in the sandbox
    COPY = "copy"
    RESTORE = "restore"
    IMPORT = "import"
    RECORDER = "recorder"  # outputs that no page was there to save


@dataclass(frozen=True, kw_only=True)
class Revision:
    """One saved state of one file. Never changed, never reused."""

    id: RevisionId
    project_id: ProjectId
    path: str  # where it was saved; a later move does not change it
    blob: BlobHash
    size: int  # bytes
    author_id: UserId | None  # None: code in the sandbox, on nobody's behalf
    origin: Origin
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A file or folder of a project as it is now."""

    project_id: ProjectId
    path: str  # relative to the project, "/" between segments, "" for its root
    kind: Kind
    revision: Revision | None  # None for a folder, and for a file that is in the sandbox only
    created_at: datetime
    modified_at: datetime  # stable for one revision
    unkept_size: int | None = None  # bytes; of a file that is in the sandbox only
    is_new: bool = field(default=False, compare=False)  # by the save that returned it

    @property
    def name(self) -> str:
        """The last segment of the path."""
        return self.path.rpartition("/")[2]

    @property
    def size(self) -> int | None:
        """The size in bytes, None for a folder."""
        return self.revision.size if self.revision else self.unkept_size


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """A revision that somebody marked, to come back to."""

    id: CheckpointId
    path: str
    revision_id: RevisionId
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class ProjectCheckpoint:
    """All of a project's files at one moment, under a name, to come back to."""

    id: ProjectCheckpointId
    name: str
    author_id: UserId | None
    created_at: datetime
    is_automatic: bool  # made before a project was brought back to another one
    files: int = 0


@dataclass(frozen=True, kw_only=True)
class Usage:
    """How much a project has. Earlier states of files do not count."""

    bytes: int
    files: int
