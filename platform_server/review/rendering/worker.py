"""Renders files in a process of its own, which may be killed: hostile files may take for ever."""

from __future__ import annotations

from typing import Any

from platform_server.contents import worker
from platform_server.review.rendering.page import page


def answer(job: dict[str, Any], pieces: list[bytes]) -> dict[str, Any]:
    """Return ``{"html": a page}`` that shows the file ``job["name"]``."""
    return {"html": page(job["name"], pieces[0])}


if __name__ == "__main__":
    worker.serve(answer)
