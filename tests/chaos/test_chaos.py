"""A short round of chaos; ``make chaos`` runs a long one."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from platform_server.testing.chaos.dice import dice
from platform_server.testing.chaos.faults import DEATHS, MISHAPS
from platform_server.testing.chaos.rounds import run

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

SEED = 20_260_101


async def test_nothing_acknowledged_is_lost_whatever_dies(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    random = dice(SEED, "order")
    faults = [*random.sample(DEATHS, 2), *MISHAPS]  # each new start takes seconds
    random.shuffle(faults)
    report = await run(tmp_path, SEED, faults)
    with capsys.disabled():
        sys.stdout.write(f"\n{report.table()}\n")
    assert report.details() == ""
    assert all(one.acknowledged > 0 for one in report.rounds)
