"""Whose notebooks' scripts a user lets run in their browser: only what they accepted themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from platform_server.contents.model import Entry
    from platform_server.contents.parts import Parts
    from platform_server.identity.model import UserId


class TrustService:
    """Trust is between one user and one content of one file; any change ends it, for everybody."""

    def __init__(self, parts: Parts) -> None:
        self._repository = parts.repository

    async def accept(self, user_id: UserId, entry: Entry) -> None:
        """Remember that the user trusts the file with the content it has now, and no other."""
        if entry.revision is not None:
            await self._repository.trust(user_id, entry.project_id, entry.path, entry.revision.blob)

    async def is_accepted(self, user_id: UserId, entry: Entry) -> bool:
        """Tell whether the user trusts the file with exactly the content it has now."""
        return entry.revision is not None and await self._repository.is_trusted(
            user_id, entry.project_id, entry.path, entry.revision.blob
        )
