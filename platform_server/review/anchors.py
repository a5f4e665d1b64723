"""Places in what was submitted: checked, and quoted, so that they can be found again."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from platform_server.errors import InvalidInput

if TYPE_CHECKING:
    from platform_server.review.model import Anchor

MAX_QUOTE = 20_000  # characters
_NO_CELL = "The notebook has no such cell in that round."
_NO_OUTPUT = "The cell has no such output in that round."
_NO_LINES = "There are no such lines in that round."
_NO_TEXT = "That file has no lines: comment on the file as a whole."


def anchored(anchor: Anchor, data: bytes) -> Anchor:
    """Return the anchor with the quote of what is there. Raises InvalidInput if nothing is."""
    if anchor.cell_id is not None:
        return replace(anchor, quote=_in_notebook(anchor, data)[:MAX_QUOTE])
    if anchor.output is not None:
        raise InvalidInput(_NO_CELL)
    if anchor.line is None:
        return anchor
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise InvalidInput(_NO_TEXT) from error
    return replace(anchor, quote=_lines(anchor, text)[:MAX_QUOTE])


def cells_of(data: bytes) -> list[dict[str, Any]]:
    """Return a notebook's cells; none if it is something else."""
    try:
        cells = json.loads(data)["cells"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return []
    return [one for one in cells if isinstance(one, dict)] if isinstance(cells, list) else []


def source_of(cell: dict[str, Any]) -> str:
    """Return a cell's source, whether it is stored in one piece or by lines."""
    source = cell.get("source", "")
    if isinstance(source, list):
        return "".join(one for one in source if isinstance(one, str))
    return source if isinstance(source, str) else ""


def _in_notebook(anchor: Anchor, data: bytes) -> str:
    cell = next((one for one in cells_of(data) if one.get("id") == anchor.cell_id), None)
    if cell is None:
        raise InvalidInput(_NO_CELL)
    if anchor.output is not None:
        outputs = cell.get("outputs")
        if not isinstance(outputs, list) or not 0 <= anchor.output < len(outputs):
            raise InvalidInput(_NO_OUTPUT)
        return json.dumps(outputs[anchor.output], sort_keys=True)
    return source_of(cell) if anchor.line is None else _lines(anchor, source_of(cell))


def _lines(anchor: Anchor, text: str) -> str:
    assert anchor.line is not None
    lines = text.split("\n")
    last = anchor.line if anchor.end_line is None else anchor.end_line
    if not 1 <= anchor.line <= last <= len(lines):
        raise InvalidInput(_NO_LINES)
    return "\n".join(lines[anchor.line - 1 : last])
