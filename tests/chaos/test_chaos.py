"""Short rounds of chaos; ``make chaos`` runs long ones."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

from platform_server.testing.chaos.dice import dice
from platform_server.testing.chaos.faults import DEATHS, MISHAPS
from platform_server.testing.chaos.ground import remote
from platform_server.testing.chaos.remote_faults import REMOTE_MISHAPS
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


async def test_nothing_acknowledged_is_lost_with_a_database_and_a_store_elsewhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], image: str
) -> None:
    del image  # it has to be there
    wanted = ("PostgreSQL killed", "PostgreSQL cut off")
    faults = [one for one in REMOTE_MISHAPS if one.name in wanted]
    faults += dice(SEED, "order").sample(DEATHS, 1)
    prepare = partial(remote, has_engine=False)
    report = await run(tmp_path, SEED, faults, prepare=prepare)
    with capsys.disabled():
        sys.stdout.write(f"\n{report.table()}\n")
    assert report.details() == ""
    assert {one.fault for one in report.rounds} >= set(wanted)
