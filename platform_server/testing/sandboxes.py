"""In-memory twins of what the sandbox service keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from platform_server.sandboxes.model import Sandbox, SandboxId, SandboxState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from platform_server.projects.model import ProjectId


class MemorySandboxRepository:
    """Keeps sandboxes in a dictionary."""

    def __init__(self) -> None:
        self._sandboxes: dict[SandboxId, Sandbox] = {}

    async def save(self, sandbox: Sandbox) -> None:
        """Store a sandbox as it is now."""
        self._sandboxes[sandbox.id] = sandbox

    async def get(self, sandbox_id: SandboxId) -> Sandbox | None:
        """Return one sandbox."""
        return self._sandboxes.get(sandbox_id)

    async def latest(self, project_ids: Sequence[ProjectId]) -> list[Sandbox]:
        """Return each project's most recent sandbox."""
        newest: dict[ProjectId, Sandbox] = {}
        for sandbox in sorted(self._sandboxes.values(), key=lambda one: one.created_at):
            if sandbox.project_id in project_ids:
                newest[sandbox.project_id] = sandbox
        return list(newest.values())

    async def unended(self) -> list[Sandbox]:
        """Return those that are not known to have ended."""
        states = {SandboxState.STARTING, SandboxState.RUNNING}
        return [sandbox for sandbox in self._sandboxes.values() if sandbox.state in states]
