"""How much of a project's files the platform takes at once, in all, and for how long."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, kw_only=True)
class Quota:
    """How much one project may have; earlier states of its files do not count."""

    bytes: int = 50 * 2**30
    files: int = 50_000


@dataclass(frozen=True, kw_only=True)
class Retention:
    """How long earlier states of files are kept; marked ones and the last ones always are."""

    everything: timedelta | None = timedelta(days=30)  # None: all of it, for ever
    hourly: timedelta = timedelta(days=90)  # until then the last state of each hour, then of a day


@dataclass(frozen=True, kw_only=True)
class ContentsLimits:
    """Bounds, in bytes unless said otherwise."""

    file: int = 5 * 2**30  # one file saved through the API
    kept: int = 100 * 2**20  # one file that code made; larger ones stay in the sandbox only
    read: int = 128 * 2**20  # one file read into memory
    scanned: int = 50_000  # files and folders of one workspace that are kept in step
    listed: int = 32 * 2**20  # new bytes that looking into a folder takes into the store
    hourly: int = 50 * 2**30  # new bytes of one project in an hour, earlier states included
    quota: Quota = field(default_factory=Quota)
    retention: Retention = field(default_factory=Retention)
    grace: timedelta = timedelta(hours=24)  # in which a blob that nothing refers to is not removed


# Folders that programs fill with what they can make again; their files are not taken over.
PASSED_OVER = frozenset({"__pycache__", ".ipynb_checkpoints", ".venv", "venv", "node_modules"})


def is_passed_over(path: str) -> bool:
    """Tell whether the path lies in a folder whose files are not taken over by themselves."""
    return not PASSED_OVER.isdisjoint(path.split("/")[:-1])
