"""Compares files in a process of its own, which may be killed: hostile files may take for ever."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from platform_server.contents import diffs, worker

# What comes of a notebook that only looks like one.
_NO_NOTEBOOK = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


def answer(job: dict[str, Any], pieces: list[bytes]) -> dict[str, Any]:
    """Compare two files."""
    old, new = pieces
    return compare(old, new, tuple(job["names"]), is_notebook=job["is_notebook"])


def compare(old: bytes, new: bytes, names: tuple[str, str], *, is_notebook: bool) -> dict[str, Any]:
    """Return ``{"notebook": nbdime's difference | None, "unified": text}`` of two texts."""
    before = diffs.notebook_of(old) if is_notebook else None
    after = diffs.notebook_of(new) if is_notebook else None
    if before is not None and after is not None:
        with suppress(*_NO_NOTEBOOK):
            return {
                "notebook": _structured(before, after),
                "unified": diffs.unified(
                    diffs.notebook_text(before), diffs.notebook_text(after), names
                ),
            }
    return {"notebook": None, "unified": diffs.unified(old.decode(), new.decode(), names)}


def _structured(before: dict[str, Any], after: dict[str, Any]) -> Any:
    import nbformat
    from nbdime.diffing.notebooks import diff_notebooks  # takes seconds to import

    return diff_notebooks(nbformat.from_dict(before), nbformat.from_dict(after))


if __name__ == "__main__":
    worker.serve(answer)
