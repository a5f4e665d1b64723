"""The only way to start a kernel: in a sandbox, through its runtime."""

from __future__ import annotations

import dataclasses
import signal
from typing import TYPE_CHECKING, Any

from jupyter_client.provisioning.provisioner_base import KernelProvisionerBase

from platform_kernels.launch import LaunchContext, allowed_environment
from platform_server.sandboxes.model import KernelId, KernelLaunch
from platform_server.sandboxes.runtime import KernelEndpoints

if TYPE_CHECKING:
    from jupyter_client.connect import KernelConnectionInfo

    from platform_server.sandboxes.model import Ended
    from platform_server.sandboxes.runtime import KernelProcess


class SandboxProvisioner(KernelProvisionerBase):
    """Starts, signals and ends one kernel through the runtime of its project's sandbox.

    The command line and environment of the kernelspec are the agent's business, inside the sandbox:
    nothing that a client sends, and nothing of the server's own environment, gets there from here.
    """

    process: KernelProcess | None = None
    endpoints: KernelEndpoints | None = None
    _launch: LaunchContext | None = None

    @property
    def has_process(self) -> bool:
        """Tell whether a kernel was launched and not yet cleaned up."""
        return self.process is not None

    async def poll(self) -> int | None:
        """Return None while the kernel runs, its exit code afterwards."""
        return 0 if self.process is None else self.process.poll()

    async def wait(self) -> int | None:
        """Return the exit code once the kernel has ended."""
        if self.process is None:
            return 0
        ended = await self.process.wait()
        return exit_code(ended)

    async def send_signal(self, signum: int) -> None:
        """Send a signal to the kernel."""
        if self.process is not None:
            await self.process.signal(signum)

    async def kill(self, restart: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        """End the kernel and its children; returns when they have ended."""
        if self.process is not None:
            await self.process.kill()

    async def terminate(self, restart: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        """Ask the kernel to end."""
        await self.send_signal(signal.SIGTERM)

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Pick what matters out of the launch arguments; there is no command to format here."""
        launch = kwargs.get("launch")
        if not isinstance(launch, LaunchContext):
            raise TypeError("a kernel is started with a LaunchContext")
        return {"cmd": [], "launch": launch, "env": allowed_environment(kwargs.get("env"))}

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:  # noqa: ARG002
        """Start the kernel, and return where it can be reached.

        Raises SandboxGone when the sandbox ended meanwhile.
        """
        launch: LaunchContext = kwargs["launch"]
        manager: Any = self.parent
        session = manager.session
        self.process = await launch.runtime.start_kernel(
            KernelLaunch(
                kernel_id=KernelId(str(self.kernel_id)),
                kernel_name=manager.kernel_name,
                owner_id=launch.owner_id,
                key=session.key,
                cwd=launch.cwd,
                env=kwargs["env"],
            )
        )
        self._launch, self.endpoints = launch, self.process.endpoints
        self.connection_info = connection_info(
            self.endpoints, key=session.key, scheme=session.signature_scheme
        )
        return self.connection_info

    async def cleanup(self, restart: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        """Let go of the ended kernel."""
        self.process = None

    async def get_provisioner_info(self) -> dict[str, Any]:
        """Return what another server process needs to take the kernel over, the key excepted."""
        assert self.endpoints is not None
        assert self._launch is not None
        return {
            "kernel_id": self.kernel_id,
            "sandbox_id": self._launch.runtime.sandbox_id,
            "owner_id": self._launch.owner_id,
            "cwd": self._launch.cwd,
            "endpoints": dataclasses.asdict(self.endpoints),
        }

    async def load_provisioner_info(self, provisioner_info: dict[str, Any]) -> None:
        """Restore what ``get_provisioner_info`` returned; ``adopt`` the process afterwards."""
        self.kernel_id = provisioner_info["kernel_id"]
        self.endpoints = KernelEndpoints(**provisioner_info["endpoints"])

    def adopt(self, launch: LaunchContext, process: KernelProcess) -> None:
        """Take over a kernel that runs already, found again by its runtime."""
        self._launch, self.process, self.endpoints = launch, process, process.endpoints


def connection_info(endpoints: KernelEndpoints, *, key: bytes, scheme: str) -> KernelConnectionInfo:
    """Return the endpoints in jupyter_client's words."""
    return {
        "transport": "ipc",
        "ip": endpoints.ip,
        "key": key,  # type: ignore[typeddict-item]  # declared as text, used as bytes
        "signature_scheme": scheme,
        "shell_port": endpoints.shell_port,
        "iopub_port": endpoints.iopub_port,
        "stdin_port": endpoints.stdin_port,
        "control_port": endpoints.control_port,
        "hb_port": endpoints.hb_port,
    }


def exit_code(ended: Ended) -> int:
    """Return an end as subprocess would: negative for a signal."""
    return -ended.signal if ended.signal is not None else (ended.exit_code or 0)
