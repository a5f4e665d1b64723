"""Notebooks are checked against the format, and their cells once each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbformat.validator import get_validator

from platform_extensions.contents import validation
from platform_extensions.contents.validation import NotebookValidator

if TYPE_CHECKING:
    from collections.abc import Callable

    import nbformat


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many cells the format's own validator was given, each time."""
    numbers: list[int] = []
    get: Callable[..., Any] = get_validator

    class Counting:
        def __init__(self, *arguments: Any, **named: Any) -> None:
            self._validator = get(*arguments, **named)

        def validate(self, data: Any) -> None:
            numbers.append(len(data["cells"]))
            self._validator.validate(data)

    monkeypatch.setattr(validation, "get_validator", Counting)
    return numbers


def notebook(*sources: str) -> nbformat.NotebookNode:
    cells = [new_code_cell(source, id=f"cell-{n}") for n, source in enumerate(sources)]
    made: nbformat.NotebookNode = new_notebook(cells=[*cells, new_markdown_cell("text", id="text")])
    return made


def test_only_cells_that_are_new_are_looked_at(looked_at: list[int]) -> None:
    validator = NotebookValidator()
    assert validator.fault_of(notebook("1", "2")) is None
    assert validator.fault_of(notebook("1", "2")) is None
    assert validator.fault_of(notebook("1", "3")) is None
    assert looked_at == [3, 0, 1]


def test_a_wrong_cell_is_found_every_time_by_its_number() -> None:
    validator = NotebookValidator()
    wrong = notebook("1", "2", "3")
    assert validator.fault_of(wrong) is None
    wrong.cells[2].execution_count = "three"
    for _ in range(2):
        assert "data.cells[2]" in (validator.fault_of(wrong) or "")


def test_a_cell_is_right_for_its_own_minor_format_only() -> None:
    validator = NotebookValidator()
    new = notebook("1")
    assert validator.fault_of(new) is None
    new.nbformat_minor = 4  # in which cells have no ids
    assert validator.fault_of(new) is not None


def test_what_is_about_the_whole_is_always_looked_at() -> None:
    validator = NotebookValidator()
    good = notebook("1")
    assert validator.fault_of(good) is None
    good.metadata = "none"
    assert "metadata" in (validator.fault_of(good) or "")


@pytest.mark.parametrize("cells", [None, 5, [5], {}, "", "text"])
def test_what_is_no_list_of_cells_is_wrong(cells: Any) -> None:
    wrong = notebook("1")
    wrong.cells = cells
    assert NotebookValidator().fault_of(wrong) is not None


def test_no_more_is_remembered_than_may_be(looked_at: list[int]) -> None:
    validator = NotebookValidator(remembered=2)
    for source in ("1", "2", "3", "4"):
        assert validator.fault_of(notebook(source)) is None
    assert validator.fault_of(notebook("1")) is None
    assert looked_at == [2, 1, 1, 1, 2]
