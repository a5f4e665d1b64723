"""Walking and removing folders that hostile code changes at the same time. All of it blocks."""

from __future__ import annotations

import logging
import os
import stat
from contextlib import suppress
from datetime import UTC, datetime
from time import CLOCK_REALTIME, clock_gettime_ns
from typing import TYPE_CHECKING

from platform_server.beneath import Absent, folder
from platform_server.contents.model import Kind
from platform_server.contents.workspace import Seen, Signature, Walk
from platform_server.errors import DirectoryNotEmpty
from platform_server.projects.names import MAX_DEPTH, MAX_PATH_BYTES, fault_of_name, join

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logging.getLogger(__name__)

_SLACK_NS = 20_000_000  # file times advance in ticks of up to 10 ms
_ROUNDS = 16  # how often a folder is emptied before giving up on code that keeps filling it


def now_ns() -> int:
    """Return the time by the clock that stamps files."""
    return clock_gettime_ns(CLOCK_REALTIME)


def seen_from(status: os.stat_result, at_ns: int) -> Seen | None:
    """Return what the status describes, None if it is neither a file nor a folder."""
    if stat.S_ISREG(status.st_mode):
        kind = Kind.FILE
    elif stat.S_ISDIR(status.st_mode):
        kind = Kind.DIRECTORY
    else:
        return None
    return Seen(
        kind=kind,
        signature=Signature(
            status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
        ),
        settled=status.st_ctime_ns + _SLACK_NS < at_ns,
        modified_at=_moment(status.st_mtime),
    )


def children(root: int, path: str, limit: int) -> Iterator[tuple[str, Seen]]:
    """Give the files and folders in a folder, at most ``limit``; nothing if it is not one.

    Names that the platform cannot use are passed over with a line in the log.
    """
    at_ns = now_ns()
    with suppress(Absent), folder(root, path) as descriptor, os.scandir(descriptor) as entries:
        for entry in entries:
            if limit <= 0:
                log.warning("A workspace folder holds more than can be listed.")
                return
            seen = _usable(entry, at_ns)
            if seen is not None:
                limit -= 1
                yield entry.name, seen


def walk(root: int, skip: frozenset[str], limit: int) -> Walk:
    """Return everything below ``root``, level by level, at most ``limit`` files and folders."""
    seen: dict[str, Seen] = {}
    waiting = [""]
    while waiting:
        path = waiting.pop()
        for name, one in children(root, path, limit - len(seen)):
            below = join(path, name)
            seen[below] = one
            if one.kind is Kind.DIRECTORY and name not in skip and _may_descend(below):
                waiting.append(below)
        if len(seen) >= limit:
            return Walk(seen=seen, complete=False)
    return Walk(seen=seen, complete=True)


def remove(parent: int, name: str) -> None:
    """Remove a file, or a folder with everything in it, however deep. Nothing if there is none."""
    try:
        os.unlink(name, dir_fd=parent)
    except FileNotFoundError:
        return
    except IsADirectoryError:
        _remove_folder(parent, name)


def _remove_folder(parent: int, name: str) -> None:
    """Empty the folder by lifting what is deeper up into it, so that no depth can exhaust us."""
    for _round in range(_ROUNDS):
        with suppress(Absent), folder(parent, name) as top:
            _empty(top)
        try:
            os.rmdir(name, dir_fd=parent)
        except FileNotFoundError:
            return
        except OSError:
            continue
        return
    raise DirectoryNotEmpty(
        "A program in the sandbox keeps writing into the folder: stop it first."
    )


def _empty(top: int) -> None:
    """Remove what is in a folder, folders in folders included."""
    count = 0
    while names := os.listdir(top):
        for name in names:
            count += 1
            if not _drop(top, name):
                _lift(top, name, f"{count}-{os.urandom(8).hex()}")
        if count > _ROUNDS * 1_000_000:
            return


def _drop(parent: int, name: str) -> bool:
    """Remove a file or an empty folder; tells whether it is gone."""
    try:
        os.unlink(name, dir_fd=parent)
    except FileNotFoundError:
        return True
    except IsADirectoryError:
        with suppress(OSError):
            os.rmdir(name, dir_fd=parent)
            return True
        return False
    return True


def _lift(top: int, name: str, prefix: str) -> None:
    """Move the folders in ``top/name`` up into ``top`` and remove its files."""
    with suppress(Absent), folder(top, name) as descriptor:
        for index, inner in enumerate(os.listdir(descriptor)):  # noqa: PTH208 - a descriptor
            if not _drop(descriptor, inner):
                os.rename(inner, f"{prefix}-{index}", src_dir_fd=descriptor, dst_dir_fd=top)


def _usable(entry: os.DirEntry[str], at_ns: int) -> Seen | None:
    try:
        fault = fault_of_name(entry.name)
        if fault is None:
            return seen_from(entry.stat(follow_symlinks=False), at_ns)
        log.info("A file in a workspace is passed over: in its name, %s.", fault)
    except OSError:
        return None  # gone again
    return None


def _may_descend(path: str) -> bool:
    return path.count("/") < MAX_DEPTH - 1 and len(path.encode()) < MAX_PATH_BYTES


def _moment(seconds: float) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.fromtimestamp(0, UTC)  # code may set any time it likes
