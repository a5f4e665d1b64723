"""What the terminal service needs from a store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from platform_server.sandboxes.model import SandboxId, TerminalName
    from platform_server.terminals.model import TerminalInfo


@dataclass(frozen=True, kw_only=True)
class TerminalRecord:
    """A terminal that is open, and the sandbox whose shell it is."""

    info: TerminalInfo
    sandbox_id: SandboxId


class TerminalRepository(Protocol):
    """Remembers which terminals are open, for the server process after this one."""

    async def add(self, record: TerminalRecord) -> None:
        """Store a terminal."""

    async def remove(self, name: TerminalName) -> None:
        """Forget a terminal. Nothing if there is none."""

    async def all(self) -> list[TerminalRecord]:
        """Return all of them, the oldest first; the last activity counts as their beginning."""
