"""Which failures are looked at a second time."""

from __future__ import annotations

import runpy
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    WorthIt = Callable[[list[str]], list[str]]

STORY = "tests/browser/test_story.py"
DESK = "tests/browser/test_desk.py"


@pytest.fixture(scope="module")
def worth_it(root: Path) -> WorthIt:
    found: WorthIt = runpy.run_path(str(root / "scripts" / "second_look.py"))["worth_it"]
    return found


def test_a_file_of_browser_tests_is_run_again_once_and_as_a_whole(worth_it: WorthIt) -> None:
    failed = [f"{STORY}::test_a_console_computes", f"{DESK}::test_a[1::2]", f"{STORY}::test_b"]

    assert worth_it(failed) == [DESK, STORY]


@pytest.mark.parametrize(
    "failed",
    [
        [],
        ["tests/server/test_start.py::test_it_starts"],
        [f"{STORY}::test_a", "tests/contracts/test_stores.py::test_b"],
        [f"{STORY}::test_054_058_scripts_in_outputs"],
        [f"{STORY}::test_a", f"{DESK}::test_b", "tests/browser/test_admin.py::test_c"],
    ],
    ids=["nothing", "no browser", "not only browsers", "an attack", "too many"],
)
def test_other_failures_count_at_once(failed: list[str], worth_it: WorthIt) -> None:
    assert worth_it(failed) == []
