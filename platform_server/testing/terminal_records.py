"""Open terminals in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from platform_server.sandboxes.model import TerminalName
    from platform_server.terminals.repository import TerminalRecord


class MemoryTerminalRepository:
    """Keeps open terminals in a dictionary."""

    def __init__(self) -> None:
        self._records: dict[TerminalName, TerminalRecord] = {}

    async def add(self, record: TerminalRecord) -> None:
        """Store a terminal."""
        self._records[record.info.name] = record

    async def remove(self, name: TerminalName) -> None:
        """Forget a terminal."""
        self._records.pop(name, None)

    async def all(self) -> list[TerminalRecord]:
        """Return all of them, the oldest first."""
        return sorted(self._records.values(), key=lambda one: (one.info.created_at, one.info.name))
