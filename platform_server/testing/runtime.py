"""A sandbox without a container: kernels as processes of this machine. For tests only."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from platform_server.clock import new_id, utc_now
from platform_server.errors import SandboxGone
from platform_server.sandboxes.model import EndCause, Ended, SandboxId
from platform_server.sandboxes.runtime import KernelEndpoints
from platform_server.testing.local_kernel import PORTS

if TYPE_CHECKING:
    from platform_server.sandboxes.model import KernelId, KernelLaunch


class Zygote:
    """The process that forks kernels. One for many runtimes; ``start`` it, then ``aclose``."""

    def __init__(self) -> None:
        self._control, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.setblocking(False)
        self._process: asyncio.subprocess.Process | None = None
        self._started: asyncio.Queue[int] = asyncio.Queue()
        self._running: dict[int, LocalKernelProcess] = {}
        self._early: dict[int, int] = {}  # exit codes that came before anybody asked
        self._reader: asyncio.Task[None] | None = None
        self._one_at_a_time = asyncio.Lock()

    async def start(self) -> None:
        """Start the process."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "platform_server.testing.local_kernel",
            str(self._theirs.fileno()),
            pass_fds=[self._theirs.fileno()],
            start_new_session=True,
        )
        self._theirs.close()
        self._reader = asyncio.create_task(self._listen())

    async def aclose(self) -> None:
        """End the process, and its kernels."""
        for kernel in list(self._running.values()):
            await kernel.kill()
        if self._reader is not None:
            self._reader.cancel()
        self._control.close()
        if self._process is not None:
            self._process.kill()
            await self._process.wait()

    async def fork(self, request: dict[str, object], fds: list[int]) -> int:
        """Fork a kernel and return its process id."""
        async with self._one_at_a_time:
            socket.send_fds(self._control, [json.dumps(request).encode()], fds)
            return await self._started.get()

    def watch(self, process: LocalKernelProcess) -> None:
        """Tell the process when it has ended."""
        self._running[process.pid] = process
        if process.pid in self._early:
            self._end(process.pid, self._early.pop(process.pid))

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        while data := await loop.sock_recv(self._control, 65536):
            report = json.loads(data)
            if "started" in report:
                self._started.put_nowait(report["started"])
            else:
                self._end(report["ended"], report["code"])

    def _end(self, pid: int, code: int) -> None:
        process = self._running.pop(pid, None)
        if process is None:
            self._early[pid] = code
        else:
            process.note_end(code)


class LocalKernelProcess:
    """A kernel that runs as a process of this machine."""

    def __init__(self, pid: int, endpoints: KernelEndpoints) -> None:
        self.pid = pid
        self._endpoints = endpoints
        self._code: int | None = None
        self._ended: asyncio.Future[Ended] = asyncio.get_running_loop().create_future()
        self._cause: EndCause | None = None

    @property
    def endpoints(self) -> KernelEndpoints:
        """Where it listens."""
        return self._endpoints

    def poll(self) -> int | None:
        """Return None while it runs, its exit code afterwards."""
        return self._code

    async def wait(self) -> Ended:
        """Return when it has ended."""
        return await asyncio.shield(self._ended)

    async def signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self._code is None:
            os.kill(self.pid, number)

    async def kill(self, cause: EndCause | None = None) -> None:
        """End it and what it started."""
        if self._code is None:
            self._cause = cause
            _kill_group(self.pid)
            await self.wait()

    def note_end(self, code: int) -> None:
        """Take the exit code."""
        self._code = code
        cause = self._cause or (EndCause.KILLED if code < 0 else EndCause.EXITED)
        ended = Ended(
            cause=cause,
            at=utc_now(),
            exit_code=None if code < 0 else code,
            signal=-code if code < 0 else None,
            detail=f"The kernel ended: {cause.value}.",
        )
        self._ended.set_result(ended)


@dataclass
class _Kernel:
    """A kernel's sockets, which stay, and its present process."""

    folder: Path
    sockets: dict[str, socket.socket]
    process: LocalKernelProcess | None = field(default=None)

    @property
    def endpoints(self) -> KernelEndpoints:
        ports = {f"{channel}_port": port for channel, port in PORTS.items()}
        return KernelEndpoints(ip=str(self.folder / "k"), **ports)


class LocalRuntime:
    """Runs kernels like a sandbox does, in a folder. Has no terminals and runs no commands."""

    def __init__(self, zygote: Zygote, workspace: Path) -> None:
        self.workspace = workspace
        self._zygote = zygote
        self._id = SandboxId(new_id())
        self._folder = Path(tempfile.mkdtemp(prefix="rt-"))
        self._kernels: dict[KernelId, _Kernel] = {}
        self._is_gone = False

    @property
    def sandbox_id(self) -> SandboxId:
        """Whose runtime this is."""
        return self._id

    async def start_kernel(self, launch: KernelLaunch) -> LocalKernelProcess:
        """Fork a kernel, in the place of an earlier one of the same id."""
        if self._is_gone:
            raise SandboxGone
        kernel = self._kernels.get(launch.kernel_id) or self._make(launch.kernel_id)
        if kernel.process is not None:
            await kernel.process.kill()
        pid = await self._zygote.fork(
            {
                "ip": kernel.endpoints.ip,
                "key": launch.key.decode(),
                "cwd": str(self.workspace / launch.cwd),
                "env": {"PATH": os.defpath, "HOME": str(self._folder), **launch.env},
            },
            [kernel.sockets[channel].fileno() for channel in PORTS],
        )
        kernel.process = LocalKernelProcess(pid, kernel.endpoints)
        self._zygote.watch(kernel.process)
        return kernel.process

    def process(self, kernel_id: KernelId) -> LocalKernelProcess | None:
        """Return a kernel's present process."""
        kernel = self._kernels.get(kernel_id)
        return None if kernel is None else kernel.process

    async def stop(self, cause: EndCause) -> None:
        """End it, as an engine or a user would end a container. May be called twice."""
        self._is_gone = True
        for kernel in self._kernels.values():
            if kernel.process is not None:
                await kernel.process.kill(cause)
            for listening in kernel.sockets.values():
                listening.close()
        self._kernels.clear()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _make(self, kernel_id: KernelId) -> _Kernel:
        folder = self._folder / str(len(self._kernels))
        folder.mkdir()
        kernel = _Kernel(folder=folder, sockets={})
        for channel, port in PORTS.items():
            listening = socket.socket(socket.AF_UNIX)
            listening.bind(f"{kernel.endpoints.ip}-{port}")
            listening.listen(16)
            kernel.sockets[channel] = listening
        self._kernels[kernel_id] = kernel
        return kernel


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        os.kill(pid, signal.SIGKILL)
