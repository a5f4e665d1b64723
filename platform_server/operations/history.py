"""What was the case some minutes ago: a bounded series of samples, and rates of what only grows."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

EVERY = 5.0  # seconds between two samples
SERVER_SAMPLES = 720  # an hour
SANDBOX_SAMPLES = 60  # five minutes


@dataclass(frozen=True, kw_only=True)
class ServerSample:
    """The whole installation at one moment."""

    at: datetime
    sandboxes: int  # that run
    waiting: int  # for a project
    kernels: int
    cpu: float  # processors that the sandboxes use
    memory_bytes: int  # that they use
    lag: float  # seconds; the longest that the event loop was late since the last sample


@dataclass(frozen=True, kw_only=True)
class SandboxSample:
    """One sandbox at one moment."""

    at: datetime
    cpu: float  # processors
    memory_bytes: int
    pids: int


class SandboxHistory:
    """The last minutes of each sandbox that runs, by its id."""

    def __init__(self, most: int = SANDBOX_SAMPLES) -> None:
        self._most = most
        self._samples: dict[str, deque[SandboxSample]] = {}
        self._seconds: dict[str, float] = {}

    def add(
        self, sandbox: str, *, at: datetime, cpu_seconds: float, memory_bytes: int, pids: int
    ) -> SandboxSample:
        """Note what a sandbox uses; its processors are those it used since the last note."""
        samples = self._samples.setdefault(sandbox, deque(maxlen=self._most))
        span = (at - samples[-1].at).total_seconds() if samples else 0.0
        used = cpu_seconds - self._seconds.get(sandbox, cpu_seconds)
        cpu = max(0.0, used) / span if span > 0 else 0.0
        sample = SandboxSample(at=at, cpu=cpu, memory_bytes=memory_bytes, pids=pids)
        self._seconds[sandbox] = cpu_seconds
        samples.append(sample)
        return sample

    def keep_only(self, running: Collection[str]) -> None:
        """Forget the sandboxes that do not run any more."""
        for gone in self._samples.keys() - set(running):
            del self._samples[gone], self._seconds[gone]

    def latest(self) -> dict[str, SandboxSample]:
        """Return the last sample of each."""
        return {sandbox: samples[-1] for sandbox, samples in self._samples.items()}

    def of(self, sandbox: str) -> list[SandboxSample]:
        """Return what is known of one, the oldest first."""
        return list(self._samples.get(sandbox, ()))


class ServerHistory:
    """The last hour of the installation."""

    def __init__(self, most: int = SERVER_SAMPLES) -> None:
        self._samples: deque[ServerSample] = deque(maxlen=most)

    def add(self, sample: ServerSample) -> None:
        """Note how it is now."""
        self._samples.append(sample)

    def __iter__(self) -> Iterator[ServerSample]:
        """Go through the samples, the oldest first."""
        return iter(tuple(self._samples))
