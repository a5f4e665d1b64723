"""The ledger tells what may be from what must not be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from platform_server.testing.chaos.documents import Doing
from platform_server.testing.chaos.findings import Report, Round, duplicated, lost
from platform_server.testing.chaos.ledger import Attempt, Kept, Ledger

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from platform_server.testing.chaos.findings import Finding


def test_a_file_that_is_as_acknowledged_is_in_order() -> None:
    kept = Kept(path="a", mark="one")
    assert kept.settle({"a": "one", "b": "another's"})


@pytest.mark.parametrize("seen", [{}, {"a": "older"}, {"b": "one"}])
def test_a_file_that_is_not_as_acknowledged_is_lost(seen: dict[str, str]) -> None:
    assert not Kept(path="a", mark="one").settle(seen)


@pytest.mark.parametrize("mark", ["one", "two"])
def test_an_unanswered_save_may_have_taken_effect_and_is_a_fact_once_seen(mark: str) -> None:
    kept = Kept(path="a", mark="one", attempt=Attempt(path="a", mark="two"))
    assert kept.settle({"a": mark})
    assert (kept.mark, kept.attempt) == (mark, None)


@pytest.mark.parametrize(
    ("seen", "is_fine"), [("a", True), ("b", True), ("ab", False), ("", False)]
)
def test_a_file_whose_renaming_was_not_answered_is_at_one_of_its_places(
    seen: str,
    is_fine: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    kept = Kept(path="a", mark="one", attempt=Attempt(path="b", mark="one"))
    assert kept.settle(dict.fromkeys(seen, "one")) is is_fine


def test_what_was_refused_or_never_answered_does_not_count_as_acknowledged() -> None:
    ledger, kept = Ledger(1), Kept(path="a", mark="one", blobs=["1"])
    with ledger.working(), _saving(ledger, kept):
        assert ledger.are_stuck()
    assert (kept.mark, kept.blobs, ledger.acknowledged) == ("one", ["1"], 0)


def test_an_acknowledged_save_is_the_new_state_and_part_of_the_history() -> None:
    ledger, kept = Ledger(1), Kept(path="a", mark="one", blobs=["1"])
    with _saving(ledger, kept):
        pass
    ledger.acknowledge(kept, "2")
    assert (kept.mark, kept.blobs, ledger.acknowledged) == ("two", ["1", "2"], 1)


def test_the_table_has_a_line_for_each_fault_and_their_sum() -> None:
    rounds = [_round("kill", lost("a")), _round("kill", duplicated("b")), _round("freeze")]
    *_, freeze, kill, total = Report(seed=1, rounds=rounds).table().splitlines()
    assert freeze.split() == ["freeze", "1", "5", "0", "1", "3", "0", "0", "0"]
    assert kill.split() == ["kill", "2", "10", "0", "2", "6", "1", "1", "0"]
    assert total.split()[-8:] == ["3", "15", "0", "3", "9", "1", "1", "0"]


def _saving(ledger: Ledger, kept: Kept) -> AbstractContextManager[None]:
    return ledger.attempting(kept, Doing.SAVING, path="a", mark="two")


def _round(fault: str, *findings: Finding) -> Round:
    return Round(fault=fault, acknowledged=5, refused=0, unanswered=1, cells=3, findings=findings)
