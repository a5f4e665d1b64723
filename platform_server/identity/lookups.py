"""Who a secret belongs to, remembered for a moment so that a request costs no database."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from cachetools import TTLCache

from platform_server.identity.model import Principal

if TYPE_CHECKING:
    from collections.abc import Callable

    from platform_server.identity.model import ApiToken, Session, User, UserId

REMEMBERED = 2.0  # seconds; what another process changes takes effect at the latest after these
_ENTRIES = 10_000


class Lookups:
    """Principals by the digest of their secret. Only good answers are remembered."""

    def __init__(self, *, seconds: float = REMEMBERED) -> None:
        self._timer: Callable[[], float] = time.monotonic
        self._known: TTLCache[str, Principal] = TTLCache(_ENTRIES, seconds, self._timer)

    def get(self, digest: str) -> Principal | None:
        """Return who it was a moment ago."""
        return self._known.get(digest)

    def put(self, digest: str, principal: Principal) -> None:
        """Remember who it is."""
        self._known[digest] = principal

    def forget(self, user_id: UserId) -> None:
        """Forget a user: something about them or their credentials changed."""
        for digest in [key for key, who in self._known.items() if who.id == user_id]:
            del self._known[digest]


def principal_from_session(session: Session, user: User) -> Principal:
    """Return the user with all the scopes a browser has."""
    return Principal(
        id=user.id, email=user.email, name=user.name, role=user.role, credential=session.id
    )


def principal_from_token(token: ApiToken, user: User) -> Principal:
    """Return the user with the token's scopes."""
    return Principal(
        id=user.id,
        email=user.email,
        name=user.name,
        role=user.role,
        scopes=token.scopes,
        credential=token.id,
    )
