"""Renders files in a process of its own, which may be killed: hostile files may take for ever."""

from __future__ import annotations

from typing import Any

from platform_server.contents import worker
from platform_server.review.rendering.page import page
from platform_server.review.rendering.parts import parts_json

_FORMS = {"page": page, "parts": parts_json}


def answer(job: dict[str, Any], pieces: list[bytes]) -> dict[str, Any]:
    """Return ``{"text": …}``: the file ``job["name"]`` in the form ``job["form"]``."""
    return {"text": _FORMS[job["form"]](job["name"], pieces[0])}


if __name__ == "__main__":
    worker.serve(answer)
