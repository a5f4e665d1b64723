"""What of a change deserves a second look. No I/O, safe on any input; it may take long."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect
from typing import TYPE_CHECKING, Any

from platform_server.contents.diffs import notebook_of, text_of
from platform_server.review.anchors import cells_of, source_of
from platform_server.review.following import Became
from platform_server.review.rendering.characters import DECEIVING

if TYPE_CHECKING:
    from collections.abc import Iterable

_MOST = 200  # deceiving places that are told
_WORD = re.compile(r"[^\W\d_]{2,100}")
_ASCII = re.compile("[A-Za-z]")
_LOOKALIKE = re.compile("[\u0370-\u03ff\u0400-\u052f\u13a0-\u13ff\uff21-\uff3a\uff41-\uff5a]")
_RUN_ONLY = ("execution", "ExecuteTime", "trusted", "collapsed", "scrolled")

Cell = dict[str, Any]


def findings_of(old: bytes, new: bytes, *, is_notebook: bool) -> dict[str, Any]:
    """Return ``{"cells": [...] | None, "metadata": bool, "deceiving": [...]}``.

    A cell is told that was added, removed, moved or changed: ``{"cell_id", "number", "change",
    "source", "outputs", "metadata", "stale"}``; ``number`` counts from 0, in the new state unless
    the cell was removed. ``stale``: the source changed, and the outputs did not. ``deceiving`` are
    places that came: ``{"cell_id", "line", "characters"}``, characters that cannot be seen or turn
    the order of others around, and words of letters that look like others.
    """
    before, after = notebook_of(old), notebook_of(new)
    if is_notebook and after is not None and (before is not None or not old):
        cells, others = cells_of(new), cells_of(old)
        return {
            "cells": _cells(others, cells),
            "metadata": (before or {}).get("metadata", {}) != after.get("metadata", {}),
            "deceiving": _deceiving_cells(others, cells),
        }
    text = text_of(new) or ""
    known = set((text_of(old) or "").split("\n"))
    return {"cells": None, "metadata": False, "deceiving": _deceiving(None, text, known)[:_MOST]}


def _cells(old: list[Cell], new: list[Cell]) -> list[dict[str, Any]]:
    became, place = Became(old, new), {id(one): at for at, one in enumerate(new)}
    origin: dict[int, int] = {}
    told = []
    for number, cell in enumerate(old):
        found = became.of(cell)
        at = None if found is None else place[id(found)]
        if at is None or at in origin:
            told.append(_told(cell, number, "removed"))
        else:
            origin[at] = number
    moved = _moved([origin[at] for at in sorted(origin)])
    for at, cell in enumerate(new):
        if at not in origin:
            told.append(_told(cell, at, "added"))
            continue
        parts = _parts(old[origin[at]], cell)
        if any(parts.values()):
            told.append(_told(cell, at, "changed", **parts))
        elif origin[at] in moved:
            told.append(_told(cell, at, "moved"))
    return told


def _parts(before: Cell, after: Cell) -> dict[str, bool]:
    source = source_of(before) != source_of(after)
    outputs = _shown(before) != _shown(after)
    return {
        "source": source,
        "outputs": outputs,
        "metadata": _metadata(before) != _metadata(after)
        or before.get("cell_type") != after.get("cell_type"),
        "stale": source and not outputs and bool(after.get("outputs")),
    }


def _told(cell: Cell, number: int, change: str, **parts: bool) -> dict[str, Any]:
    named = cell.get("id")
    nothing = dict.fromkeys(("source", "outputs", "metadata", "stale"), False)
    cell_id = named if isinstance(named, str) else None
    return {"cell_id": cell_id, "number": number, "change": change} | nothing | parts


def _shown(cell: Cell) -> list[Any]:
    outputs = cell.get("outputs")
    return [
        {name: value for name, value in one.items() if name != "execution_count"}
        if isinstance(one, dict)
        else one
        for one in (outputs if isinstance(outputs, list) else [])
    ]


def _metadata(cell: Cell) -> dict[str, Any]:
    metadata = cell.get("metadata")
    known = metadata if isinstance(metadata, dict) else {}
    return {name: value for name, value in known.items() if name not in _RUN_ONLY}


def _moved(numbers: list[int]) -> set[int]:
    """Return which of the numbers are not in a longest increasing run of them."""
    ends: list[int] = []  # the least number that ends a run of each length
    before: dict[int, int | None] = {}  # the number before each one in its run
    for number in numbers:
        length = bisect(ends, number)
        before[number] = ends[length - 1] if length else None
        ends[length : length + 1] = [number]
    one, kept = ends[-1] if ends else None, set()
    while one is not None:
        kept.add(one)
        one = before[one]
    return set(numbers) - kept


def _deceiving_cells(old: list[Cell], new: list[Cell]) -> list[dict[str, Any]]:
    known = {line for cell in old for line in source_of(cell).split("\n")}
    found: list[dict[str, Any]] = []
    for cell in new:
        named = cell.get("id")
        found += _deceiving(named if isinstance(named, str) else None, source_of(cell), known)
    return found[:_MOST]


def _deceiving(cell_id: str | None, text: str, known: set[str]) -> list[dict[str, Any]]:
    return [
        {"cell_id": cell_id, "line": number, "characters": characters}
        for number, line in enumerate(text.split("\n"), 1)
        if line not in known and (characters := _odd(line))
    ]


def _odd(line: str) -> list[str]:
    line = line.rstrip("\r")
    names = dict.fromkeys(_name(found.group()) for found in DECEIVING.finditer(line))
    return [*names, *dict.fromkeys(_mixed(line))]


def _mixed(line: str) -> Iterable[str]:
    for word in _WORD.findall(line):
        found = _LOOKALIKE.search(word)
        if found is not None and _ASCII.search(word) is not None:
            yield _name(found.group())


def _name(character: str) -> str:
    return f"U+{ord(character):04X} {unicodedata.name(character, 'control character')}"
