"""What executions of a notebook's cells have put out, put into its file. No I/O."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any, TypeAlias

import nbformat
from nbformat.v4.rwbase import split_lines
from nbformat.validator import ValidationError, get_validator

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from nbformat import NotebookNode

Json: TypeAlias = dict[str, Any]

_MAJOR, _MINOR = 4, 5
# What nbformat and json raise on outputs that no notebook can have.
_UNUSABLE = (ArithmeticError, LookupError, RecursionError, TypeError, ValueError, ValidationError)


class NotANotebook(Exception):
    """The file is no notebook whose cells have ids."""


@dataclass(frozen=True, kw_only=True)
class CellRun:
    """One execution: everything that it has put out so far."""

    cell_id: str
    execution_count: int | None
    outputs: Sequence[Json] = field(repr=False)
    seen_at: datetime | None = None  # when a page had all of it, that could save it since
    source: str | None = None  # that the cell must have; None: whatever it is
    fills_only: bool = False  # a cell that shows something already is left alone


@dataclass(frozen=True, kw_only=True)
class State:
    """What a cell shows."""

    outputs: str  # a digest
    execution_count: int | None


@dataclass(frozen=True, kw_only=True)
class Change:
    """What a cell showed, and what it shows."""

    before: State
    after: State


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A notebook's file with outputs in their cells."""

    data: bytes
    cells: Mapping[str, Change]  # those that are other than before, by id


def with_runs(data: bytes, runs: Sequence[CellRun]) -> Placed | None:
    """Return the file with all that the runs put out in place of what their cells had.

    None when it says all of that already, or has no such cells. What a cell contains now does not
    matter unless the run says so, as on the page, where outputs stay with a cell that is edited
    while it runs. Raises NotANotebook.
    """
    notebook = load(data)
    cells = code_cells(notebook)
    changed = {}
    for run in runs:
        change = _put(cells[run.cell_id], run) if run.cell_id in cells else None
        if change is not None:
            changed[run.cell_id] = change
    return Placed(data=dump(notebook), cells=changed) if changed else None


def load(data: bytes) -> Json:
    """Return the notebook in a file. Raises NotANotebook."""
    try:
        notebook = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise NotANotebook from error
    is_notebook = isinstance(notebook, dict) and notebook.get("nbformat") == _MAJOR
    if not is_notebook or not isinstance(notebook.get("cells"), list):
        raise NotANotebook
    return dict(notebook)


def dump(notebook: Json) -> bytes:
    """Return a notebook's file, as all notebooks are written here."""
    text = json.dumps(
        notebook, indent=1, sort_keys=True, ensure_ascii=False, separators=(",", ": ")
    )
    return f"{text}\n".encode()


def code_cells(notebook: Json) -> dict[str, Json]:
    """Return the code cells by their ids; what is malformed is passed over."""
    return {
        cell["id"]: cell
        for cell in notebook["cells"]
        if isinstance(cell, dict)
        and cell.get("cell_type") == "code"
        and isinstance(cell.get("id"), str)
    }


def state_of(cell: Json) -> State:
    """Return what a cell shows; its texts may be in lines or in one piece."""
    outputs = json.dumps(_joined(cell.get("outputs", [])), sort_keys=True)
    count = cell.get("execution_count")
    return State(
        outputs=sha256(outputs.encode(errors="surrogatepass")).hexdigest(),
        execution_count=count if isinstance(count, int) else None,
    )


def is_beginning(outputs: Any, whole: Any) -> bool:
    """Tell whether the outputs are what a cell showed on its way to the whole."""
    part, whole = _joined(outputs), _joined(whole)
    if not isinstance(part, list) or not isinstance(whole, list) or len(part) > len(whole):
        return False
    if part[:-1] != whole[: max(len(part) - 1, 0)]:
        return False
    return not part or part[-1] == whole[len(part) - 1] or _has_less(part[-1], whole[len(part) - 1])


def _has_less(stream: Any, longer: Any) -> bool:
    if not isinstance(stream, dict) or not isinstance(longer, dict):
        return False
    text, longer_text = stream.get("text"), longer.get("text")
    is_same = {**stream, "text": ""} == {**longer, "text": ""}
    is_text = isinstance(text, str) and isinstance(longer_text, str)
    return is_same and is_text and str(longer_text).startswith(str(text))


def _joined(value: Any) -> Any:
    """Return outputs with texts in one piece, which files may have as lists of lines."""
    if isinstance(value, dict):
        return {key: _joined(one) for key, one in value.items()}
    if isinstance(value, list):
        if value and all(isinstance(one, str) for one in value):
            return "".join(value)
        return [_joined(one) for one in value]
    return value


def _put(cell: Json, run: CellRun) -> Change | None:
    if run.source is not None and _joined(cell.get("source", "")) != run.source:
        return None
    if run.fills_only and cell.get("outputs"):
        return None
    before = state_of(cell)
    shown = {"outputs": _usable(run.outputs), "execution_count": run.execution_count}
    after = state_of(shown)
    if after == before:
        return None
    cell |= shown
    return Change(before=before, after=after)


def _usable(outputs: Sequence[Json]) -> list[Json]:
    """Return the outputs as a file has them, without those that the format does not allow."""
    try:
        return _checked(outputs)
    except _UNUSABLE:
        return [one for output in outputs for one in _checked_or_none(output)]


def _checked_or_none(output: Json) -> list[Json]:
    try:
        return _checked([output])
    except _UNUSABLE:
        return []


def _checked(outputs: Sequence[Json]) -> list[Json]:
    # Text that UTF-8 cannot say, or a number that JSON cannot, would make the file unreadable.
    json.dumps(outputs, ensure_ascii=False, allow_nan=False).encode()
    cell: Json = {
        "cell_type": "code",
        "id": "cell",
        "metadata": {},
        "source": "",
        "execution_count": None,
        "outputs": outputs,
    }
    notebook: NotebookNode = nbformat.from_dict(
        {"nbformat": _MAJOR, "nbformat_minor": _MINOR, "metadata": {}, "cells": [cell]}
    )
    get_validator(_MAJOR, _MINOR, name="fastjsonschema").validate(notebook)
    return list(split_lines(notebook)["cells"][0]["outputs"])
