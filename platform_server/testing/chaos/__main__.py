"""A long round: ``CHAOS_MINUTES`` (default 10) of faults that follow from ``CHAOS_SEED``."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from platform_server.testing.chaos.dice import dice
from platform_server.testing.chaos.faults import FAULTS
from platform_server.testing.chaos.rounds import run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from platform_server.testing.chaos.faults import Fault
    from platform_server.testing.chaos.findings import Round


def main() -> int:
    """Run it and print the table; return 1 if something is wrong, and then keeps the folder."""
    seed = int(os.environ.get("CHAOS_SEED") or secrets.randbelow(10**6))
    minutes = float(os.environ.get("CHAOS_MINUTES") or 10)
    _say(f"CHAOS_SEED={seed} CHAOS_MINUTES={minutes:g}")
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    report = asyncio.run(run(folder, seed, _faults(seed, minutes), _tell))
    _say(f"\n{report.table()}\n")
    if report.findings:
        _say(f"{report.details()}\nThe server's home and its logs: {folder}")
        return 1
    shutil.rmtree(folder)
    return 0


def _faults(seed: int, minutes: float) -> Iterator[Fault]:
    """Give every fault once, in random order, and again, until the time is over."""
    random = dice(seed, "order")
    end = time.monotonic() + 60 * minutes
    while True:
        for fault in random.sample(FAULTS, len(FAULTS)):
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
