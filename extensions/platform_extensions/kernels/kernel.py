"""One kernel of one project: started, restarted and ended in its sandbox."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from contextvars import Context
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from jupyter_server.services.kernels.kernelmanager import ServerKernelManager
from traitlets import Float

from platform_extensions.kernels.activity import KernelActivity
from platform_extensions.kernels.restarts import RestartPolicy
from platform_extensions.kernels.watch import KernelWatch
from platform_kernels.hostless import HostlessManager
from platform_kernels.launch import LaunchContext, allowed_environment
from platform_kernels.link import KernelLink
from platform_kernels.messages import compose
from platform_kernels.provisioner import SandboxProvisioner
from platform_kernels.recorder import Recorder
from platform_server.errors import PlatformError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from platform_extensions.kernels.documents import DocumentOutputs
    from platform_kernels.bounds import Allowance, Pace
    from platform_kernels.launch import KernelHost
    from platform_kernels.wires import LinkLimits
    from platform_server.identity.model import UserId
    from platform_server.operations.figures import Figures
    from platform_server.projects.model import ProjectId
    from platform_server.sandboxes.model import Ended
    from platform_server.sandboxes.runtime import KernelProcess

_NOT_STARTED = "The kernel could not be started."


@dataclass(frozen=True, kw_only=True)
class KernelHome:
    """Whose kernel it is, and where it runs."""

    owner_id: UserId
    project_id: ProjectId
    cwd: str  # relative to the project
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class KernelParts:
    """What a kernel is given by its manager."""

    runtime: Callable[[ProjectId], Awaitable[KernelHost]]
    finished: Callable[[ProjectId], None]  # called when code in the project has finished
    is_tracked: Callable[[str], bool]  # does a request of this type count as activity?
    limits: LinkLimits
    allowance: Allowance
    pace: Pace
    documents: DocumentOutputs  # brings outputs into the notebooks
    recorded: Allowance  # of what is kept for them
    figures: Figures


class PlatformKernel(HostlessManager, ServerKernelManager):
    """A kernel as Jupyter Server manages it. Nothing of it runs, or is written, on this host."""

    shutdown_patience = Float(
        1.0,
        help="How long a kernel that is asked to shut down may take, in seconds, before it is "
        "killed. 0 kills it at once.",
    ).tag(config=True)

    provisioner: SandboxProvisioner | None = None
    home: KernelHome
    link: KernelLink
    recorder: Recorder
    execution_state: str = "starting"
    ended: Ended | None = None  # why it last ended by itself

    def place(self, home: KernelHome, parts: KernelParts) -> None:
        """Say whose it is and where it runs; called once, before the start."""
        self.home = home
        self._runtime = parts.runtime
        self._policy = RestartPolicy()
        self._watch = KernelWatch(self, self._policy, parts.figures)
        self._restart: asyncio.Task[None] | None = None  # the one under way, or the last
        self._one_at_a_time = asyncio.Lock()  # starts, restarts and shutdowns
        self.execution_state = "starting"
        self.last_activity = datetime.now(UTC)
        activity = KernelActivity(
            self,
            is_tracked=parts.is_tracked,
            finished=lambda: parts.finished(self.home.project_id),
            figures=parts.figures,
        )
        self.recorder = Recorder(parts.recorded, parts.documents.sink_of(self))
        self.link = KernelLink(
            self.session.key,
            activity,
            identity=str(self.kernel_id),
            limits=parts.limits,
            allowance=parts.allowance,
            pace=parts.pace,
            recorder=self.recorder,
        )

    async def start_kernel(self, *_args: Any, **_kwargs: Any) -> None:  # type: ignore[override]
        """Start the kernel. Raises what the start of a sandbox raises; then it is dead."""
        async with self._one_at_a_time:
            self.execution_state = "starting"
            try:
                await self._start()
            except BaseException as error:
                self.execution_state = "dead"
                why = error.message if isinstance(error, PlatformError) else _NOT_STARTED
                await self.link.disconnect(why)
                await self._kill()
                raise

    async def await_take_over(self) -> None:
        """Take it that an earlier server process started it, and its sandbox is still to answer.

        What it is asked meanwhile waits.
        """
        self.execution_state = "unknown"
        await self.link.disconnect("The sandbox does not answer yet.", is_awaited=True)

    @property
    def is_to_be_taken_over(self) -> bool:
        """Whether an earlier server process started it, and nothing has come of that here yet."""
        is_new = self.provisioner is None and self.ended is None
        return is_new and not self._one_at_a_time.locked()

    async def take_over(self, runtime: KernelHost, process: KernelProcess) -> None:
        """Go on with a kernel that an earlier server process started, if it is to be taken over.

        It counts as busy until it says that it is not.
        """
        if not self.is_to_be_taken_over:
            return  # somebody has restarted it
        async with self._one_at_a_time:
            provisioner = SandboxProvisioner(
                kernel_id=self.kernel_id, kernel_spec=self.kernel_spec, parent=self
            )
            provisioner.adopt(self._launch_in(runtime), process)
            self.provisioner = provisioner
            self.execution_state = "busy"
            await self.link.resume(process.endpoints)
            self._watch.start(process)

    async def note_end(self, ended: Ended) -> None:
        """Take it that it ended with its sandbox while no server was there."""
        await self.link.disconnect(ended.detail)
        self._watch.tell(ended, "dead")

    async def restart_kernel(self, *_args: Any, **_kwargs: Any) -> None:  # type: ignore[override]
        """Kill the kernel and start it again on the same endpoints, whatever its state.

        Who asks while that is under way waits for it, and gets the same new kernel.
        """
        if self._restart is None or self._restart.done():
            self._restart = asyncio.create_task(self._begin_anew(), context=Context())
        await asyncio.shield(self._restart)

    async def _begin_anew(self) -> None:
        async with self._one_at_a_time:
            self._watch.stop()
            self._policy.forgive()
            await self.link.disconnect("The kernel was restarted.", is_awaited=True)
            await self._kill()
        await self.start_kernel()
        self.ended = None

    async def shutdown_kernel(  # type: ignore[override]
        self,
        now: bool = False,  # noqa: FBT001, FBT002 - jupyter_client's signature
        restart: bool = False,  # noqa: FBT001, FBT002
    ) -> None:
        """End the kernel for good: politely, unless ``now``, but shortly."""
        async with self._one_at_a_time:
            self.shutting_down = True
            self._watch.stop()
            if not now:
                await self._ask_to_shut_down()
            await self._kill()
            await self.link.aclose()
            await self._async_cleanup_resources(restart=restart)

    async def interrupt_kernel(self) -> None:  # type: ignore[override]
        """Interrupt what the kernel executes; nothing when it has ended."""
        if not self.has_kernel:
            return
        if self.kernel_spec is not None and self.kernel_spec.interrupt_mode == "message":
            self.link.submit(None, compose("control", "interrupt_request", {}))
        else:
            await self._async_signal_kernel(signal.SIGINT)

    def update_env(self, *, env: dict[str, str]) -> None:
        """Change the environment of the next start."""
        merged = {**self.home.env, **allowed_environment(env)}
        self.home = replace(self.home, env=merged)

    def start_restarter(self) -> None:
        """Watch the process that was just started."""
        if self.provisioner is not None and self.provisioner.process is not None:
            self._watch.start(self.provisioner.process)

    def stop_restarter(self) -> None:
        """Stop watching."""
        self._watch.stop()

    async def _start(self) -> None:
        """Start the process and connect to it."""
        runtime = await self._runtime(self.home.project_id)
        launch = self._launch_in(runtime)
        # Not through the factory: no configuration may choose another way to start a kernel.
        self.provisioner = SandboxProvisioner(
            kernel_id=self.kernel_id, kernel_spec=self.kernel_spec, parent=self
        )
        command, arguments = await self._async_pre_start_kernel(
            launch=launch, env=dict(self.home.env)
        )
        await self._async_launch_kernel(command, **arguments)
        assert self.provisioner.endpoints is not None
        await self.link.connect(self.provisioner.endpoints)
        await self._async_post_start_kernel(**arguments)

    def _launch_in(self, runtime: KernelHost) -> LaunchContext:
        return LaunchContext(runtime=runtime, owner_id=self.home.owner_id, cwd=self.home.cwd)

    async def _kill(self) -> None:
        if self.provisioner is not None:
            with contextlib.suppress(PlatformError):  # gone with its sandbox
                await self.provisioner.kill()

    async def _ask_to_shut_down(self) -> None:
        if self.provisioner is None or await self.provisioner.poll() is not None:
            return
        if self.execution_state == "busy":
            await self.interrupt_kernel()
        self.link.submit(None, compose("control", "shutdown_request", {"restart": False}))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.provisioner.wait(), self.shutdown_patience)
