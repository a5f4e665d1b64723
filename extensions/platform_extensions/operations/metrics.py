"""The installation's state as Prometheus reads it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

import prometheus_client
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from platform_server.operations.figures import BOUNDS, Count, Figures, Operation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from platform_server.contents.keeping import Waiting
    from platform_server.operations.history import SandboxSample

_BOUNDS = (*(str(bound) for bound in BOUNDS), "+Inf")
_HELP = {
    Operation.SANDBOX_CLAIM: "Until a project had a sandbox that waited.",
    Operation.SANDBOX_START: "Until a project had a sandbox that had to be started.",
    Operation.KERNEL_START: "Until a request for a kernel or session was answered.",
    Operation.KERNEL_RESTART: "Until a request to restart a kernel was answered.",
    Operation.EXECUTE: "From a request to run code to the idle kernel that began with it.",
    Operation.TERMINAL_OPEN: "Until a request for a terminal was answered.",
    Operation.SAVE: "Until a request that saves a file was answered.",
    Operation.LOOP_LAG: "How late the server's event loop came to what was due.",
}


@dataclass(frozen=True, kw_only=True)
class Now:
    """What is the case at one moment."""

    usage: Mapping[str, SandboxSample]  # of each sandbox that runs
    starting: int  # projects that wait for their sandbox
    waiting: int  # sandboxes that wait for a project
    target: int  # how many are to wait
    most: int  # how many may run
    kernels: Mapping[str, int]  # by state
    terminals: int
    outbox: Waiting
    connections: int  # open websockets


def exposition(now: Now, figures: Figures) -> bytes:
    """Return all metrics as text: the installation's, and what the libraries count."""
    own = prometheus_client.CollectorRegistry(auto_describe=False)
    own.register(_Collector(now, figures))
    return prometheus_client.generate_latest(own) + prometheus_client.generate_latest()


class _Collector:
    def __init__(self, now: Now, figures: Figures) -> None:
        self._now = now
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        """Return what there is."""
        yield from _gauges(self._now)
        yield from _histograms(self._figures)
        yield from _counters(self._figures)


def _gauges(now: Now) -> Iterator[Metric]:
    states = {"running": len(now.usage), "starting": now.starting, "waiting": now.waiting}
    yield _by_label("platform_sandboxes", "Sandboxes, by their state.", "state", states)
    yield _by_label("platform_kernels", "Kernels, by their state.", "state", now.kernels)
    used = now.usage.values()
    for name, text, value in (
        ("sandboxes_most", "How many sandboxes may run at once.", now.most),
        ("pool_waiting", "Sandboxes that wait for a project.", now.waiting),
        ("pool_target", "How many are to wait.", now.target),
        ("queue", "Projects that wait for their sandbox.", now.starting),
        ("sandboxes_cpus", "Processors that sandboxes use.", sum(one.cpu for one in used)),
        (
            "sandboxes_memory_bytes",
            "Memory that sandboxes use.",
            sum(one.memory_bytes for one in used),
        ),
        ("sandboxes_processes", "Processes in sandboxes.", sum(one.pids for one in used)),
        ("terminals", "Open terminals.", now.terminals),
        ("websockets", "Open websockets.", now.connections),
        ("outbox_files", "Saved files that wait for the project store.", now.outbox.files),
        ("outbox_bytes", "Their size.", now.outbox.bytes),
    ):
        yield GaugeMetricFamily(f"platform_{name}", text, value=value)


def _histograms(figures: Figures) -> Iterator[Metric]:
    for operation, text in _HELP.items():
        found = figures.histogram(operation)
        buckets = list(zip(_BOUNDS, map(float, accumulate(found.counts)), strict=True))
        name = f"platform_{operation.value}_seconds"
        yield HistogramMetricFamily(name, text, buckets=buckets, sum_value=found.total)


def _counters(figures: Figures) -> Iterator[Metric]:
    ends = CounterMetricFamily(
        "platform_ends", "What has ended, and why.", labels=["what", "cause"]
    )
    for (thing, cause), number in sorted(figures.ends().items(), key=str):
        ends.add_metric([thing.value, cause], number)
    yield ends
    for count, text in (
        (Count.PACKAGES_LISTED, "Requests for what there is of a package."),
        (Count.PACKAGES_DENIED, "Requests for packages that may not be installed."),
        (Count.PACKAGES_SERVED, "Package files that sandboxes took."),
        (Count.PACKAGE_BYTES, "Bytes of package files that sandboxes took."),
    ):
        yield CounterMetricFamily(f"platform_{count.value}", text, value=figures.count(count))


def _by_label(name: str, text: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=[label])
    for value, number in sorted(values.items()):
        family.add_metric([value], number)
    return family
