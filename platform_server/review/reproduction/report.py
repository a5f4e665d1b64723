"""What became of one notebook that was run again. No I/O, safe on any input; it may take long."""

from __future__ import annotations

import difflib
import json
from typing import Any

from platform_server.contents.diffs import notebook_of
from platform_server.review.anchors import cells_of, source_of
from platform_server.review.reproduction.model import Outcome, worst
from platform_server.review.reproduction.outputs import compare, text_of

MOST_KEPT = 2 * 2**20  # bytes of outputs that a report keeps
_MOST_DIFF = 20_000  # characters
_MOST_LINES = 2_000  # lines of an output that are compared for people
_DAY = 86_400  # seconds
_STATUSES = ("ok", "error", "time limit", "died")
_OUTPUT_TYPES = {"stream", "display_data", "execute_result", "error"}
_NO_RUN = "The submitted cell was not run."
_DIED = "The kernel ended while this cell ran: it may have needed more memory than there is."
_CUT = "It shows too much to be compared."
_LATE = "It took longer than a cell, or the whole notebook, may take."
_ENDED = {"time limit": (Outcome.TIME_LIMIT, _LATE), "died": (Outcome.FAILS, _DIED)}


def job_of(data: bytes) -> list[dict[str, Any]] | None:
    """Return the code cells of a notebook as the agent's ``rerun`` wants them.

    None if it is no notebook, or not in Python.
    """
    notebook = notebook_of(data)
    if notebook is None or _language(notebook) not in {"python", None}:
        return None
    return [
        {"number": number, "source": source_of(cell), "may_fail": _may_fail(cell)}
        for number, cell in _code_cells(data)
    ]


def report_of(data: bytes, printed: bytes, *, patience_ended: bool = False) -> dict[str, Any]:
    """Compare a notebook with what the sandbox says came of it.

    Returns ``{"outcome", "cells": [{"number", "cell_id", "outcome", "message", "seconds",
    "ignored", "diff", "outputs"}]}``. ``outputs`` are the new ones, of cells that are not the
    same; ``diff`` is the unified difference of what both show as text.
    """
    results = results_of(printed)
    kept = MOST_KEPT
    cells = []
    for number, cell in _code_cells(data):
        told = _cell_report(number, cell, results.get(number), is_late=patience_ended)
        kept -= len(told["diff"]) + len(json.dumps(told["outputs"]))
        if kept < 0:
            told["outputs"] = None
        cells.append(told)
    outcome = worst(Outcome(one["outcome"]) for one in cells)
    return {"outcome": None if outcome is None else outcome.value, "cells": cells}


def results_of(printed: bytes) -> dict[int, dict[str, Any]]:
    """Return what the sandbox said of each cell, without what makes no sense."""
    results = {}
    for line in printed.split(b"\n"):
        try:
            said = json.loads(line, parse_constant=_no_number)
        except (ValueError, RecursionError):
            continue
        if (
            isinstance(said, dict)
            and isinstance(said.get("number"), int)
            and said.get("status") in _STATUSES
            and isinstance(said.get("outputs"), list)
        ):
            results[said["number"]] = said
    return results


def again(data: bytes, cells: list[dict[str, Any]]) -> bytes:
    """Return the notebook with the outputs that a report kept in the place of those it had."""
    notebook = json.loads(data)
    new = {one["number"]: one["outputs"] for one in cells if one["outputs"] is not None}
    found = (one for one in notebook["cells"] if isinstance(one, dict))
    for number, cell in enumerate(found):
        if number in new:
            cell["outputs"] = new[number]
    return json.dumps(notebook).encode()


def _cell_report(
    number: int, cell: dict[str, Any], result: dict[str, Any] | None, *, is_late: bool
) -> dict[str, Any]:
    outcome, message, ignored = _judged(cell, result, is_late=is_late)
    told: dict[str, Any] = {
        "number": number,
        "cell_id": cell.get("id") if isinstance(cell.get("id"), str) else None,
        "outcome": outcome.value,
        "message": message,
        "seconds": _seconds(result),
        "ignored": sorted(ignored),
        "diff": "",
        "outputs": None,
    }
    if result is not None and outcome is not Outcome.SAME:
        outputs = [one for one in result["outputs"] if _is_output(one)]
        told["outputs"] = outputs
        told["diff"] = _diff(text_of(cell.get("outputs")), text_of(outputs))
    return told


def _judged(
    cell: dict[str, Any], result: dict[str, Any] | None, *, is_late: bool
) -> tuple[Outcome, str, set[str]]:
    if result is None:
        return Outcome.NOT_RUN, _LATE if is_late else "", set()
    ended = _ENDED.get(result["status"])
    if ended is not None:
        return *ended, set()
    if result.get("is_cut"):
        return Outcome.DIFFERS, _CUT, set()
    comparison = compare(cell.get("outputs"), result["outputs"])
    if comparison.is_same:
        return Outcome.SAME, "", comparison.ignored
    if result["status"] == "error" and not _may_fail(cell):
        return Outcome.FAILS, _error(result["outputs"]), set()
    was_run = cell.get("execution_count") is not None or cell.get("outputs")
    return Outcome.DIFFERS, "" if was_run else _NO_RUN, set()


def _language(notebook: dict[str, Any]) -> str | None:
    metadata = notebook.get("metadata")
    for part, name in (("language_info", "name"), ("kernelspec", "language")):
        said = metadata.get(part) if isinstance(metadata, dict) else None
        language = said.get(name) if isinstance(said, dict) else None
        if isinstance(language, str):
            return language.lower()
    return None


def _code_cells(data: bytes) -> list[tuple[int, dict[str, Any]]]:
    """Return the cells that have code, with their numbers among all cells."""
    return [
        (number, cell)
        for number, cell in enumerate(cells_of(data))
        if cell.get("cell_type") == "code" and source_of(cell).strip()
    ]


def _may_fail(cell: dict[str, Any]) -> bool:
    """Tell whether a cell is meant to fail: it says so, or failed when it was submitted."""
    metadata = cell.get("metadata")
    tags = metadata.get("tags") if isinstance(metadata, dict) else None
    if isinstance(tags, list) and "raises-exception" in tags:
        return True
    outputs = cell.get("outputs")
    return isinstance(outputs, list) and any(
        isinstance(one, dict) and one.get("output_type") == "error" for one in outputs
    )


def _is_output(one: Any) -> bool:
    return isinstance(one, dict) and one.get("output_type") in _OUTPUT_TYPES


def _seconds(result: dict[str, Any] | None) -> float | None:
    seconds = (result or {}).get("seconds")
    if isinstance(seconds, int | float) and 0 <= seconds < _DAY:
        return round(float(seconds), 3)
    return None


def _no_number(name: str) -> Any:
    raise ValueError(name)


def _error(outputs: list[Any]) -> str:
    for one in outputs:
        if isinstance(one, dict) and one.get("output_type") == "error":
            return f"{one.get('ename')}: {one.get('evalue')}"[:500]
    return ""


def _diff(old: str, new: str) -> str:
    before, after = old.split("\n")[:_MOST_LINES], new.split("\n")[:_MOST_LINES]
    lines = difflib.unified_diff(before, after, "submitted", "run again", n=2, lineterm="")
    return "\n".join(lines)[:_MOST_DIFF]
