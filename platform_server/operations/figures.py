"""What is counted while the server runs: durations and ends. It is bounded, and in memory only."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter, deque
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from statistics import quantiles
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# Upper bounds in seconds; what takes longer is counted above the last.
BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
RECENT = 500  # durations of which the percentiles are taken


class Operation(Enum):
    """What is timed."""

    SANDBOX_CLAIM = "sandbox_claim"  # a project gets a sandbox that waited
    SANDBOX_START = "sandbox_start"  # a project gets one that had to be started
    KERNEL_START = "kernel_start"  # a request for a kernel or session; its sandbox may start first
    KERNEL_RESTART = "kernel_restart"
    EXECUTE = "execute"  # from a request to run code to the idle kernel that begins with it
    TERMINAL_OPEN = "terminal_open"
    SAVE = "save"  # a request that saves a file
    LOOP_LAG = "loop_lag"  # how late the server comes to what is due


class Thing(Enum):
    """What ends with a cause."""

    SANDBOX = "sandbox"
    KERNEL = "kernel"


class Count(Enum):
    """What is only counted."""

    PACKAGES_LISTED = "packages_listed"
    PACKAGES_DENIED = "packages_denied"
    PACKAGES_SERVED = "packages_served"
    PACKAGE_BYTES = "package_bytes"  # served


@dataclass(frozen=True, kw_only=True)
class Summary:
    """How long something took lately."""

    count: int  # since the server started
    p50: float | None  # seconds; None when it never happened
    p95: float | None


@dataclass(frozen=True, kw_only=True)
class Histogram:
    """How long something took since the server started."""

    counts: tuple[int, ...]  # for each of BOUNDS, and one for what took longer
    total: float  # seconds


class _Durations:
    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS) + 1)
        self.total = 0.0
        self.recent: deque[float] = deque(maxlen=RECENT)

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds
        self.recent.append(seconds)


class Figures:
    """Counts durations and ends. Whoever does something tells it; nothing here fails."""

    def __init__(self) -> None:
        self._durations = {operation: _Durations() for operation in Operation}
        self._ends: Counter[tuple[Thing, str]] = Counter()
        self._counts: Counter[Count] = Counter()

    def took(self, operation: Operation, seconds: float) -> None:
        """Count something that was done; what cannot be a duration is left out."""
        if math.isfinite(seconds) and seconds >= 0:
            self._durations[operation].add(seconds)

    @contextmanager
    def timed(self, operation: Operation) -> Iterator[None]:
        """Count what is done in the context, unless it fails."""
        begin = perf_counter()
        yield
        self.took(operation, perf_counter() - begin)

    def ended(self, thing: Thing, cause: str) -> None:
        """Count an end. ``cause`` is one of a few: the value of an enumeration."""
        self._ends[thing, cause] += 1

    def add(self, count: Count, amount: int = 1) -> None:
        """Count something else."""
        self._counts[count] += amount

    def summary(self, operation: Operation) -> Summary:
        """Return how long something took lately."""
        durations = self._durations[operation]
        p50, p95 = _percentiles(durations.recent)
        return Summary(count=sum(durations.counts), p50=p50, p95=p95)

    def histogram(self, operation: Operation) -> Histogram:
        """Return how long something took in all."""
        durations = self._durations[operation]
        return Histogram(counts=tuple(durations.counts), total=durations.total)

    def ends(self) -> Mapping[tuple[Thing, str], int]:
        """Return how often things ended, by cause."""
        return dict(self._ends)

    def count(self, count: Count) -> int:
        """Return how much was counted since the server started."""
        return self._counts[count]


def _percentiles(values: Sequence[float]) -> tuple[float | None, float | None]:
    if not values:
        return None, None
    if len(values) == 1:
        return values[0], values[0]
    cuts = quantiles(values, n=20, method="inclusive")
    return cuts[9], cuts[18]
