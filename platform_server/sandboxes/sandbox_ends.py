"""Why a whole sandbox ended, which nobody had asked for. Pure but for the machine's start."""

from __future__ import annotations

import signal
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from platform_server.sandboxes.end_words import MEBIBYTE
from platform_server.sandboxes.model import EndCause, Ended

if TYPE_CHECKING:
    from platform_server.sandboxes.engine import Container
    from platform_server.sandboxes.model import Evidence

AWAY = "It happened while the server was away. "

_KILLED = 128 + signal.SIGKILL
_NEARLY = 0.8  # of its memory: a sandbox that used less had not run out of it
_SLACK = timedelta(seconds=2)  # between the machine's clock and the engine's
_AGAIN = "What its code wrote is kept; run a cell or open a terminal to start it again."


def machine_started_at() -> datetime:
    """Return when this machine was started."""
    return datetime.now(UTC) - timedelta(seconds=time.clock_gettime(time.CLOCK_BOOTTIME))


def end_of_sandbox(
    container: Container | None,
    evidence: Evidence | None,
    *,
    now: datetime,
    booted: datetime,
    prefix: str = "",
) -> Ended:
    """Return why a sandbox ended of which the engine knows so much, None if it is gone.

    ``evidence`` is what was measured last. ``prefix`` begins what the user is told.
    """
    cause = _cause(container, evidence, booted)
    return Ended(
        cause=cause,
        at=now,
        exit_code=container.exit_code if container else None,
        detail=f"{prefix}{_detail(cause, container, evidence)} {_AGAIN}",
        evidence=evidence,
    )


def _cause(container: Container | None, evidence: Evidence | None, booted: datetime) -> EndCause:
    if container is None:
        return EndCause.ENGINE
    if container.started_at is not None and container.started_at < booted - _SLACK:
        return EndCause.HOST
    if container.exit_code == _KILLED and container.oom_killed and _was_full(evidence):
        return EndCause.OUT_OF_MEMORY
    return EndCause.ENGINE


def _was_full(evidence: Evidence | None) -> bool:
    """Tell whether the memory may have been used up; without a measurement the engine is right."""
    return evidence is None or evidence.memory_peak_bytes >= _NEARLY * evidence.memory_limit_bytes


def _detail(cause: EndCause, container: Container | None, evidence: Evidence | None) -> str:
    if cause is EndCause.HOST:
        return "The sandbox ended because the server's machine was restarted."
    if cause is EndCause.OUT_OF_MEMORY:
        limit = f" ({evidence.memory_limit_bytes // MEBIBYTE} MB)" if evidence else ""
        return f"The sandbox ended because its memory{limit} was used up. Work on less at a time."
    if container is None:
        return "The container engine removed the sandbox."
    if container.exit_code == _KILLED:
        return "The sandbox was ended from outside, by the container engine or an administrator."
    return f"The sandbox ended unexpectedly (exit code {container.exit_code})."
