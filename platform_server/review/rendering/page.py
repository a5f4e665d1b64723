"""A file as a whole page. No I/O, safe on any input."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from platform_server.review.rendering.code import lines_html
from platform_server.review.rendering.outputs import note
from platform_server.review.rendering.parts import Doubt, parts_of
from platform_server.review.rendering.style import STYLE

if TYPE_CHECKING:
    from platform_server.review.rendering.parts import Part

_WORDS = {
    Doubt.DECEIVES: (
        "There are characters in this that cannot be seen, or that turn text around: see U+…."
    ),
    Doubt.NEVER_RUN: "This cell has outputs, but says that it was never run.",
    Doubt.OUT_OF_ORDER: "This cell was run before one that stands above it.",
    Doubt.NO_TEXT: "This file is not text: download it to look at it.",
    Doubt.MORE_CELLS: "More cells are not shown.",
}


def page(name: str, data: bytes) -> str:
    """Return a whole HTML document that shows a file."""
    body = "".join(_shown(number, one) for number, one in enumerate(parts_of(name, data)))
    return (
        "<!doctype html><html><head><meta charset=utf-8>"
        f"<title>{escape(name)}</title><style>{STYLE}</style></head>"
        f"<body><main>{body}</main></body></html>"
    )


def _shown(number: int, part: Part) -> str:
    """Return a part; a cell can be linked to as ``cell-<number from 0>``."""
    warnings = "".join(note(_WORDS[one]) for one in part.warnings)
    if part.kind in {"picture", "nothing"}:
        return warnings + part.html
    anchor = f"cell-{number}" if part.is_cell else "file"
    markdown = f'<div class="markdown">{part.html}</div>'
    inside = markdown if part.is_markdown else lines_html(list(part.lines), anchor) + part.html
    if not part.is_cell:
        return warnings + inside
    return (
        f'<section class="cell {part.kind}" id="{anchor}"><div class="label">{part.label}</div>'
        f"<div>{warnings}{inside}</div></section>"
    )
