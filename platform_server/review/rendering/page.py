"""A file as a whole page. No I/O, safe on any input."""

from __future__ import annotations

import base64
import json
from html import escape
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from platform_server.review.anchors import cells_of, source_of
from platform_server.review.rendering.characters import deceives
from platform_server.review.rendering.code import lexer_for, lines_html
from platform_server.review.rendering.markdown import rendered
from platform_server.review.rendering.outputs import joined, note, outputs_html, picture
from platform_server.review.rendering.sanitiser import is_picture
from platform_server.review.rendering.style import STYLE

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_CELLS = 3_000
_PICTURES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".svg": "image/svg+xml",
}
_DECEIVES = "There are characters in this that cannot be seen, or that turn text around: see U+…."


def page(name: str, data: bytes) -> str:
    """Return a whole HTML document that shows a file."""
    return (
        "<!doctype html><html><head><meta charset=utf-8>"
        f"<title>{escape(name)}</title><style>{STYLE}</style></head>"
        f"<body><main>{_body(name, data)}</main></body></html>"
    )


def _body(name: str, data: bytes) -> str:
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in _PICTURES:
        return picture(_PICTURES[suffix], base64.b64encode(data).decode(), name)
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return note("This file is not text: download it to look at it.")
    if "\0" in text:
        return note("This file is not text: download it to look at it.")
    warning = note(_DECEIVES) if deceives(text) else ""
    if suffix == ".ipynb" and (cells := cells_of(data)):
        return warning + "".join(_cells(cells, _language(data)))
    if suffix in {".md", ".markdown"}:
        return f'{warning}<div class="markdown">{rendered(text)}</div>'
    return warning + lines_html(text, "file", lexer_for(name))


def _cells(cells: list[dict[str, Any]], language: str) -> Iterator[str]:
    for number, cell in enumerate(cells[:_MOST_CELLS]):
        yield _cell(number, cell, language)
    if len(cells) > _MOST_CELLS:
        yield note(f"{len(cells) - _MOST_CELLS} more cells are not shown.")


def _cell(number: int, cell: dict[str, Any], language: str) -> str:
    """Return a cell; it can be linked to as ``cell-<number from 0>``."""
    anchor, source = f"cell-{number}", source_of(cell)
    warning = note(_DECEIVES) if deceives(source) else ""
    kind = cell.get("cell_type")
    if kind == "code":
        lexer = lexer_for(f"x{language}") if language else None
        inside = lines_html(source, anchor, lexer) + outputs_html(cell.get("outputs"))
        count = cell.get("execution_count")
        label = f"[{count if isinstance(count, int) else ' '}]"
    elif kind == "markdown":
        inside = f'<div class="markdown">{rendered(source, _attachments(cell))}</div>'
        label = ""
    else:
        inside, label = lines_html(source, anchor, lexer_for("x.txt")), ""
    name = kind if kind in {"code", "markdown"} else "raw"
    return (
        f'<section class="cell {name}" id="{anchor}"><div class="label">{label}</div>'
        f"<div>{warning}{inside}</div></section>"
    )


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
