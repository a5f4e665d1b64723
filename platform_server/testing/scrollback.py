"""The recent output of a shell, bounded, for those who join later."""

from __future__ import annotations

import re
from collections import deque

SCROLLBACK_BYTES = 256 * 1024

# What to skip in output that was cut somewhere.
_START = re.compile(rb"[^\n\x1b]*\n|[^\n\x1b]*(?=\x1b)|[\x80-\xbf]{0,3}")


class Scrollback:
    """Keeps the last bytes appended, at most ``limit`` of them."""

    def __init__(self, limit: int = SCROLLBACK_BYTES) -> None:
        self._limit = limit
        self._chunks: deque[bytes] = deque()
        self._size = 0
        self._is_cut = False

    def append(self, data: bytes) -> None:
        """Add output; the oldest makes room."""
        self._chunks.append(data[-self._limit :])
        self._size += len(self._chunks[-1])
        self._is_cut = self._is_cut or len(data) > self._limit
        while self._size > self._limit:
            self._drop(self._size - self._limit)

    def text(self) -> bytes:
        """Return what is kept; once something was dropped, from a place on where reading can start.

        That is behind the end of a line, or at an escape sequence, or at least at a whole letter.
        """
        kept = b"".join(self._chunks)
        start = _START.search(kept) if self._is_cut else None
        return kept[start.end() :] if start else kept

    def _drop(self, count: int) -> None:
        self._is_cut = True
        first = self._chunks.popleft()
        self._size -= len(first)
        if len(first) > count:
            self._chunks.appendleft(first[count:])
            self._size += len(first) - count
