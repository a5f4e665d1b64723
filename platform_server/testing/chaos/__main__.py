"""A long round: faults that follow from ``CHAOS_SEED``, on both grounds.

``CHAOS_MINUTES`` (default 10) or ``CHAOS_FAULTS`` say for how long. ``CHAOS_GROUND`` names one:
``embedded`` (SQLite, a folder) or ``remote`` (PostgreSQL, Supabase Storage, an engine of its own).
"""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import sys
import tempfile
import time
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from platform_server.testing.chaos.dice import dice
from platform_server.testing.chaos.faults import FAULTS
from platform_server.testing.chaos.ground import remote
from platform_server.testing.chaos.remote_faults import REMOTE_FAULTS
from platform_server.testing.chaos.rounds import run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from platform_server.testing.chaos.faults import Fault
    from platform_server.testing.chaos.findings import Round
    from platform_server.testing.chaos.scene import Prepare

_GROUNDS: dict[str, tuple[Sequence[Fault], Prepare | None]] = {
    "embedded": (FAULTS, None),
    "remote": (REMOTE_FAULTS, partial(remote, has_engine=True)),
}


def main() -> int:
    """Run it and print a table for each ground; return 1 if something is wrong."""
    seed = int(os.environ.get("CHAOS_SEED") or secrets.randbelow(10**6))
    named = os.environ.get("CHAOS_GROUND")
    grounds = [named] if named else list(_GROUNDS)
    _say(f"CHAOS_SEED={seed}")
    return max(_shake(ground, seed, len(grounds)) for ground in grounds)


def _shake(ground: str, seed: int, parts: int) -> int:
    """Run one ground's part; if something is wrong, its folder is kept."""
    faults, prepare = _GROUNDS[ground]
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    report = asyncio.run(run(folder, seed, _bounded(faults, seed, parts), _tell, prepare))
    _say(f"\n{ground}\n{report.table()}\n")
    if report.findings:
        _say(f"{report.details()}\nThe server's home and its logs: {folder}")
        return 1
    shutil.rmtree(folder)
    return 0


def _bounded(faults: Sequence[Fault], seed: int, parts: int) -> Iterable[Fault]:
    """Give as many faults as fit into this part of what was asked for."""
    if count := os.environ.get("CHAOS_FAULTS"):
        return islice(_in_turn(faults, seed), -(-int(count) // parts))
    minutes = float(os.environ.get("CHAOS_MINUTES") or 10) / parts
    return _until(time.monotonic() + 60 * minutes, _in_turn(faults, seed))


def _in_turn(faults: Sequence[Fault], seed: int) -> Iterator[Fault]:
    """Give every fault once, in random order, and again without end."""
    random = dice(seed, "order")
    while True:
        yield from random.sample(faults, len(faults))


def _until(end: float, faults: Iterator[Fault]) -> Iterator[Fault]:
    for fault in faults:
        if time.monotonic() > end:
            return
        yield fault


def _tell(one: Round) -> None:
    wrong = ", ".join(f"{found.wrong.value}: {found.text}" for found in one.findings)
    _say(f"{one.fault}: {one.acknowledged} acknowledged; {wrong or 'nothing is wrong'}")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
