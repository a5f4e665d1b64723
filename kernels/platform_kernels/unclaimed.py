"""Answers to what clients asked through an earlier server process, until these clients are back."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from platform_kernels.messages import Message

_MOST_BYTES = 4 * 2**20


class Unclaimed:
    """Keeps answers by the session that asked, at most 4 MiB of them; the oldest make room."""

    def __init__(self) -> None:
        self._messages: deque[Message] = deque()
        self._size = 0

    def put(self, message: Message) -> None:
        """Keep an answer."""
        self._messages.append(message)
        self._size += message.size
        while self._size > _MOST_BYTES:
            self._size -= self._messages.popleft().size

    def take(self, session: str) -> list[Message]:
        """Return what the session asked for, and forget it."""
        own = [one for one in self._messages if one.parent.session == session]
        rest = [one for one in self._messages if one.parent.session != session]
        self._messages = deque(rest)
        self._size = sum(one.size for one in rest)
        return own

    def clear(self) -> None:
        """Forget everything."""
        self._messages.clear()
        self._size = 0
