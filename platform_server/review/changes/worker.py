"""Looks at changes in a process of its own, which may be killed: files may be hostile."""

from __future__ import annotations

from typing import Any

from platform_server.contents import worker
from platform_server.review.changes.findings import findings_of


def answer(job: dict[str, Any], pieces: list[bytes]) -> dict[str, Any]:
    """Return what of a change deserves a second look."""
    old, new = pieces
    return findings_of(old, new, is_notebook=job["is_notebook"])


if __name__ == "__main__":
    worker.serve(answer)
