"""What a container uses, read from the kernel's own files (cgroup v1 and v2), engine not asked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from platform_server.sandboxes.model import Usage

_ROOT = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Cgroup:
    """The files of one container. ``of`` finds them from its main process."""

    cpu: Path
    memory: Path
    pids: Path
    unified: bool

    @classmethod
    def of(cls, pid: int) -> Cgroup | None:
        """Return the control group of a process, None when it has ended."""
        try:
            lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
        except OSError:
            return None
        paths = {}
        for line in lines:
            _number, names, path = line.split(":", 2)
            for name in names.split(","):
                paths[name] = path.lstrip("/")
        if "memory" not in paths:
            base = _ROOT / paths.get("", "")
            return cls(base, base, base, unified=True)
        return cls(
            _ROOT / "cpuacct" / paths.get("cpuacct", ""),
            _ROOT / "memory" / paths["memory"],
            _ROOT / "pids" / paths.get("pids", ""),
            unified=False,
        )

    def usage(self) -> Usage | None:
        """Return what is used now, None when the group is gone."""
        try:
            return Usage(
                cpu_seconds=self._cpu_seconds(),
                memory_bytes=self._memory_bytes(),
                pids=int((self.pids / "pids.current").read_text()),
            )
        except (OSError, ValueError, KeyError):
            return None

    def oom_kills(self) -> int:
        """Return how many processes were killed for lack of memory so far; 0 when it is gone."""
        name = "memory.events" if self.unified else "memory.oom_control"
        try:
            return _table(self.memory / name).get("oom_kill", 0)
        except OSError:
            return 0

    def _cpu_seconds(self) -> float:
        if self.unified:
            return _table(self.cpu / "cpu.stat")["usage_usec"] / 1e6
        return int((self.cpu / "cpuacct.usage").read_text()) / 1e9

    def _memory_bytes(self) -> int:
        name = "memory.current" if self.unified else "memory.usage_in_bytes"
        cache = "inactive_file" if self.unified else "total_inactive_file"
        used = int((self.memory / name).read_text())
        return max(0, used - _table(self.memory / "memory.stat").get(cache, 0))


def _table(path: Path) -> dict[str, int]:
    """Read a file of "name number" lines."""
    pairs = (line.split() for line in path.read_text().splitlines())
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2}  # noqa: PLR2004 - a pair
