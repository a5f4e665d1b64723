"""Compares files in a process of its own, which may be killed: hostile files may take for ever.

It reads jobs from its standard input and writes answers to its standard output: a line of JSON,
then the bytes of both files; a line of JSON.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from contextlib import suppress
from typing import Any

from platform_server.contents import diffs

MEMORY = 2 << 30  # bytes of address space
_NICE = 10

# What comes of a notebook that only looks like one.
_NO_NOTEBOOK = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


def main() -> None:
    """Answer jobs until the input ends."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(_NICE)
    while line := sys.stdin.buffer.readline():
        job = json.loads(line)
        old, new = (sys.stdin.buffer.read(size) for size in job["sizes"])
        answer = compare(old, new, tuple(job["names"]), is_notebook=job["is_notebook"])
        sys.stdout.write(f"{json.dumps(answer)}\n")
        sys.stdout.flush()


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
    main()
