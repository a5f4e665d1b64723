"""Finding again, in a later round, what somebody commented on. No I/O, safe on any input."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from platform_server.review.anchors import cells_of, source_of
from platform_server.review.lines import Fate, alike, follow, is_telling, places_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from platform_server.review.model import Anchor

_ALIKE = 60.0  # of 100: a cell that is as alike is the same one, edited
_ANOTHER = 30.0  # one of the same id that is less alike may be another one
_MOST_TEXT = 8_000  # characters of a cell that are compared

Cell = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where something is now, and what became of it."""

    fate: Fate
    anchor: Anchor  # of what is outdated: where it was, as near as can be told


class Became:
    """What became of the cells of a notebook."""

    def __init__(self, old: Sequence[Cell], new: Sequence[Cell]) -> None:
        self._old = old
        self._new = new

    def of(self, cell: Cell) -> Cell | None:
        """Return the cell that one of the old ones is now, None if that cannot be told."""
        return _cell(cell, self._old, self._new)


def followed(anchor: Anchor, old: bytes, new: bytes) -> Place:
    """Return where the place in the old state of a file is in the new one."""
    if anchor.cell_id is not None:
        return _in_notebook(anchor, cells_of(old), cells_of(new))
    if anchor.line is None:
        return Place(fate=Fate.SAME if old == new else Fate.CHANGED, anchor=anchor)
    span = follow(_lines(old), _lines(new), anchor.line, anchor.end_line or anchor.line)
    return _at_lines(anchor, span.fate, span.first, span.last)


def _in_notebook(anchor: Anchor, old: Sequence[Cell], new: Sequence[Cell]) -> Place:
    cell = next((one for one in old if one.get("id") == anchor.cell_id), None)
    if cell is None:
        return Place(fate=Fate.OUTDATED, anchor=anchor)
    found = _cell(cell, old, new)
    if anchor.line is not None:
        return _cell_lines(anchor, cell, found, new)
    if found is None:
        return _merged(anchor, cell, new)
    if anchor.output is not None:
        return _output(anchor, cell, found)
    same = source_of(cell) == source_of(found)
    if not same:
        elsewhere = _merged(anchor, cell, [one for one in new if one is not found])
        if elsewhere.fate is not Fate.OUTDATED and alike(*_texts(cell, found)) < _ANOTHER:
            return elsewhere
    fate = Fate.SAME if same else Fate.CHANGED
    return Place(fate=fate, anchor=replace(anchor, cell_id=str(found.get("id"))))


def _cell(cell: Cell, old: Sequence[Cell], new: Sequence[Cell]) -> Cell | None:
    """Return what became of a cell, None if it cannot be told."""
    known = {one.get("id") for one in old}
    fresh = [one for one in new if one.get("id") not in known and _kind(one) == _kind(cell)]
    kept = next((one for one in new if one.get("id") == cell.get("id")), None)
    if kept is not None:
        if alike(*_texts(cell, kept)) >= _ANOTHER:
            return kept
        twins = [one for one in fresh if source_of(one) == source_of(cell)]
        return twins[0] if len(twins) == 1 and is_telling([source_of(cell)]) else kept
    twins = [one for one in fresh if source_of(one) == source_of(cell)]
    if twins:
        return _nearest(cell, old, new, twins)
    scored = [(alike(*_texts(cell, one)), one) for one in fresh]
    best = max((score for score, _ in scored), default=0.0)
    if best < _ALIKE:
        return None
    return _nearest(cell, old, new, [one for score, one in scored if score >= best - 1])


def _nearest(cell: Cell, old: Sequence[Cell], new: Sequence[Cell], found: Sequence[Cell]) -> Cell:
    """Of cells that are equally likely, return the one that has the same neighbours, or place."""
    at = next(index for index, one in enumerate(old) if one is cell)
    around = {source_of(one) for one in (*old[max(at - 1, 0) : at], *old[at + 1 : at + 2])}

    def merit(one: Cell) -> tuple[int, int]:
        here = next(index for index, other in enumerate(new) if other is one)
        beside = (*new[max(here - 1, 0) : here], *new[here + 1 : here + 2])
        return sum(source_of(other) in around for other in beside), -abs(here - at)

    return max(found, key=merit)


def _cell_lines(anchor: Anchor, cell: Cell, found: Cell | None, new: Sequence[Cell]) -> Place:
    assert anchor.line is not None
    last = anchor.end_line or anchor.line
    lines = source_of(cell).split("\n")
    quote = lines[anchor.line - 1 : last]
    if found is not None:
        span = follow(lines, source_of(found).split("\n"), anchor.line, last)
        here = replace(anchor, cell_id=str(found.get("id")))
        if span.fate in {Fate.SAME, Fate.MOVED}:
            return _at_lines(here, span.fate, span.first, span.last)
        moved = _quoted(anchor, quote, [one for one in new if one is not found])
        if moved is not None:
            return moved
        return _at_lines(here, span.fate, span.first, span.last)
    return _quoted(anchor, quote, new) or Place(fate=Fate.OUTDATED, anchor=anchor)


def _merged(anchor: Anchor, cell: Cell, new: Sequence[Cell]) -> Place:
    """Look for a cell's whole text within another one."""
    quote = source_of(cell).split("\n")
    return _quoted(anchor, quote, new) or Place(fate=Fate.OUTDATED, anchor=anchor)


def _quoted(anchor: Anchor, quote: list[str], cells: Sequence[Cell]) -> Place | None:
    """Return the one place in these cells that has the quoted lines."""
    if not is_telling(quote):
        return None
    hits = [
        (cell, start) for cell in cells for start in places_of(quote, source_of(cell).split("\n"))
    ]
    if len(hits) != 1:
        return None
    cell, start = hits[0]
    there = replace(anchor, cell_id=str(cell.get("id")))
    return _at_lines(there, Fate.MOVED, start + 1, start + len(quote))


def _output(anchor: Anchor, cell: Cell, found: Cell) -> Place:
    assert anchor.output is not None
    before, after = _outputs(cell), _outputs(found)
    there = replace(anchor, cell_id=str(found.get("id")))
    if not after or anchor.output >= len(before):
        return Place(fate=Fate.OUTDATED, anchor=there)
    wanted = _said(before[anchor.output])
    same = [index for index, one in enumerate(after) if _said(one) == wanted]
    if same:
        nearest = min(same, key=lambda index: abs(index - (anchor.output or 0)))
        fate = Fate.SAME if nearest == anchor.output else Fate.MOVED
        return Place(fate=fate, anchor=replace(there, output=nearest))
    nearest = min(anchor.output, len(after) - 1)
    return Place(fate=Fate.CHANGED, anchor=replace(there, output=nearest))


def _at_lines(anchor: Anchor, fate: Fate, first: int, last: int) -> Place:
    end = None if anchor.end_line is None and first == last else last
    return Place(fate=fate, anchor=replace(anchor, line=first, end_line=end))


def _said(output: Any) -> str:
    """Return what an output shows, without the number of its run."""
    if isinstance(output, dict):
        output = {name: value for name, value in output.items() if name != "execution_count"}
    return json.dumps(output, sort_keys=True)


def _outputs(cell: Cell) -> list[Any]:
    outputs = cell.get("outputs")
    return outputs if isinstance(outputs, list) else []


def _kind(cell: Cell) -> Any:
    return cell.get("cell_type")


def _texts(one: Cell, other: Cell) -> tuple[str, str]:
    return source_of(one)[:_MOST_TEXT], source_of(other)[:_MOST_TEXT]


def _lines(data: bytes) -> list[str]:
    return data.decode(errors="replace").split("\n")
