"""Comments find their cells and lines again after the notebook was edited."""

from __future__ import annotations

import json
from typing import Any

import pytest

from platform_server.review.following import followed
from platform_server.review.lines import Fate, follow
from platform_server.review.model import Anchor
from platform_server.testing.anchors import cases, measured, printed, total
from platform_server.testing.places import code_cell, notebook


def test_nineteen_of_twenty_comments_are_found_again(record_property: Any) -> None:
    table = measured(cases())
    record_property("anchors", printed(table))
    for count in total(table):
        assert count.share >= 95, printed(table)
    assert min(count.share for line in table.values() for count in line) >= 85, printed(table)


def cells(*sources: str, ids: str = "abcdef") -> bytes:
    made = [code_cell(source) | {"id": name} for name, source in zip(ids, sources, strict=False)]
    return json.dumps(notebook(*made)["content"]).encode()


def test_a_cell_is_known_by_its_id_however_it_was_edited() -> None:
    anchor = Anchor(path="n.ipynb", cell_id="b")
    place = followed(anchor, cells("x", "mean(values)"), cells("new", "mean(numbers)", ids="cb"))
    assert (place.fate, place.anchor.cell_id) == (Fate.CHANGED, "b")


def test_a_cell_that_is_gone_is_outdated_and_not_another_one() -> None:
    anchor = Anchor(path="n.ipynb", cell_id="b")
    place = followed(anchor, cells("x = 1", "mean(values)"), cells("x = 1"))
    assert (place.fate, place.anchor) == (Fate.OUTDATED, anchor)


def test_of_two_equal_cells_the_one_with_the_same_neighbours_is_taken() -> None:
    old = cells("load()", "show()", "fit()", "show()", "save()")
    new = cells("load()", "show()", "fit()", "show()", "save()", ids="uvwxy")
    for before, after in (("b", "v"), ("d", "x")):
        assert followed(Anchor(path="n", cell_id=before), old, new).anchor.cell_id == after


@pytest.mark.parametrize(
    ("outputs", "fate", "output"),
    [
        ([{"text": "b"}], Fate.SAME, 0),
        ([{"text": "a"}, {"text": "b"}], Fate.MOVED, 1),
        ([{"text": "c"}], Fate.CHANGED, 0),
        ([], Fate.OUTDATED, 0),
    ],
)
def test_an_output_is_followed_by_what_it_shows(
    outputs: list[Any], fate: Fate, output: int
) -> None:
    def with_outputs(found: list[Any]) -> bytes:
        cell = code_cell("x", outputs=[{"output_type": "stream"} | one for one in found])
        return json.dumps(notebook(cell)["content"]).encode()

    anchor = Anchor(path="n.ipynb", cell_id="one", output=0)
    place = followed(anchor, with_outputs([{"text": "b"}]), with_outputs(outputs))
    assert (place.fate, place.anchor.output) == (fate, output)


def test_several_lines_grow_with_what_was_put_between_them() -> None:
    span = follow(["a1", "b1", "c1", "d1"], ["a1", "b1", "new", "c1", "d1"], 2, 3)
    assert (span.fate, span.first, span.last) == (Fate.CHANGED, 2, 4)


def test_anything_at_all_is_followed_without_an_error() -> None:
    odd = [b"", b"\xff\xfe", b"[]", b"{}", b'{"cells": 1}', b'{"cells": [1, {"id": 5}]}']
    odd += [b'{"cells": [{"id": "b", "source": 5, "outputs": 7}]}', b"[" * 100_000]
    good = cells("x = 1", "y = 2")
    for anchor in (
        Anchor(path="n", cell_id="b"),
        Anchor(path="n", cell_id="b", line=1),
        Anchor(path="n", cell_id="b", output=0),
        Anchor(path="n", line=1),
        Anchor(path="n"),
    ):
        for other in odd:
            for old, new in ((good, other), (other, good), (other, other)):
                followed(anchor, old, new)


def test_lines_of_a_huge_file_are_followed_in_time() -> None:
    old = [f"line {number}" for number in range(200_000)]
    new = [f"{line}!" if number % 2 else line for number, line in enumerate(old)]
    span = follow(old, new, 100_001, 100_001)
    assert (span.fate, span.first) == (Fate.SAME, 100_001)
