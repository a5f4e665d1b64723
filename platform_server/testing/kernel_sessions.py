"""The session repository in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from platform_server.errors import Conflict

if TYPE_CHECKING:
    from platform_server.identity.model import UserId
    from platform_server.kernel_sessions.model import KernelSession, KernelSessionId
    from platform_server.sandboxes.model import KernelId

    Sessions: TypeAlias = list[KernelSession]


class MemoryKernelSessionRepository:
    """Keeps sessions in a dictionary, which keeps their order."""

    def __init__(self) -> None:
        self._sessions: dict[KernelSessionId, KernelSession] = {}

    async def put(self, session: KernelSession) -> None:
        """Store a session, new or changed."""
        if any(_is_same_document(session, other) for other in self._sessions.values()):
            raise Conflict("Another session has that document.")
        self._sessions[session.id] = session

    async def get(self, user_id: UserId, session_id: KernelSessionId) -> KernelSession | None:
        """Return a session of the user's."""
        session = self._sessions.get(session_id)
        return session if session is not None and session.user_id == user_id else None

    async def list(self, user_id: UserId) -> Sessions:
        """Return the user's sessions."""
        return [session for session in self._sessions.values() if session.user_id == user_id]

    async def delete(self, user_id: UserId, session_id: KernelSessionId) -> None:
        """Forget a session of the user's."""
        if await self.get(user_id, session_id) is not None:
            del self._sessions[session_id]

    async def users(self, kernel_id: KernelId) -> set[UserId]:
        """Return whose sessions use the kernel."""
        return {one.user_id for one in self._sessions.values() if one.kernel_id == kernel_id}


def _is_same_document(one: KernelSession, other: KernelSession) -> bool:
    document = ("user_id", "project_id", "path", "is_addressed")
    return one.id != other.id and all(
        getattr(one, name) == getattr(other, name) for name in document
    )
