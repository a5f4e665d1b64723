"""What is remembered of sandboxes, and of the kernels in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from platform_server.projects.model import ProjectId
    from platform_server.sandboxes.model import KernelId, KernelRecord, Sandbox, SandboxId


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

    async def save_kernel(self, record: KernelRecord) -> None:
        """Store a kernel as it is about to be started, new or known."""

    async def kernels(self) -> list[KernelRecord]:
        """Return the kernels that were started and are not forgotten, ended ones too."""

    async def forget_kernel(self, kernel_id: KernelId) -> None:
        """Forget a kernel. Nothing if it is not known."""

    async def forget_kernels(self, sandbox_id: SandboxId) -> None:
        """Forget all kernels of a sandbox."""
