"""Small documents that a user's own pages keep: JupyterLab's settings and workspaces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from platform_server.errors import InvalidName, QuotaExceeded, TooLarge

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from platform_server.clock import Clock
    from platform_server.identity.model import UserId

Kind = Literal["settings", "workspace"]

MAX_NAME = 255  # characters


@dataclass(frozen=True, kw_only=True)
class PreferenceLimits:
    """What one user may keep."""

    document_bytes: int = 1 << 20
    total_bytes: int = 8 << 20
    documents: int = 500


class PreferenceRepository(Protocol):
    """Stores texts by user, kind and name."""

    async def get(self, user_id: UserId, kind: Kind, name: str) -> str | None:
        """Return a document."""

    async def put(
        self, user_id: UserId, kind: Kind, name: str, text: str, *, at: datetime, size: int
    ) -> None:
        """Store a document of ``size`` bytes, new or changed."""

    async def delete(self, user_id: UserId, kind: Kind, name: str) -> None:
        """Forget a document. Nothing if there is none."""

    async def names(self, user_id: UserId, kind: Kind) -> Sequence[tuple[str, datetime]]:
        """Return what there is of that kind and when it last changed, ordered by name."""

    async def used(self, user_id: UserId, *, but: tuple[Kind, str]) -> tuple[int, int]:
        """Return how many documents the user has and their bytes, one left out."""


class PreferenceService:
    """Keeps them, within limits. Nobody sees another's."""

    def __init__(
        self, store: PreferenceRepository, *, clock: Clock, limits: PreferenceLimits | None = None
    ) -> None:
        self._store = store
        self._clock = clock
        self._limits = limits or PreferenceLimits()

    async def get(self, user_id: UserId, kind: Kind, name: str) -> str | None:
        """Return a document, None if there is none."""
        return await self._store.get(user_id, kind, name) if _is_name(name) else None

    async def put(self, user_id: UserId, kind: Kind, name: str, text: str) -> None:
        """Store a document, new or changed. Raises InvalidName, TooLarge, QuotaExceeded."""
        if not _is_name(name):
            raise InvalidName
        size = len(text.encode(errors="surrogatepass"))
        if size > self._limits.document_bytes:
            raise TooLarge(
                f"Settings and layouts have at most {self._limits.document_bytes} bytes."
            )
        count, total = await self._store.used(user_id, but=(kind, name))
        if count >= self._limits.documents or total + size > self._limits.total_bytes:
            raise QuotaExceeded("Too many settings and layouts are kept: delete some first.")
        await self._store.put(user_id, kind, name, text, at=self._clock(), size=size)

    async def delete(self, user_id: UserId, kind: Kind, name: str) -> None:
        """Forget a document. Nothing if there is none."""
        if _is_name(name):
            await self._store.delete(user_id, kind, name)

    async def names(self, user_id: UserId, kind: Kind) -> list[tuple[str, datetime]]:
        """Return what there is of that kind and when it last changed, ordered by name."""
        return list(await self._store.names(user_id, kind))


def _is_name(name: str) -> bool:
    return 0 < len(name) <= MAX_NAME and name.isprintable()
