"""The port to a project's workspace: the folder that code in the sandbox sees and changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from datetime import datetime

    from platform_server.contents.model import Kind, RevisionId
    from platform_server.contents.spool import Spool
    from platform_server.projects.model import ProjectId


@dataclass(frozen=True)
class Signature:
    """What the file system says about one state of a file; it changes when the file does."""

    device: int
    inode: int
    size: int
    modified_ns: int
    changed_ns: int  # cannot be set by code, unlike the one above


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What was at a path at one moment. Only files and folders are ever seen."""

    kind: Kind
    signature: Signature
    settled: bool  # False: so fresh that a change right now might not show in the signature
    modified_at: datetime  # as the file system says: to show, never to decide by

    @property
    def size(self) -> int:
        """The size in bytes."""
        return self.signature.size


@dataclass(frozen=True, kw_only=True)
class Walk:
    """What a walk through a whole workspace saw."""

    seen: dict[str, Seen]
    complete: bool  # False: there was more than the limit; what is missing is not known to be gone


class Workspace(Protocol):
    """One folder per project, shared with hostile code.

    Paths are relative to the project and have passed ``names.parse_path``. No method leaves the
    folder, follows a link or waits for the code inside. Links, FIFOs, sockets and devices are as if
    they were not there. All methods may raise StorageUnavailable when the disk fails and
    QuotaExceeded when it is full.
    """

    async def prepare(self, project_id: ProjectId) -> bool:
        """Make the folder if it is missing; tells whether it has yet to be filled."""

    async def staged(self, project_id: ProjectId) -> list[RevisionId]:
        """Return what is staged; at a server's start, what a killed one had not placed yet."""

    async def mark_filled(self, project_id: ProjectId) -> None:
        """Remember that the workspace holds all of the project from now on."""

    async def look(self, project_id: ProjectId, paths: Sequence[str]) -> dict[str, Seen]:
        """Return what is at the paths; those with nothing are left out."""

    async def children(self, project_id: ProjectId, path: str) -> dict[str, Seen]:
        """Return what is in a folder by name, {} if it is not a folder. Bounded in number."""

    async def walk(self, project_id: ProjectId, *, skip: frozenset[str], limit: int) -> Walk:
        """Return everything there is, except in folders with a name in ``skip``."""

    async def copy_out(self, project_id: ProjectId, path: str, into: Spool) -> Seen | None:
        """Append a file's bytes to ``into``; return what was read, None if there is no file.

        What is returned is ``settled`` only if the file did not change meanwhile. Raises TooLarge.
        """

    def stream(self, project_id: ProjectId, path: str, *, start: int = 0) -> AsyncIterator[bytes]:
        """Give a file's bytes from ``start`` on in pieces, as many as it has when opened.

        Takes no time for what is before ``start``. Raises FileMissing.
        """

    async def stage(self, project_id: ProjectId, staged: RevisionId, spool: Spool) -> None:
        """Write a file that nobody sees yet, ready to be placed."""

    async def place(self, project_id: ProjectId, staged: RevisionId, path: str) -> None:
        """Put a staged file at ``path`` in one step, with the folders above it.

        A file that was there is replaced, and its permission bits are kept. Raises WrongKind when
        a folder is there, or something else than a folder is above it.
        """

    async def discard(self, project_id: ProjectId, staged: RevisionId) -> None:
        """Remove a staged file. Nothing if it was placed."""

    async def make_directory(self, project_id: ProjectId, path: str) -> None:
        """Make a folder and those above it; fine if it exists. Raises WrongKind."""

    async def remove(self, project_id: ProjectId, path: str) -> None:
        """Remove a file, or a folder with all that is in it. Nothing if there is none.

        Raises DirectoryNotEmpty if code keeps filling the folder faster than it can be emptied.
        """

    async def move(self, project_id: ProjectId, old: str, new: str) -> None:
        """Rename a file or folder. Raises FileMissing, NameTaken, WrongKind."""

    async def destroy(self, project_id: ProjectId) -> None:
        """Remove the workspace and all that is in it. Nothing if there is none."""
