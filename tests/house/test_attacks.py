"""Every numbered attack has a test, and the table at the end of a run says what became of it."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

from platform_server.testing.attacks import NUMBERS, known_numbers, numbers_of, table

if TYPE_CHECKING:
    from collections.abc import Iterator


ROOT = Path(__file__).parents[2]
KNOWN = known_numbers((ROOT / NUMBERS).read_text())


def attacks() -> Iterator[tuple[Path, str]]:
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            if node.name.startswith("test_"):
                yield path, node.name


def test_the_list_has_every_number_once() -> None:
    assert list(KNOWN) == list(range(1, len(KNOWN) + 1))


def test_every_attack_has_a_test_that_is_called_after_it() -> None:
    tried = {number for _, name in attacks() for number in numbers_of(name)}
    assert sorted(KNOWN.keys() - tried) == []


def test_every_test_of_an_attack_has_a_number_of_the_list() -> None:
    strange = [
        f"{path.name}: {name}"
        for path, name in attacks()
        if not KNOWN.keys() >= set(numbers_of(name))
        or (path.parent.name == "attacks" and not numbers_of(name))
    ]
    assert strange == []


def test_the_table_says_what_was_held_and_what_is_open() -> None:
    known = {1: "one", 2: "two", 3: "three"}
    assert table(known, {2: "OPEN", 1: "held"}) == [
        "  1  held  one",
        "  2  OPEN  two",
        "2 attacks, 1 open; 1 not tried in this run",
    ]
