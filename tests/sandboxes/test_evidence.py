"""An end has the cause that the measurements prove, and no other."""

from __future__ import annotations

import signal
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from platform_server.errors import EngineUnavailable
from platform_server.sandboxes.end_words import MEBIBYTE
from platform_server.sandboxes.engine import Container
from platform_server.sandboxes.evidence import Death, Findings
from platform_server.sandboxes.model import EndCause, Evidence, Limits, Pressure, SandboxId
from platform_server.sandboxes.sandbox_ends import end_of_sandbox

LIMITS = Limits(memory_bytes=512 * MEBIBYTE, pids=256)
CALM = Pressure(
    memory_bytes=40 * MEBIBYTE,
    memory_peak_bytes=60 * MEBIBYTE,
    oom_kills=0,
    pids=8,
    pids_peak=12,
    forks_refused=0,
)
FULL = replace(CALM, memory_peak_bytes=LIMITS.memory_bytes, oom_kills=1)
KILLED = Death(what="kernel", code=-signal.SIGKILL)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@dataclass
class Bench:
    """A sandbox whose measurements the test chooses."""

    pressure: Pressure | None = CALM
    time: float = 0.0
    findings: Findings = field(init=False)

    def __post_init__(self) -> None:
        self.findings = Findings(LIMITS, self.measure, now=lambda: self.time)

    async def measure(self) -> Pressure | None:
        if self.pressure is None:
            raise EngineUnavailable
        return self.pressure


async def test_a_kernel_without_memory_is_told_of_with_the_figures() -> None:
    bench = Bench(FULL)
    ended = await bench.findings.end_of(KILLED)
    assert ended.cause is EndCause.OUT_OF_MEMORY
    assert "512 MB" in ended.detail
    assert "variables are gone" in ended.detail
    assert ended.evidence is not None
    assert ended.evidence.memory_peak_bytes == ended.evidence.memory_limit_bytes == 512 * MEBIBYTE


async def test_one_process_without_memory_explains_one_end() -> None:
    bench = Bench(FULL)
    first = await bench.findings.end_of(KILLED)
    second = await bench.findings.end_of(KILLED)
    assert (first.cause, second.cause) == (EndCause.OUT_OF_MEMORY, EndCause.KILLED)


async def test_what_is_settled_explains_no_end() -> None:
    bench = Bench(FULL)
    await bench.findings.measure()
    assert bench.findings.unexplained == 1
    bench.findings.settle()
    assert bench.findings.unexplained == 0
    assert (await bench.findings.end_of(KILLED)).cause is EndCause.KILLED


async def test_what_ran_out_before_a_kernel_was_started_does_not_explain_its_end() -> None:
    ended = await Bench(FULL).findings.end_of(replace(KILLED, oom_kills_before=1))
    assert ended.cause is EndCause.KILLED
    assert "SIGKILL" in ended.detail


async def test_a_machine_without_memory_is_told_from_a_sandbox_without() -> None:
    ended = await Bench(replace(CALM, oom_kills=1)).findings.end_of(KILLED)
    assert ended.cause is EndCause.HOST
    assert "machine ran out of memory" in ended.detail


async def test_what_somebody_asked_for_is_nothing_else() -> None:
    ended = await Bench(FULL).findings.end_of(replace(KILLED, is_asked=True))
    assert ended.cause is EndCause.USER


async def test_a_crash_while_no_process_could_be_started_says_so() -> None:
    bench = Bench()
    await bench.findings.measure()
    bench.pressure = replace(CALM, forks_refused=3, pids_peak=256)
    ended = await bench.findings.end_of(Death(what="kernel", code=-signal.SIGABRT))
    assert ended.cause is EndCause.PROCESS_LIMIT
    assert "256 processes" in ended.detail
    assert ended.evidence is not None
    assert (ended.evidence.forks_refused, ended.evidence.pids_peak) == (3, 256)


async def test_processes_refused_long_ago_are_no_reason() -> None:
    bench = Bench(replace(CALM, forks_refused=3))
    await bench.findings.measure()
    bench.time += 60
    ended = await bench.findings.end_of(Death(what="kernel", code=-signal.SIGABRT))
    assert ended.cause is EndCause.KILLED
    assert "crashed (SIGABRT)" in ended.detail


async def test_an_end_without_room_on_the_disk_names_the_folder() -> None:
    death = Death(what="kernel", code=1, full=("/workspace",))
    ended = await Bench().findings.end_of(death)
    assert ended.cause is EndCause.DISK_FULL
    assert "no room left in /workspace" in ended.detail
    assert ended.evidence is not None
    assert ended.evidence.full == ("/workspace",)


@pytest.mark.parametrize("code", [0, -signal.SIGTERM])
async def test_an_end_that_somebody_wanted_is_not_laid_at_the_limits(code: int) -> None:
    bench = Bench(replace(CALM, forks_refused=3))
    ended = await bench.findings.end_of(Death(what="shell", code=code, full=("/tmp",)))
    assert ended.cause in {EndCause.EXITED, EndCause.KILLED}


async def test_an_engine_that_does_not_answer_leaves_what_was_measured_last() -> None:
    bench = Bench(FULL)
    await bench.findings.measure()
    bench.pressure = None
    assert (await bench.findings.end_of(KILLED)).cause is EndCause.OUT_OF_MEMORY


def container(**more: object) -> Container:
    values = {"exit_code": 137, "oom_killed": False, "started_at": NOON, **more}
    return Container(sandbox_id=SandboxId("s"), project_id=None, running=False, pid=0, **values)  # type: ignore[arg-type]


def evidence(peak: int) -> Evidence:
    return Evidence(
        memory_peak_bytes=peak * MEBIBYTE,
        memory_limit_bytes=512 * MEBIBYTE,
        oom_kills=0,
        pids_peak=9,
        pids_limit=256,
        forks_refused=0,
    )


@pytest.mark.parametrize(
    ("found", "measured", "cause", "words"),
    [
        (None, None, EndCause.ENGINE, "removed the sandbox"),
        (container(), evidence(60), EndCause.ENGINE, "from outside"),
        (container(exit_code=1), None, EndCause.ENGINE, "exit code 1"),
        (container(oom_killed=True), evidence(511), EndCause.OUT_OF_MEMORY, "(512 MB)"),
        (container(oom_killed=True), None, EndCause.OUT_OF_MEMORY, "was used up"),
        (container(oom_killed=True), evidence(60), EndCause.ENGINE, "from outside"),
        (container(started_at=NOON - timedelta(days=1)), None, EndCause.HOST, "restarted"),
    ],
)
def test_the_end_of_a_sandbox_has_its_cause(
    found: Container | None, measured: Evidence | None, cause: EndCause, words: str
) -> None:
    ended = end_of_sandbox(found, measured, now=NOON, booted=NOON - timedelta(hours=1))
    assert ended.cause is cause
    assert words in ended.detail
    assert "start it again" in ended.detail
