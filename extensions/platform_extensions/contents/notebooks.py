"""Notebooks between their bytes and what Jupyter clients exchange. No I/O, safe on any input."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

import nbformat
from nbformat import v4
from nbformat.v4.rwbase import split_lines, strip_transient

from platform_extensions.contents.validation import MAJOR, UNUSABLE, short
from platform_server.errors import InvalidContent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbformat import NotebookNode

    from platform_extensions.contents.validation import NotebookValidator

_WITH_CELL_IDS = 5  # minor format from which on cells have ids
_UNSAFE_OUTPUTS = {"execute_result", "display_data"}
_HARMLESS_KEYS = {"output_type", "execution_count", "metadata"}


@dataclass(frozen=True, kw_only=True)
class Serialised:
    """A notebook as it goes into its file."""

    data: bytes
    accepted: bool  # who sends it accepts all of its outputs
    fault: str | None  # what is not as the format wants it; it is saved all the same


def serialise(content: Any, validator: NotebookValidator) -> Serialised:
    """Return the file of a notebook that a client sends; raises InvalidContent when it is none.

    Cells that lack an id of their own get one.
    """
    try:
        notebook = nbformat.from_dict(content)
        if notebook["nbformat"] != MAJOR:
            notebook = nbformat.convert(notebook, MAJOR)
        accepted = all(_is_accepted(cell) for cell in _code_cells(notebook))
        _give_ids(notebook)
        strip_transient(notebook)
        fault = validator.fault_of(notebook)
        text = json.dumps(
            split_lines(notebook),
            indent=1,
            sort_keys=True,
            ensure_ascii=False,
            separators=(",", ": "),
        )
        return Serialised(data=f"{text}\n".encode(), accepted=accepted, fault=fault)
    except UNUSABLE as error:
        raise _unreadable(error) from error


def parse(data: bytes) -> NotebookNode:
    """Return the notebook in a file, in the present format; raises InvalidContent for another."""
    try:
        loaded = json.loads(data)
        if loaded["nbformat"] == MAJOR:
            return cast("NotebookNode", v4.to_notebook(loaded))
        return cast("NotebookNode", nbformat.reads(data.decode(), as_version=MAJOR))
    except UNUSABLE as error:
        raise _unreadable(error) from error


def mark(notebook: NotebookNode, *, trusted: bool) -> None:
    """Tell the client whether it may show the outputs with their scripts."""
    for cell in _code_cells(notebook):
        cell.setdefault("metadata", nbformat.NotebookNode())["trusted"] = trusted


def _code_cells(notebook: NotebookNode) -> Iterator[NotebookNode]:
    return (cell for cell in notebook["cells"] if cell["cell_type"] == "code")


def _is_accepted(cell: NotebookNode) -> bool:
    """Tell whether the client accepts a cell, or there is nothing in it that could do harm."""
    return bool(cell.get("metadata", {}).get("trusted")) or not any(
        output["output_type"] in _UNSAFE_OUTPUTS and set(output) - _HARMLESS_KEYS
        for output in cell.get("outputs", [])
    )


def _give_ids(notebook: NotebookNode) -> None:
    if notebook.get("nbformat_minor", 0) < _WITH_CELL_IDS:
        return
    taken: set[str] = set()
    for cell in notebook["cells"]:
        if not cell.get("id") or cell["id"] in taken:
            cell["id"] = uuid4().hex[:8]
        taken.add(cell["id"])


def _unreadable(error: BaseException) -> InvalidContent:
    return InvalidContent(f"This is not a notebook that can be read: {short(error)}")
