"""What tests do with terminals: wait for what they show."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from platform_server.sandboxes.runtime import Shells

if TYPE_CHECKING:
    from platform_server.sandboxes.runtime import Terminal

PATIENCE = 30.0  # seconds until a wait is given up


class EndableShells(Shells, Protocol):
    """A sandbox's terminals, and a way to end the sandbox."""

    async def end(self) -> None:
        """End the sandbox."""


class Screen:
    """What a terminal has shown, read in steps."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._seen = bytearray()  # and not yet matched

    async def type(self, text: str) -> None:
        """Type."""
        await self._terminal.write(text.encode())

    async def shows(self, text: str) -> str:
        """Read until ``text`` shows up; returns what came before and the text itself.

        The next call goes on behind it. Raises AssertionError when the shell ends before.
        """
        mark = text.encode()
        start = 0
        async with asyncio.timeout(PATIENCE):
            while (found := self._seen.find(mark, start)) < 0:
                start = max(0, len(self._seen) - len(mark))
                data = await self._terminal.read()
                assert data, f"ended before {text!r}: {bytes(self._seen[-300:])!r}"
                self._seen += data
        end = found + len(mark)
        shown = self._seen[:end].decode(errors="replace")
        del self._seen[:end]
        return shown

    async def ends(self) -> str:
        """Read until the shell ends; returns all that came."""
        async with asyncio.timeout(PATIENCE):
            while data := await self._terminal.read():
                self._seen += data
        return self._seen.decode(errors="replace")
