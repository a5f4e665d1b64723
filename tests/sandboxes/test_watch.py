"""People are warned before their sandbox's memory is used up, and told what ran out of it."""

from __future__ import annotations

import signal
from dataclasses import dataclass, field, replace

import pytest

from platform_server.projects.model import ProjectId
from platform_server.sandboxes.end_words import MEBIBYTE
from platform_server.sandboxes.evidence import Death, Findings
from platform_server.sandboxes.model import (
    EndCause,
    Limits,
    Pressure,
    Sandbox,
    SandboxId,
    SandboxState,
)
from platform_server.sandboxes.notices import Notice, NoticeKind, Notices
from platform_server.sandboxes.watch import SandboxWatch
from platform_server.testing.terminal_worlds import Time

LIMITS = Limits(memory_bytes=1000 * MEBIBYTE, pids=100)
CALM = Pressure(
    memory_bytes=40 * MEBIBYTE,
    memory_peak_bytes=60 * MEBIBYTE,
    oom_kills=0,
    pids=8,
    pids_peak=12,
    forks_refused=0,
)


@dataclass
class Bench:
    """One sandbox that is watched, and what is told of it."""

    pressure: Pressure = CALM
    stored: int = 0
    time: Time = field(default_factory=Time)
    told: list[Notice] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.findings = Findings(LIMITS, self._measure)
        self._notices = Notices()
        self._notices.listeners.append(self.told.append)
        sandbox = Sandbox(
            id=SandboxId("s1"),
            project_id=ProjectId("wonder"),
            state=SandboxState.RUNNING,
            limits=LIMITS,
            created_at=self.time(),
        )
        self.watch = SandboxWatch(
            lambda: [(sandbox, self)], self._notices, clock=self.time, disk=self._disk
        )

    async def _disk(self, _project_id: ProjectId) -> tuple[int, int]:
        return self.stored, 100 * MEBIBYTE

    async def _measure(self) -> Pressure:
        return self.pressure

    async def measures(self, **changed: int) -> list[NoticeKind]:
        """Look once while it measures so much; return what is told."""
        self.pressure = replace(self.pressure, **changed)
        before = len(self.told)
        await self.watch.look()
        return [notice.kind for notice in self.told[before:]]


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_a_climb_to_the_limit_is_told_once_with_the_figures(bench: Bench) -> None:
    assert await bench.measures(memory_bytes=849 * MEBIBYTE) == []
    assert await bench.measures(memory_bytes=850 * MEBIBYTE) == [NoticeKind.MEMORY]
    assert await bench.measures(memory_bytes=990 * MEBIBYTE) == []
    assert await bench.measures(memory_bytes=750 * MEBIBYTE) == []
    assert await bench.measures(memory_bytes=900 * MEBIBYTE) == []
    (notice,) = bench.told
    assert (notice.used, notice.limit) == (850 * MEBIBYTE, 1000 * MEBIBYTE)
    assert "850 MB of its 1000 MB" in notice.detail


async def test_the_next_climb_is_told_again_but_not_at_once(bench: Bench) -> None:
    await bench.measures(memory_bytes=900 * MEBIBYTE)
    await bench.measures(memory_bytes=100 * MEBIBYTE)
    assert await bench.measures(memory_bytes=900 * MEBIBYTE) == []
    bench.time.pass_by(seconds=61)
    await bench.measures(memory_bytes=100 * MEBIBYTE)
    assert await bench.measures(memory_bytes=900 * MEBIBYTE) == [NoticeKind.MEMORY]


async def test_code_that_runs_out_of_memory_again_and_again_tells_people_seldom(
    bench: Bench,
) -> None:
    told = []
    for count in range(1, 30):
        bench.time.pass_by(seconds=1)
        told += await bench.measures(oom_kills=count)
    assert told == [NoticeKind.OUT_OF_MEMORY] * 3


async def test_a_process_without_memory_that_is_no_kernel_is_told_at_the_second_look(
    bench: Bench,
) -> None:
    await bench.measures()
    assert await bench.measures(oom_kills=1) == []
    assert await bench.measures() == [NoticeKind.OUT_OF_MEMORY]
    assert await bench.measures() == []
    assert "1000 MB" in bench.told[0].detail


async def test_what_a_kernels_end_explains_is_not_told_as_another_process(bench: Bench) -> None:
    await bench.measures()
    await bench.measures(oom_kills=2, memory_peak_bytes=LIMITS.memory_bytes)
    ended = await bench.findings.end_of(Death(what="kernel", code=-signal.SIGKILL))
    assert ended.cause is EndCause.OUT_OF_MEMORY
    assert await bench.measures() == []
    assert bench.findings.unexplained == 0


async def test_processes_that_cannot_be_started_are_told_once_a_while(bench: Bench) -> None:
    assert await bench.measures(forks_refused=3) == []  # before it was watched
    assert await bench.measures(forks_refused=4, pids=100) == [NoticeKind.PROCESSES]
    assert await bench.measures(forks_refused=90) == []
    bench.time.pass_by(seconds=61)
    assert await bench.measures(forks_refused=91) == [NoticeKind.PROCESSES]
    assert (bench.told[0].used, bench.told[0].limit) == (100, 100)


async def test_a_disk_that_is_nearly_full_is_told_once(bench: Bench) -> None:
    for bench.stored in (84 * MEBIBYTE, 85 * MEBIBYTE, 99 * MEBIBYTE):
        await bench.watch.look_at_disks()
    (notice,) = bench.told
    assert notice.kind is NoticeKind.DISK
    assert "85 MB of the 100 MB" in notice.detail
