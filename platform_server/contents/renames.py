"""Which of the files that are gone, and those that are new, are the same ones. No I/O."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from platform_server.contents.repository import Remove, Rename, Save
from platform_server.projects.names import is_within, name_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from platform_server.contents.model import BlobHash, Entry, Revision
    from platform_server.contents.repository import Change


def with_renames(changes: Sequence[Change], entries: Mapping[str, Entry]) -> list[Change]:
    """Return the changes with a rename for each file that is gone from one path and new at another.

    ``entries`` are what was at the paths. Of several files with the same bytes the one of the same
    name was renamed, else the first by path. Empty files are no one's.
    """
    removed = [change.path for change in changes if isinstance(change, Remove)]
    gone: dict[BlobHash, list[str]] = defaultdict(list)
    revisions: dict[str, Revision] = {}
    for path in sorted(removed):
        entry = entries.get(path)
        if entry is not None and entry.revision is not None and entry.revision.size:
            gone[entry.revision.blob].append(path)
            revisions[path] = entry.revision
    renames: dict[str, Rename] = {}
    for change in changes:
        if not isinstance(change, Save) or change.path in entries:
            continue
        old = _chosen(gone.get(change.blob, []), change.path)
        # What takes the place of something that is removed would be removed with it.
        if old is not None and not any(is_within(change.path, one) for one in removed):
            gone[change.blob].remove(old)
            renames[change.path] = Rename(path=change.path, old=old, revision_id=revisions[old].id)
    left = {rename.old for rename in renames.values()}
    return [
        renames.get(change.path, change)
        for change in changes
        if not (isinstance(change, Remove) and change.path in left)
    ]


def with_distant_renames(
    changes: Sequence[Change], entries: Mapping[str, Entry], gone: Sequence[Entry]
) -> list[Change]:
    """Return the changes with a rename for each new file that came from where nobody looked.

    ``gone`` are files that are at their paths no longer, which is not among the changes. A file
    came from there if it is the only one with these bytes, or the only one of the same name.
    """
    removed = [change.path for change in changes if isinstance(change, Remove)]
    left = list(gone)
    result: list[Change] = []
    for change in changes:
        old = None
        is_new = isinstance(change, Save) and change.size and change.path not in entries
        if is_new and not any(is_within(change.path, one) for one in removed):
            old = _only(left, change)
        if old is None or old.revision is None:
            result.append(change)
            continue
        left.remove(old)
        result.append(Rename(path=change.path, old=old.path, revision_id=old.revision.id))
    return result


def _only(gone: Sequence[Entry], new: Change) -> Entry | None:
    """Return which of the files the new one was, without doubt."""
    same = [
        one
        for one in gone
        if isinstance(new, Save) and one.revision is not None and one.revision.blob == new.blob
    ]
    if len(same) > 1:
        same = [one for one in same if one.name == name_of(new.path)]
    return same[0] if len(same) == 1 else None


def _chosen(candidates: Sequence[str], path: str) -> str | None:
    same_name = (one for one in candidates if name_of(one) == name_of(path))
    return next(same_name, candidates[0] if candidates else None)
