"""What is remembered of sandboxes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from platform_server.projects.model import ProjectId
    from platform_server.sandboxes.model import Sandbox, SandboxId


class SandboxRepository(Protocol):
    """Keeps sandboxes, the ended ones too; called by the sandbox service only."""

    async def save(self, sandbox: Sandbox) -> None:
        """Store a sandbox as it is now, new or known."""

    async def get(self, sandbox_id: SandboxId) -> Sandbox | None:
        """Return one sandbox."""

    async def latest(self, project_ids: Sequence[ProjectId]) -> list[Sandbox]:
        """Return each project's most recent sandbox."""

    async def unended(self) -> list[Sandbox]:
        """Return those that are not known to have ended."""
