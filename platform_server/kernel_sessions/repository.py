"""What the session manager needs from a store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from platform_server.identity.model import UserId
    from platform_server.kernel_sessions.model import KernelSession, KernelSessionId
    from platform_server.sandboxes.model import KernelId


class KernelSessionRepository(Protocol):
    """Stores sessions. Every question names the user: nobody sees another's."""

    async def put(self, session: KernelSession) -> None:
        """Store a session, new or changed. Raises Conflict if another one of the user's has the
        same document.
        """

    async def get(self, user_id: UserId, session_id: KernelSessionId) -> KernelSession | None:
        """Return a session of the user's."""

    async def list(self, user_id: UserId) -> list[KernelSession]:
        """Return the user's sessions, oldest first."""

    async def delete(self, user_id: UserId, session_id: KernelSessionId) -> None:
        """Forget a session of the user's. Nothing if there is none."""

    async def users(self, kernel_id: KernelId) -> set[UserId]:
        """Return whose sessions use the kernel."""
