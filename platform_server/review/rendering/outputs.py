"""What a cell put out, as HTML that can do nothing. No I/O, safe on any input."""

from __future__ import annotations

import base64
import json
import re
from html import escape
from typing import Any

from platform_server.review.rendering.characters import shown
from platform_server.review.rendering.formulas import mathml
from platform_server.review.rendering.markdown import rendered
from platform_server.review.rendering.sanitiser import sanitised

_MOST_TEXT = 200_000  # characters of one output
_MOST_HTML = 2_000_000
_MOST_OUTPUTS = 500  # of one cell
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]+")
_ESCAPES = re.compile(
    r"\x1b\[([0-9;]*)m|\x1b(?:\[[0-9;?]*[A-Za-z]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)?"
)
_COLOURS = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
_RASTER = ("image/png", "image/jpeg", "image/gif", "image/webp")


def outputs_html(outputs: Any) -> str:
    """Return a cell's outputs, each in a division of its own that has its number."""
    if not isinstance(outputs, list):
        return ""
    pieces = [
        f'<div class="output" data-output="{number}">{output_html(one)}</div>'
        for number, one in enumerate(outputs[:_MOST_OUTPUTS])
    ]
    if len(outputs) > _MOST_OUTPUTS:
        pieces.append(note(f"{len(outputs) - _MOST_OUTPUTS} more outputs are not shown."))
    return "".join(pieces)


def output_html(output: Any) -> str:
    """Return one output."""
    if not isinstance(output, dict):
        return note("This output is damaged.")
    kind = output.get("output_type")
    if kind == "stream":
        stream = "stderr" if output.get("name") == "stderr" else "stdout"
        return f'<pre class="{stream}">{terminal(joined(output.get("text")))}</pre>'
    if kind == "error":
        lines = output.get("traceback")
        text = "\n".join(map(str, lines)) if isinstance(lines, list) else ""
        text = text or f"{output.get('ename', '')}: {output.get('evalue', '')}"
        return f'<pre class="error">{terminal(text)}</pre>'
    if kind in {"display_data", "execute_result"}:
        data = output.get("data")
        return _richest(data) if isinstance(data, dict) else note("This output is damaged.")
    return note("An output of an unknown kind.")


def joined(text: Any) -> str:
    """Return a text that a notebook has in one piece or by lines."""
    if isinstance(text, list):
        return "".join(one for one in text if isinstance(one, str))
    return text if isinstance(text, str) else ""


def picture(kind: str, data: str, alternative: str = "") -> str:
    """Return an image element that carries its picture; ``data`` is base64."""
    if not _BASE64.fullmatch(data):
        return note("This picture is damaged.")
    packed = "".join(data.split())
    return f'<img alt="{escape(alternative)}" src="data:{kind};base64,{packed}">'


def terminal(text: str) -> str:
    """Return what a terminal would show, with its colours; other sequences are left out."""
    if len(text) > _MOST_TEXT:
        text = f"{text[:_MOST_TEXT]}\n[{len(text) - _MOST_TEXT} more characters]"
    pieces: list[str] = []
    classes: list[str] = []
    done = 0
    for found in _ESCAPES.finditer(text):
        pieces.append(_styled(text[done : found.start()], classes))
        if found.group(1) is not None:
            classes = _classes(found.group(1), classes)
        done = found.end()
    return "".join([*pieces, _styled(text[done:], classes)])


def note(text: str) -> str:
    """Return a remark of the page's own."""
    return f'<p class="note">{escape(text)}</p>'


def _richest(data: dict[str, Any]) -> str:
    """Return the form of an output that shows most."""
    for show in (_pictured, _marked_up, _structured):
        html = show(data)
        if html:
            return html
    kinds = ", ".join(str(kind) for kind in data)[:300]
    plain = joined(data.get("text/plain"))
    said = note(f"Not shown in a review: {kinds}.") if set(data) - {"text/plain"} else ""
    return said + (f"<pre>{terminal(plain)}</pre>" if plain else "")


def _pictured(data: dict[str, Any]) -> str:
    for kind in _RASTER:
        if kind in data:
            return picture(kind, joined(data[kind]), joined(data.get("text/plain"))[:200])
    if "image/svg+xml" in data:
        packed = base64.b64encode(joined(data["image/svg+xml"]).encode()).decode()
        return picture("image/svg+xml", packed)
    return ""


def _marked_up(data: dict[str, Any]) -> str:
    if "text/html" in data:
        return _html(joined(data["text/html"]))
    if "text/markdown" in data:
        return rendered(joined(data["text/markdown"]))
    if "text/latex" in data:
        return mathml(joined(data["text/latex"]).strip().strip("$"), display=True)
    return ""


def _structured(data: dict[str, Any]) -> str:
    if "application/json" not in data:
        return ""
    text = json.dumps(data["application/json"], indent=2, ensure_ascii=False)
    return f"<pre>{shown(text[:_MOST_TEXT])}</pre>"


def _html(html: str) -> str:
    if len(html) > _MOST_HTML:
        return note("This output is too large to be shown.")
    return f'<div class="html">{sanitised(html)}</div>'


def _styled(text: str, classes: list[str]) -> str:
    if not text:
        return ""
    return f'<span class="{" ".join(classes)}">{shown(text)}</span>' if classes else shown(text)


def _classes(numbers: str, classes: list[str]) -> list[str]:
    """Return how text looks after a sequence (ECMA-48, SGR); colours of 256 are left out."""
    for number in (numbers or "0").split(";"):
        value = int(number or "0")
        if value == 0:
            classes = []
        elif value == 1:
            classes = [*classes, "bold"]
        elif value in {38, 48}:
            return classes
        elif value % 10 < len(_COLOURS) and value // 10 in {3, 9}:
            classes = [one for one in classes if one == "bold"] + [_COLOURS[value % 10]]
        elif value == 39:  # noqa: PLR2004 - the default colour
            classes = [one for one in classes if one == "bold"]
    return classes
