"""What has to happen to bring the store in step with one path of the workspace. No I/O."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from platform_server.contents.limits import is_passed_over
from platform_server.contents.model import Entry, Kind

if TYPE_CHECKING:
    from platform_server.contents.limits import ContentsLimits
    from platform_server.contents.workspace import Seen
    from platform_server.projects.model import ProjectId


class Verdict(Enum):
    """How a path of the store compares to the same path of the workspace."""

    IN_STEP = "in step"
    GONE = "gone"  # code removed it: the store has yet to
    FOLDER = "folder"  # code made a folder, perhaps in the place of a file
    READ = "read"  # a file that may have changed: its bytes have to be read
    UNKEPT = "unkept"  # in the sandbox only, for its size or its place
    OUTGROWN = "outgrown"  # a kept file that code made too large to keep


def judge(
    path: str,
    seen: Seen | None,
    entry: Entry | None,
    *,
    is_remembered: bool,
    limits: ContentsLimits,
) -> Verdict:
    """Compare; ``is_remembered`` tells that the file's signature belongs to the entry's bytes."""
    if seen is None:
        return Verdict.IN_STEP if entry is None else Verdict.GONE
    if seen.kind is Kind.DIRECTORY:
        return _judge_folder(path, entry)
    if entry is None and is_passed_over(path):
        return Verdict.UNKEPT
    if is_remembered:
        return Verdict.IN_STEP
    if seen.size > limits.kept and (entry is None or entry.size != seen.size):
        return Verdict.UNKEPT if entry is None else Verdict.OUTGROWN
    return Verdict.READ


def _judge_folder(path: str, entry: Entry | None) -> Verdict:
    if entry is None and is_passed_over(path):
        return Verdict.UNKEPT
    is_folder = entry is not None and entry.kind is Kind.DIRECTORY
    return Verdict.IN_STEP if is_folder else Verdict.FOLDER


def unkept_entry(project_id: ProjectId, path: str, seen: Seen) -> Entry:
    """Return the entry for something that is in the sandbox only."""
    return Entry(
        project_id=project_id,
        path=path,
        kind=seen.kind,
        revision=None,
        created_at=seen.modified_at,
        modified_at=seen.modified_at,
        unkept_size=seen.size if seen.kind is Kind.FILE else None,
    )
