"""Opening files in a folder that hostile code changes at the same time.

Every path is resolved by the kernel in one step (openat2), which refuses to leave the folder,
to follow any symbolic link and to cross into another file system. Opening never waits: a FIFO or a
leased file returns at once.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING

from platform_server.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

_SYS_OPENAT2 = 437  # the same on x86_64 and aarch64
_SYS_RENAMEAT2 = {"x86_64": 316, "aarch64": 276}
_RENAME_NOREPLACE = 1

_RESOLVE_NO_XDEV = 0x01
_RESOLVE_NO_MAGICLINKS = 0x02
_RESOLVE_NO_SYMLINKS = 0x04
_RESOLVE_BENEATH = 0x08
_RESOLVE = _RESOLVE_NO_XDEV | _RESOLVE_NO_MAGICLINKS | _RESOLVE_NO_SYMLINKS | _RESOLVE_BENEATH

# What a path that is not there, or leads somewhere it must not, is answered with.
_ABSENT = {
    errno.ENOENT,
    errno.ENOTDIR,
    errno.ELOOP,
    errno.EXDEV,
    errno.ENXIO,  # a socket
    errno.ENODEV,
    errno.EACCES,
}
_RETRIES = 32  # EAGAIN: a rename elsewhere raced with the look-up

_libc = ctypes.CDLL(None, use_errno=True)


class _How(ctypes.Structure):
    _fields_ = (
        ("flags", ctypes.c_uint64),
        ("mode", ctypes.c_uint64),
        ("resolve", ctypes.c_uint64),
    )


class Absent(OSError):
    """Nothing that may be opened is at that path."""


def open_beneath(root: int, path: str, flags: int) -> int:
    """Open ``path`` ("" for the folder itself) below the descriptor ``root``; return a descriptor.

    Raises Absent, or another OSError (EISDIR, EAGAIN for a leased file, ENAMETOOLONG, ...).
    """
    how = _How(flags | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, 0, _RESOLVE)
    if flags & os.O_PATH:
        how.flags = flags | os.O_CLOEXEC | os.O_NOFOLLOW
    encoded = path.encode() or b"."
    for _attempt in range(_RETRIES):
        descriptor: int = _libc.syscall(
            _SYS_OPENAT2, root, encoded, ctypes.byref(how), ctypes.sizeof(how)
        )
        code = ctypes.get_errno()
        if descriptor >= 0:
            return descriptor
        if code != errno.EAGAIN:
            break
    if code in _ABSENT:
        raise Absent(code, os.strerror(code))
    if code in {errno.ENOSYS, errno.EPERM}:
        raise Unavailable(
            "The server's kernel does not allow openat2 (Linux 5.6 or newer is needed)."
        )
    raise OSError(code, os.strerror(code))


@contextmanager
def folder(root: int, path: str) -> Iterator[int]:
    """Give a descriptor of the folder at ``path``. Raises Absent if it is not a folder."""
    descriptor = open_beneath(root, path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def regular_file(root: int, path: str) -> Iterator[int]:
    """Give a descriptor to read the regular file at ``path``. Raises Absent for anything else."""
    descriptor = open_beneath(root, path, os.O_RDONLY)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Absent(errno.ENOENT, "not a regular file")
        yield descriptor
    finally:
        os.close(descriptor)


def status(root: int, path: str) -> os.stat_result:
    """Return what is at ``path``, without opening it. Raises Absent."""
    descriptor = open_beneath(root, path, os.O_PATH)
    try:
        return os.fstat(descriptor)
    finally:
        os.close(descriptor)


def rename_new(source: int, old: str, target: int, new: str) -> None:
    """Rename between two folder descriptors; raises FileExistsError if ``new`` is taken."""
    number = _SYS_RENAMEAT2[os.uname().machine]
    result = _libc.syscall(
        number, source, os.fsencode(old), target, os.fsencode(new), _RENAME_NOREPLACE
    )
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), new)
