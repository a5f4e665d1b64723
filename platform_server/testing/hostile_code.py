"""What hostile code in a sandbox does to the folder that its project's files are in."""

from __future__ import annotations

import ctypes
import os
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

OF_THE_HOST, OF_THE_PROJECT = b"of the host", b"of the project"
SPARSE = 1 << 40  # bytes of a file that takes no room

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_LIBC = ctypes.CDLL(None, use_errno=True)


@contextmanager
def repeating(step: Callable[[], object]) -> Iterator[None]:
    """Do something again and again in another thread."""
    stop = threading.Event()

    def run() -> None:
        while not stop.is_set():
            step()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@contextmanager
def swapping(one: Path, two: Path) -> Iterator[None]:
    """Exchange two names as fast as can be."""
    names = (os.fsencode(one), os.fsencode(two))
    with repeating(
        lambda: _LIBC.renameat2(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE)
    ):
        yield


def plant(files: Path, secret: Path) -> list[str]:
    """Make everything that is neither a file nor a folder; return the names."""
    (files / "link.txt").symlink_to(secret)
    (files / "linked").symlink_to(secret.parent, target_is_directory=True)
    (files / "loop").symlink_to("loop")
    (files / "proc").symlink_to("/proc/self/fd")
    (files / "root").symlink_to("/proc/self/root")
    os.mkfifo(files / "fifo")
    _make_socket(files)
    if os.geteuid() == 0:
        os.mknod(files / "zero", 0o666 | 0o020000, os.makedev(1, 5))
    return [path.name for path in files.iterdir()]


def leaked(folder: Path) -> list[Path]:
    """Return the files below the folder that hold what is the host's."""
    found = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return [path for path in found if OF_THE_HOST in path.read_bytes()]


def _make_socket(folder: Path) -> None:
    descriptor = os.open(folder, os.O_PATH)
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(f"/proc/self/fd/{descriptor}/socket")  # an address has to be short
    finally:
        os.close(descriptor)
