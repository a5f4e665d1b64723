"""Time and fresh ids, injected so that tests decide them."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
IdFactory = Callable[[], str]
_ALPHABET = "0123456789abcdefghijklmnopqrstuv"


def utc_now() -> datetime:
    """Return the present time, aware, in UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """Return a fresh id: 26 lower-case letters and digits, unguessable (130 bits)."""
    return "".join(_ALPHABET[byte & 31] for byte in secrets.token_bytes(26))
