"""What changed between rounds, and what of it deserves a second look."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from platform_server.errors import InvalidInput
from platform_server.review.changes.findings import findings_of
from platform_server.review.changes.service import Span
from platform_server.review.discussion import Remark
from platform_server.review.model import Anchor, Verdict
from platform_server.testing.places import code_cell, notebook

from .conftest import ALICE, RITA, ROB

if TYPE_CHECKING:
    from .conftest import Desk


def cell(name: str, source: str, shown: str | None = None, **metadata: Any) -> dict[str, Any]:
    outputs = [] if shown is None else [{"output_type": "stream", "name": "stdout", "text": shown}]
    return code_cell(source, outputs=outputs) | {"id": name, "metadata": metadata}


def of(*cells: dict[str, Any]) -> bytes:
    return json.dumps(notebook(*cells)["content"]).encode()


def changes(old: bytes, new: bytes) -> dict[str, tuple[str, list[str]]]:
    told = findings_of(old, new, is_notebook=True)["cells"]
    parts = ("source", "outputs", "metadata", "stale")
    return {one["cell_id"]: (one["change"], [name for name in parts if one[name]]) for one in told}


def test_source_outputs_and_metadata_are_told_apart() -> None:
    old = of(
        cell("a", "first = 1", "1"),
        cell("b", "second = 2", "2"),
        cell("c", "third = 3"),
        cell("d", "fourth = 4", "4"),
        cell("e", "fifth = 5", "5"),
        cell("f", "sixth = 6", "6", ExecuteTime=1),
    )
    new = of(
        cell("a", "first = 11", "1"),
        cell("b", "second = 2", "two"),
        cell("c", "third = 3", hidden=True),
        cell("d", "fourth = 44", "44"),
        cell("f", "sixth = 6", "6", ExecuteTime=2),
        cell("g", "seventh = 7"),
    )
    assert changes(old, new) == {
        "a": ("changed", ["source", "stale"]),
        "b": ("changed", ["outputs"]),
        "c": ("changed", ["metadata"]),
        "d": ("changed", ["source", "outputs"]),
        "e": ("removed", []),
        "g": ("added", []),
    }


def test_a_cell_that_was_moved_is_not_one_that_was_removed_and_added() -> None:
    a, b, c = cell("a", "load()"), cell("b", "fit()"), cell("c", "show()")
    assert changes(of(a, b, c), of(c, a, b)) == {"c": ("moved", [])}
    lost = [one | {"id": f"new-{one['id']}"} for one in (a, b, c)]
    assert changes(of(a, b, c), of(*lost)) == {}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("access = 'user\u202e // admin'", "U+202E RIGHT-TO-LEFT OVERRIDE"),
        ("x\u200b = 1", "U+200B ZERO WIDTH SPACE"),
        ("p\u0430ssword = 1", "U+0430 CYRILLIC SMALL LETTER A"),
        ("bell = '\x07'", "U+0007 control character"),
    ],
)
def test_characters_that_deceive_are_told_where_they_came(line: str, told: str) -> None:
    for old, new, is_notebook, cell_id in (
        (b"x = 1\n", f"x = 1\n{line}\n".encode(), False, None),
        (of(cell("a", "x = 1")), of(cell("a", f"x = 1\n{line}")), True, "a"),
    ):
        found = findings_of(old, new, is_notebook=is_notebook)["deceiving"]
        assert found == [{"cell_id": cell_id, "line": 2, "characters": [told]}]
        assert findings_of(new, new, is_notebook=is_notebook)["deceiving"] == []


def test_other_peoples_letters_do_not_deceive() -> None:
    text = "größe = 'Привет, мир'\nλ = 1\r\nβ_1 = 2\n".encode()
    assert findings_of(b"", text, is_notebook=False)["deceiving"] == []


def test_findings_are_made_of_anything_at_all() -> None:
    odd = [b"", b"\xff\xfe", b"[]", b"{}", b'{"cells": 1}', b"[" * 100_000]
    odd += [b'{"nbformat": 4, "cells": [1, {"id": 5, "source": 5, "outputs": 7, "metadata": 1}]}']
    good = of(cell("a", "x"))
    for one in odd:
        for old, new in ((one, good), (good, one), (one, one)):
            for is_notebook in (True, False):
                findings_of(old, new, is_notebook=is_notebook)


async def test_a_renamed_file_is_one_file(desk: Desk) -> None:
    for path in ("kept.txt", "edited.txt", "gone.txt", "old name.txt"):
        await desk.write(path, path.encode())
    view = await desk.submit()
    await desk.contents.move(desk.project, "old name.txt", "new name.txt")
    await desk.contents.delete(desk.project, "gone.txt")
    await desk.write("edited.txt", b"edited")
    await desk.write("added.txt", b"added")

    found = await desk.changes.files(view, Span(old=1, new=None))

    told = [(one.path, one.change.value, one.before and one.before.path) for one in found]
    assert told == [
        ("added.txt", "added", None),
        ("edited.txt", "changed", "edited.txt"),
        ("gone.txt", "removed", "gone.txt"),
        ("new name.txt", "renamed", "old name.txt"),
    ]
    findings = await desk.changes.findings(view, "edited.txt", Span(old=1, new=None))
    assert findings == {"cells": None, "metadata": False, "deceiving": []}
    theirs = await desk.submissions.get(RITA, view.submission.id)
    with pytest.raises(InvalidInput):
        await desk.changes.files(theirs, Span(old=1, new=None))


async def test_each_reviewer_has_seen_what_they_judged_or_spoke_of(desk: Desk) -> None:
    await desk.write("a.txt", b"one\n")
    view = await desk.submit()
    submission_id = view.submission.id
    await desk.submissions.claim(RITA, submission_id)
    for number in (1, 2):
        if number == 2:
            rob = await desk.submissions.get(ROB, submission_id)
            await desk.discussion.begin(rob, 1, Anchor(), Remark(body="About the first."))
        await desk.submissions.decide(
            RITA, submission_id, number=number, verdict=Verdict.REQUEST_CHANGES, summary=""
        )
        await desk.write("a.txt", f"{number}\n".encode())
        await desk.submit()

    seen = {}
    for person in (RITA, ROB, ALICE):
        theirs = await desk.submissions.get(person, submission_id)
        seen[person.id] = [await desk.changes.last_seen(theirs, number) for number in (1, 2, 3)]

    assert seen[RITA.id] == [None, 1, 2]
    assert seen[ROB.id] == [None, None, 2]
    assert seen[ALICE.id] == [None, None, None]
