"""What a container uses, read from the kernel's own files (cgroup v1 and v2), engine not asked."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from platform_server.sandboxes.model import Pressure, Usage

if TYPE_CHECKING:
    from collections.abc import Mapping

_MOST = 16 * 1024  # bytes of one of these files
_V1 = {
    "cpu": ("cpuacct", "cpuacct.usage"),
    "memory": ("memory", "memory.usage_in_bytes"),
    "peak": ("memory", "memory.max_usage_in_bytes"),
    "stat": ("memory", "memory.stat"),
    "pids": ("pids", "pids.current"),
    "most pids": ("pids", "pids.peak"),  # since Linux 6.11
    "refusals": ("pids", "pids.events"),
    "ends": ("memory", "memory.oom_control"),
}
_V2 = {
    "cpu": ("", "cpu.stat"),
    "memory": ("", "memory.current"),
    "peak": ("", "memory.peak"),  # since Linux 5.19
    "stat": ("", "memory.stat"),
    "pids": ("", "pids.current"),
    "most pids": ("", "pids.peak"),
    "refusals": ("", "pids.events"),
    "ends": ("", "memory.events"),
}
_NEWER = frozenset({"peak", "most pids"})  # that an older kernel does not have


class Cgroup:
    """The files of one container, held open: a look at them is a few system calls.

    ``of`` finds them from the container's main process.
    """

    def __init__(self, files: Mapping[str, Path], *, unified: bool) -> None:
        """Open the files; raises OSError when the group is gone."""
        self._unified = unified
        self._open: dict[str, int] = {}
        with ExitStack() as undo:
            undo.callback(self.close)
            for name, path in files.items():
                if name not in _NEWER or path.exists():
                    self._open[name] = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            undo.pop_all()

    @classmethod
    def of(cls, pid: int, *, host: Path = Path("/")) -> Cgroup | None:
        """Return the control group of a process, None when it has ended."""
        try:
            lines = (host / f"proc/{pid}/cgroup").read_text().splitlines()
            return _found(lines, host / "sys/fs/cgroup")
        except OSError:
            return None

    def usage(self) -> Usage | None:
        """Return what is used now, None when the group is gone."""
        try:
            return Usage(
                cpu_seconds=self._cpu_seconds(),
                memory_bytes=self._memory_bytes(),
                memory_peak_bytes=self._number("peak") if "peak" in self._open else None,
                pids=self._number("pids"),
            )
        except (OSError, ValueError, KeyError):
            return None

    def pressure(self) -> Pressure | None:
        """Return how near to the limits it is, None when the group is gone."""
        try:
            memory, pids = self._memory_bytes(), self._number("pids")
            return Pressure(
                memory_bytes=memory,
                memory_peak_bytes=self._number("peak") if "peak" in self._open else memory,
                oom_kills=self._table("ends").get("oom_kill", 0),
                pids=pids,
                pids_peak=self._number("most pids") if "most pids" in self._open else pids,
                forks_refused=self._table("refusals").get("max", 0),
            )
        except (OSError, ValueError, KeyError):
            return None

    def close(self) -> None:
        """Let go of the files. May be called twice."""
        while self._open:
            os.close(self._open.popitem()[1])

    def _cpu_seconds(self) -> float:
        if self._unified:
            return self._table("cpu")["usage_usec"] / 1e6
        return self._number("cpu") / 1e9

    def _memory_bytes(self) -> int:
        cache = "inactive_file" if self._unified else "total_inactive_file"
        return max(0, self._number("memory") - self._table("stat").get(cache, 0))

    def _number(self, name: str) -> int:
        return int(os.pread(self._open[name], _MOST, 0))

    def _table(self, name: str) -> dict[str, int]:
        """Read a file of "name number" lines."""
        lines = os.pread(self._open[name], _MOST, 0).decode().splitlines()
        pairs = (line.split() for line in lines)
        return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2}  # noqa: PLR2004 - a pair


def _found(lines: list[str], root: Path) -> Cgroup:
    """Return the group that the lines of a process's cgroup file name."""
    paths = {}
    for line in lines:
        _number, names, path = line.split(":", 2)
        for name in names.split(","):
            paths[name] = path.lstrip("/")
    unified = "memory" not in paths
    files = {
        name: root / controller / paths.get(controller, "") / file
        for name, (controller, file) in (_V2 if unified else _V1).items()
    }
    return Cgroup(files, unified=unified)
