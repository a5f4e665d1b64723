"""What a container uses, as both versions of control groups tell it."""

from __future__ import annotations

from pathlib import Path

import pytest

from platform_server.sandboxes.cgroup import Cgroup
from platform_server.sandboxes.model import Pressure, Usage

V1 = {
    "proc/7/cgroup": "4:memory:/docker/a\n3:pids:/docker/a\n2:cpu,cpuacct:/docker/a\n",
    "sys/fs/cgroup/cpuacct/docker/a/cpuacct.usage": "2500000000\n",
    "sys/fs/cgroup/memory/docker/a/memory.usage_in_bytes": "5000\n",
    "sys/fs/cgroup/memory/docker/a/memory.max_usage_in_bytes": "9000\n",
    "sys/fs/cgroup/memory/docker/a/memory.stat": "rss 100\ntotal_inactive_file 2000\n",
    "sys/fs/cgroup/memory/docker/a/memory.oom_control": "under_oom 0\noom_kill 3\n",
    "sys/fs/cgroup/pids/docker/a/pids.current": "4\n",
    "sys/fs/cgroup/pids/docker/a/pids.peak": "7\n",
    "sys/fs/cgroup/pids/docker/a/pids.events": "max 2\n",
}
V2 = {
    "proc/7/cgroup": "0::/docker/a\n",
    "sys/fs/cgroup/docker/a/cpu.stat": "usage_usec 2500000\nuser_usec 1\n",
    "sys/fs/cgroup/docker/a/memory.current": "5000\n",
    "sys/fs/cgroup/docker/a/memory.peak": "9000\n",
    "sys/fs/cgroup/docker/a/memory.stat": "anon 100\ninactive_file 2000\n",
    "sys/fs/cgroup/docker/a/memory.events": "oom 4\noom_kill 3\n",
    "sys/fs/cgroup/docker/a/pids.current": "4\n",
    "sys/fs/cgroup/docker/a/pids.peak": "7\n",
    "sys/fs/cgroup/docker/a/pids.events": "max 2\n",
}
USAGE = Usage(cpu_seconds=2.5, memory_bytes=3000, memory_peak_bytes=9000, pids=4)
PRESSURE = Pressure(
    memory_bytes=3000,
    memory_peak_bytes=9000,
    oom_kills=3,
    pids=4,
    pids_peak=7,
    forks_refused=2,
)


def host(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def opened_now() -> set[str]:
    return {path.name for path in Path("/proc/self/fd").iterdir()}


@pytest.mark.parametrize("files", [V1, V2], ids=["v1", "v2"])
def test_both_versions_say_the_same(tmp_path: Path, files: dict[str, str]) -> None:
    group = Cgroup.of(7, host=host(tmp_path, files))
    assert group is not None
    assert group.usage() == USAGE
    assert group.pressure() == PRESSURE
    group.close()


def test_the_files_are_opened_once_and_read_anew(tmp_path: Path) -> None:
    group = Cgroup.of(7, host=host(tmp_path, V2))
    assert group is not None
    opened = opened_now()
    host(tmp_path, {"sys/fs/cgroup/docker/a/pids.current": "9\n"})
    usage = group.usage()
    assert usage is not None
    assert usage.pids == 9
    assert opened_now() == opened
    group.close()
    assert group.usage() is None


def test_a_kernel_that_keeps_no_peak_says_so(tmp_path: Path) -> None:
    files = {name: text for name, text in V2.items() if not name.endswith("memory.peak")}
    group = Cgroup.of(7, host=host(tmp_path, files))
    assert group is not None
    usage = group.usage()
    group.close()
    assert usage is not None
    assert usage.memory_peak_bytes is None


def test_a_group_that_is_gone_leaves_nothing_open(tmp_path: Path) -> None:
    opened = len(opened_now())
    files = {name: text for name, text in V1.items() if not name.endswith("pids.current")}
    assert Cgroup.of(7, host=host(tmp_path, files)) is None
    assert len(opened_now()) == opened
