"""Durations, ends and samples: counted, and bounded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from platform_server.operations.figures import BOUNDS, RECENT, Count, Figures, Operation, Thing
from platform_server.operations.history import SandboxHistory, ServerHistory, ServerSample

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_percentiles_are_those_of_what_was_done() -> None:
    figures = Figures()
    for number in range(1, 101):
        figures.took(Operation.SAVE, number / 1000)

    summary = figures.summary(Operation.SAVE)

    assert summary.count == 100
    assert summary.p50 == pytest.approx(0.0505)
    assert summary.p95 == pytest.approx(0.09505)


def test_what_was_never_done_has_no_percentiles() -> None:
    summary = Figures().summary(Operation.EXECUTE)

    assert (summary.count, summary.p50, summary.p95) == (0, None, None)


def test_percentiles_are_of_the_recent_ones_and_the_count_of_all() -> None:
    figures = Figures()
    for seconds in [9.0] * RECENT + [0.1] * RECENT:
        figures.took(Operation.SAVE, seconds)

    summary = figures.summary(Operation.SAVE)

    assert summary.count == 2 * RECENT
    assert summary.p95 == pytest.approx(0.1)


def test_a_histogram_has_each_duration_once_in_its_place() -> None:
    figures = Figures()
    for seconds in (0.0005, BOUNDS[0], 0.3, 1000.0):
        figures.took(Operation.SANDBOX_START, seconds)

    found = figures.histogram(Operation.SANDBOX_START)

    assert found.counts[0] == 2  # a bound belongs to its own place
    assert found.counts[BOUNDS.index(0.5)] == 1
    assert found.counts[-1] == 1
    assert sum(found.counts) == 4
    assert found.total == pytest.approx(1000.3015)


@pytest.mark.parametrize("seconds", [-1.0, float("nan"), float("inf")])
def test_what_cannot_be_a_duration_is_left_out(seconds: float) -> None:
    figures = Figures()

    figures.took(Operation.SAVE, seconds)

    assert figures.summary(Operation.SAVE).count == 0


def test_ends_are_counted_by_cause() -> None:
    figures = Figures()
    figures.ended(Thing.KERNEL, "out_of_memory")
    figures.ended(Thing.KERNEL, "out_of_memory")
    figures.ended(Thing.SANDBOX, "idle")

    assert figures.ends() == {(Thing.KERNEL, "out_of_memory"): 2, (Thing.SANDBOX, "idle"): 1}


def test_other_things_are_added_up() -> None:
    figures = Figures()
    figures.add(Count.PACKAGE_BYTES, 1000)
    figures.add(Count.PACKAGE_BYTES, 24)

    assert figures.count(Count.PACKAGE_BYTES) == 1024
    assert figures.count(Count.PACKAGES_DENIED) == 0


def test_a_sandbox_uses_the_processors_that_it_used_since_the_last_look() -> None:
    history = SandboxHistory()
    for second, cpu_seconds in ((0, 10.0), (5, 12.5), (10, 12.5)):
        at = NOON + second * SECOND
        history.add("one", at=at, cpu_seconds=cpu_seconds, memory_bytes=7, pids=3)

    assert [sample.cpu for sample in history.of("one")] == [0.0, 0.5, 0.0]


def test_a_counter_that_went_back_is_no_use_at_all() -> None:
    history = SandboxHistory()
    history.add("one", at=NOON, cpu_seconds=10.0, memory_bytes=7, pids=3)

    sample = history.add("one", at=NOON + SECOND, cpu_seconds=1.0, memory_bytes=7, pids=3)

    assert sample.cpu == 0.0


def test_only_the_last_samples_of_running_sandboxes_are_kept() -> None:
    history = SandboxHistory(most=3)
    for name in ("one", "two"):
        for second in range(10):
            at = NOON + second * SECOND
            history.add(name, at=at, cpu_seconds=second, memory_bytes=second, pids=1)

    history.keep_only(["two"])

    assert history.of("one") == []
    assert [sample.memory_bytes for sample in history.of("two")] == [7, 8, 9]
    assert history.latest().keys() == {"two"}


def test_the_server_remembers_its_last_samples_only() -> None:
    history = ServerHistory(most=2)
    for number in range(5):
        history.add(
            ServerSample(
                at=NOON + number * SECOND,
                sandboxes=number,
                waiting=0,
                kernels=0,
                cpu=0.0,
                memory_bytes=0,
                lag=0.0,
            )
        )

    assert [sample.sandboxes for sample in history] == [3, 4]
