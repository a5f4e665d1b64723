"""Versions of what several people edit as a whole: who saves over another one is told."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from platform_server.errors import PreconditionFailed

if TYPE_CHECKING:
    from collections.abc import Mapping


def version_of(content: Mapping[str, Any]) -> str:
    """Return what stands for just this content: 64 lower-case hex digits."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def check_version(expected: str | None, now: str, what: str) -> None:
    """Raise PreconditionFailed if there is another version by now; None: whichever it is."""
    if expected not in {None, now}:
        raise PreconditionFailed(
            f"Somebody else changed {what} since you opened it, so yours was not saved. "
            "Load the newer one, and look at both."
        )
