"""A pytest plugin: what became of each numbered attack, as a table at the end of the run.

A test of an attack is called after its number, or its numbers: ``test_028_a_fork_bomb…``. What
the numbers mean stands in ``tests/attacks/numbers.txt``, and nowhere else.

``not_on_this_machine``  a test says with it that a part of it could not be tried here, and why
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NUMBERS = Path("tests/attacks/numbers.txt")
HELD, OPEN = "held", "OPEN"  # how a result begins

Say: TypeAlias = Callable[[str], None]

_NAMED = re.compile(r"test_((?:\d{2,3}_)+)")
_LINE = re.compile(r"(\d+) (.+)")
_PROPERTY = "not_on_this_machine"


def numbers_of(name: str) -> list[int]:
    """Return the attacks that a test of this name is about."""
    found = _NAMED.match(name)
    return [int(number) for number in found[1].split("_") if number] if found else []


def known_numbers(text: str) -> dict[int, str]:
    """Return what each numbered line of the list says."""
    found = (_LINE.fullmatch(line) for line in text.splitlines())
    return {int(line[1]): line[2] for line in found if line}


def table(known: Mapping[int, str], results: Mapping[int, str]) -> list[str]:
    """Return the table of the attacks that were tried: their results begin with four letters."""
    lines = [
        f"{number:>3}  {result[:4]}  {known.get(number, 'not in the list')}{result[4:]}"
        for number, result in sorted(results.items())
    ]
    is_open = sum(result == OPEN for result in results.values())
    not_tried = len(known.keys() - results.keys())
    return [*lines, f"{len(results)} attacks, {is_open} open; {not_tried} not tried in this run"]


class AttackTable:
    """Takes the reports of tests and prints what they say of the attacks."""

    def __init__(self, known: Mapping[int, str]) -> None:
        self._known = known
        self._failed: set[int] = set()
        self._reasons: defaultdict[int, list[str]] = defaultdict(list)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take one report; with several processes each of them sends its own here."""
        name = report.nodeid.partition("[")[0].rpartition("::")[2]
        for number in numbers_of(name):
            reasons = self._reasons[number]
            if report.outcome != "passed":
                self._failed.add(number)
            if report.when == "call":
                reasons += [str(why) for key, why in report.user_properties if key == _PROPERTY]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the table, if an attack was tried."""
        if not self._reasons:
            return
        terminalreporter.section("attacks")
        for line in table(self._known, self._results()):
            terminalreporter.line(line)

    def _results(self) -> dict[int, str]:
        return {
            number: OPEN if number in self._failed else _result(reasons)
            for number, reasons in self._reasons.items()
        }


@pytest.fixture
def not_on_this_machine(record_property: Callable[[str, object], None]) -> Say:
    """Says what of an attack could not be tried here, for the table."""

    def say(why: str) -> None:
        record_property(_PROPERTY, why)

    return say


def pytest_configure(config: pytest.Config) -> None:
    """Print the table where the reports of all processes come together."""
    path = config.rootpath / NUMBERS
    if not hasattr(config, "workerinput") and path.exists():
        config.pluginmanager.register(AttackTable(known_numbers(path.read_text())))


def _result(reasons: Iterable[str]) -> str:
    return HELD + "".join(f" (not on this machine: {why})" for why in dict.fromkeys(reasons))
