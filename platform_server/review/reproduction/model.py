"""A check whether what was submitted reproduces, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from platform_server.identity.model import UserId
    from platform_server.review.model import SubmissionId


class CheckState(Enum):
    """Where a check is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"  # the platform could not run it
    CANCELLED = "cancelled"


UNFINISHED = frozenset({CheckState.QUEUED, CheckState.RUNNING})


class Outcome(Enum):
    """What came of a cell, the least good last; of several, the last one counts."""

    SAME = "same"
    NOT_RUN = "not_run"  # a cell before it ended the run
    DIFFERS = "differs"
    TIME_LIMIT = "time_limit"
    FAILS = "fails"


@dataclass(frozen=True, kw_only=True)
class Check:
    """One round's check."""

    submission_id: SubmissionId
    round: int
    state: CheckState
    requested_at: datetime
    requested_by: UserId
    started_at: datetime | None = None
    finished_at: datetime | None = None
    message: str = ""  # why it failed, or which packages were missing
    outcome: Outcome | None = None  # the worst of all cells
    notebooks: tuple[dict[str, Any], ...] = ()  # JSON, as ``report`` has it


@dataclass(frozen=True, kw_only=True)
class CheckLimits:
    """What a check may take. Whatever is beyond it is not run, and said so."""

    at_once: int = 1  # checks that run at the same time; 0: nothing is checked
    patience: float = 3600.0  # seconds without room for one on the machine; 0: without end
    cell_seconds: float = 120.0
    notebook_seconds: float = 600.0
    notebooks: int = 30  # of a round
    project_bytes: int = 2 * 2**30  # of all files of a round
    output_bytes: int = 16 * 2**20  # of one notebook's outputs


def worst(outcomes: Iterable[Outcome]) -> Outcome | None:
    """Return the least good of some outcomes, None if there are none."""
    order = list(Outcome)
    return max(outcomes, key=order.index, default=None)
