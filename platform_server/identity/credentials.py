"""Secrets that let somebody in: made here, stored only as their hash."""

from __future__ import annotations

import hashlib
import re
import secrets

TOKEN_PREFIX = "pxp_"  # noqa: S105  # lets scanners recognise a leaked token
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


def new_session_secret() -> str:
    """Return 256 random bits, fit for a cookie."""
    return secrets.token_urlsafe(32)


def new_token_secret() -> str:
    """Return a new API token as its owner sees it, once."""
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def digest_of_session(secret: str) -> str | None:
    """Return what is stored of a session's secret; None if it cannot be one."""
    return _digest(secret) if _SECRET.fullmatch(secret) else None


def digest_of_token(secret: str) -> str | None:
    """Return what is stored of an API token; None if it cannot be one."""
    body = secret.removeprefix(TOKEN_PREFIX)
    is_token = secret.startswith(TOKEN_PREFIX) and _SECRET.fullmatch(body)
    return _digest(secret) if is_token else None


def _digest(secret: str) -> str:
    # A fast hash is right here: nobody guesses 256 random bits.
    return hashlib.sha256(secret.encode()).hexdigest()
