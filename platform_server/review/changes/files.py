"""Which files changed between two states of a project. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from platform_server.review.model import SubmittedFile


class FileChange(Enum):
    """What became of a file."""

    ADDED = "added"
    CHANGED = "changed"
    RENAMED = "renamed"  # and perhaps changed as well
    REMOVED = "removed"


@dataclass(frozen=True, kw_only=True)
class ChangedFile:
    """A file that is not as it was; one of both states may be missing."""

    change: FileChange
    before: SubmittedFile | None
    after: SubmittedFile | None

    @property
    def path(self) -> str:
        """Where it is, or was."""
        shown = self.after or self.before
        assert shown is not None
        return shown.path


def changed_files(old: Sequence[SubmittedFile], new: Sequence[SubmittedFile]) -> list[ChangedFile]:
    """Return the files that differ, by path."""
    by_path = {one.path: one for one in old}
    kept = {one.path for one in new}
    # What is at the same path is the same file; of the rest, what has the same history was renamed.
    gone = {one.history: one for one in old if one.path not in kept}
    found = []
    for after in new:
        before = by_path.get(after.path)
        if before is not None:
            if before.blob != after.blob:
                found.append(_changed(FileChange.CHANGED, before, after))
        elif after.history in gone:
            found.append(_changed(FileChange.RENAMED, gone.pop(after.history), after))
        else:
            found.append(_changed(FileChange.ADDED, None, after))
    found += [_changed(FileChange.REMOVED, one, None) for one in gone.values()]
    return sorted(found, key=lambda one: one.path)


def _changed(
    change: FileChange, before: SubmittedFile | None, after: SubmittedFile | None
) -> ChangedFile:
    return ChangedFile(change=change, before=before, after=after)
