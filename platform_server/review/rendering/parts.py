"""A file in parts: a notebook's cells, or all of it. No I/O, safe on any input.

A part's source is plain text, line by line; all else about it is HTML that can do nothing.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from enum import Enum
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from platform_server.review.anchors import cells_of, source_of
from platform_server.review.rendering.characters import deceives
from platform_server.review.rendering.code import lexer_for, lines_of
from platform_server.review.rendering.markdown import rendered
from platform_server.review.rendering.outputs import joined, outputs_html, picture
from platform_server.review.rendering.sanitiser import is_picture
from platform_server.review.rendering.style import FRAME_POLICY, STYLE

if TYPE_CHECKING:
    from pygments.lexer import Lexer

    from platform_server.review.rendering.code import Line

_MOST_CELLS = 3_000
_PICTURES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".svg": "image/svg+xml",
}
_MARKDOWN = {".md", ".markdown"}


class Doubt(Enum):
    """What a reader should know about a part before believing it."""

    DECEIVES = "deceives"
    NEVER_RUN = "never run"
    OUT_OF_ORDER = "out of order"
    NO_TEXT = "no text"
    MORE_CELLS = "more cells"


@dataclass(frozen=True, kw_only=True)
class Part:
    """A cell, or a file that is no notebook."""

    kind: str  # "code", "markdown", "raw", "text", "picture", "nothing"
    is_cell: bool = False
    cell_id: str | None = None
    label: str = ""  # beside it
    lines: tuple[Line, ...] = ()  # its source
    html: str = ""  # its outputs, or what it looks like
    outputs: int = 0
    warnings: tuple[Doubt, ...] = ()

    @property
    def is_markdown(self) -> bool:
        """Tell whether its source is not what people want to see."""
        return self.kind == "markdown"


def parts_of(name: str, data: bytes) -> list[Part]:
    """Return the parts of a file."""
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in _PICTURES:
        html = picture(_PICTURES[suffix], base64.b64encode(data).decode(), name)
        return [Part(kind="picture", html=html)]
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        return [Part(kind="nothing", warnings=(Doubt.NO_TEXT,))]
    if suffix == ".ipynb" and (cells := cells_of(data)):
        return _cells(cells, _language(data))
    is_markdown = suffix in _MARKDOWN
    return [
        Part(
            kind="markdown" if is_markdown else "text",
            lines=tuple(lines_of(text, lexer_for(name))),
            html=rendered(text) if is_markdown else "",
            warnings=_suspicions(text),
        )
    ]


def parts_json(name: str, data: bytes) -> str:
    """Return the parts and their look, as ``GET /api/submissions/{id}/parts/{path}`` answers."""
    parts = [
        {
            "kind": one.kind,
            "cell": one.is_cell,
            "cell_id": one.cell_id,
            "label": one.label,
            "lines": one.lines,
            "html": one.html,
            "outputs": one.outputs,
            "warnings": [warning.value for warning in one.warnings],
        }
        for one in parts_of(name, data)
    ]
    return json.dumps({"style": STYLE, "policy": FRAME_POLICY, "parts": parts})


def _cells(cells: list[dict[str, Any]], language: str) -> list[Part]:
    lexer = lexer_for(f"x{language}") if language else None
    parts: list[Part] = []
    latest = 0
    for cell in cells[:_MOST_CELLS]:
        parts.append(_cell(cell, lexer, latest))
        latest = max(latest, _count(cell) or 0)
    if len(cells) > _MOST_CELLS:
        parts.append(Part(kind="nothing", warnings=(Doubt.MORE_CELLS,)))
    return parts


def _cell(cell: dict[str, Any], lexer: Lexer | None, latest: int) -> Part:
    """Return a cell; ``latest`` is the highest count of the cells before it."""
    source, kind, identity = source_of(cell), cell.get("cell_type"), cell.get("id")
    cell_id = identity if isinstance(identity, str) else None
    if kind == "code":
        outputs, count = cell.get("outputs"), _count(cell)
        return Part(
            kind="code",
            is_cell=True,
            cell_id=cell_id,
            label=f"[{count if count is not None else ' '}]",
            lines=tuple(lines_of(source, lexer)),
            html=outputs_html(outputs),
            outputs=len(outputs) if isinstance(outputs, list) else 0,
            warnings=_suspicions(source) + _doubts(outputs, count, latest),
        )
    is_markdown = kind == "markdown"
    return Part(
        kind="markdown" if is_markdown else "raw",
        is_cell=True,
        cell_id=cell_id,
        lines=tuple(lines_of(source, lexer_for("x.md" if is_markdown else "x.txt"))),
        html=rendered(source, _attachments(cell)) if is_markdown else "",
        warnings=_suspicions(source),
    )


def _suspicions(source: str) -> tuple[Doubt, ...]:
    return (Doubt.DECEIVES,) if deceives(source) else ()


def _doubts(outputs: Any, count: int | None, latest: int) -> tuple[Doubt, ...]:
    """Return why a cell's outputs may not be what its source puts out."""
    if not outputs:
        return ()
    if count is None:
        return (Doubt.NEVER_RUN,)
    return (Doubt.OUT_OF_ORDER,) if count < latest else ()


def _count(cell: dict[str, Any]) -> int | None:
    count = cell.get("execution_count")
    return count if isinstance(count, int) and cell.get("cell_type") == "code" else None


def _attachments(cell: dict[str, Any]) -> dict[str, str]:
    """Return the addresses of the pictures that a Markdown cell has with it."""
    attachments = cell.get("attachments")
    found: dict[str, str] = {}
    for name, kinds in attachments.items() if isinstance(attachments, dict) else ():
        for kind, data in kinds.items() if isinstance(kinds, dict) else ():
            address = f"data:{kind};base64,{''.join(joined(data).split())}"
            if is_picture(address):
                found[str(name)] = address
    return found


def _language(data: bytes) -> str:
    """Return the suffix of the notebook's language, "" if it says none."""
    try:
        suffix = json.loads(data)["metadata"]["language_info"]["file_extension"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""
    is_suffix = isinstance(suffix, str) and suffix.removeprefix(".").isalnum()
    return suffix if is_suffix else ""
