"""Whom an event concerns that the server emits by itself."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from platform_server.identity.model import UserId

# Listeners run in the context of who emits. None: each listener finds out by itself.
AUDIENCE: ContextVar[frozenset[UserId] | None] = ContextVar("audience", default=None)


@contextmanager
def told_to(users: frozenset[UserId]) -> Iterator[None]:
    """Emit events for these users, and nobody else."""
    token = AUDIENCE.set(users)
    try:
        yield
    finally:
        AUDIENCE.reset(token)
