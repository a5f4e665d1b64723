"""What is different between two states of a file. No I/O; it may take long: see ``differ``."""

from __future__ import annotations

import difflib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_CONTEXT = 3  # lines around a change
_MAX_OUTPUT = 4000  # characters of an output that are compared
_NO_NEWLINE = "\\ No newline at end of file"


def text_of(data: bytes) -> str | None:
    """Return the bytes as text, None if they are something else."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def unified(old: str, new: str, names: tuple[str, str]) -> str:
    """Return the difference in the unified form, "" if there is none."""
    lines = difflib.unified_diff(_lines(old), _lines(new), *names, n=_CONTEXT, lineterm="")
    return _joined(lines)


def coarse(old: str, new: str, names: tuple[str, str]) -> str:
    """Do the same in linear time: everything between the first and the last change is one."""
    before, after = _lines(old), _lines(new)
    start = _common(before, after)
    end = _common(before[start:][::-1], after[start:][::-1])
    gone, come = before[start : len(before) - end], after[start : len(after) - end]
    if not gone and not come:
        return ""
    above = before[max(start - _CONTEXT, 0) : start]
    below = before[len(before) - end :][:_CONTEXT]
    first = start - len(above)
    extra = len(above) + len(below)
    head = f"@@ -{_range(first, len(gone) + extra)} +{_range(first, len(come) + extra)} @@"
    body = [
        *(f" {line}" for line in above),
        *(f"-{line}" for line in gone),
        *(f"+{line}" for line in come),
        *(f" {line}" for line in below),
    ]
    return _joined([f"--- {names[0]}", f"+++ {names[1]}", head, *body])


def notebook_of(data: bytes) -> dict[str, Any] | None:
    """Return the bytes as a notebook, None if they are something else."""
    try:
        notebook = json.loads(data)
        is_one = isinstance(notebook["cells"], list) and notebook["nbformat"] == 4  # noqa: PLR2004
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    return notebook if is_one else None


def notebook_text(notebook: dict[str, Any]) -> str:
    """Return a notebook as lines that people can compare: sources, and outputs behind "#>"."""
    return "\n".join(line for cell in notebook["cells"] for line in _cell_lines(cell))


def _cell_lines(cell: dict[str, Any]) -> Iterator[str]:
    yield f"# %% [{cell.get('cell_type')}] {cell.get('id', '')}".rstrip()
    yield from _joined_source(cell.get("source", "")).split("\n")
    for output in cell.get("outputs", []):
        for line in _output_text(output)[:_MAX_OUTPUT].rstrip("\n").split("\n"):
            yield f"#> {line}"
    yield ""


def _output_text(output: dict[str, Any]) -> str:
    if output.get("output_type") == "stream":
        return _joined_source(output.get("text", ""))
    if output.get("output_type") == "error":
        return f"{output.get('ename')}: {output.get('evalue')}"
    data = output.get("data", {})
    others = [
        f"[{kind}, {len(str(data[kind]))} characters]" for kind in sorted(data) if kind != _PLAIN
    ]
    return "\n".join([_joined_source(data.get(_PLAIN, "")), *others])


_PLAIN = "text/plain"


def _joined_source(source: Any) -> str:
    return "".join(source) if isinstance(source, list) else str(source)


def _lines(text: str) -> list[str]:
    """Split at line ends only, and say so where the last one is missing."""
    if not text:
        return []
    lines = text.split("\n")
    if lines[-1]:
        lines[-1] += f"\n{_NO_NEWLINE}"
    else:
        lines.pop()
    return lines


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many lines two sequences begin with in common."""
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count


def _range(first: int, length: int) -> str:
    return f"{first + 1 if length else first},{length}"


def _joined(lines: Iterator[str] | list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
