"""What the kernel manager tells the provisioner: where to start a kernel, and for whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from platform_server.identity.model import UserId
    from platform_server.sandboxes.model import KernelLaunch, SandboxId
    from platform_server.sandboxes.runtime import KernelProcess

# Of all that a client or Jupyter would like to put into a kernel's environment, this passes.
ALLOWED_ENVIRONMENT = frozenset({"JPY_SESSION_NAME"})


class KernelHost(Protocol):
    """As much of a sandbox's Runtime as it takes to start kernels."""

    @property
    def sandbox_id(self) -> SandboxId:
        """Whose runtime this is."""

    async def start_kernel(self, launch: KernelLaunch) -> KernelProcess:
        """Start a kernel, in the place of an earlier one of the same id. Raises SandboxGone."""


@dataclass(frozen=True, kw_only=True)
class LaunchContext:
    """Where a kernel is to run."""

    runtime: KernelHost
    owner_id: UserId
    cwd: str  # relative to the project


def allowed_environment(env: dict[str, str] | None) -> dict[str, str]:
    """Return the variables that may reach a kernel; all others are ignored, whoever set them."""
    return {name: value for name, value in (env or {}).items() if name in ALLOWED_ENVIRONMENT}
