"""Seals of what is kept in a row: each is made of what it seals and of the seal before it."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def seal(said: Mapping[str, Any], before: str) -> str:
    """Return the seal, 64 lower-case hex digits; ``before`` is "" for the first of a row."""
    text = json.dumps(said, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(f"{before}\n{text}".encode()).hexdigest()
