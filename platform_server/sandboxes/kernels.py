"""Kernels of a running sandbox, as the server holds them."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections import Counter
from typing import TYPE_CHECKING

from platform_server import clock
from platform_server.errors import EngineUnavailable, SandboxBusy
from platform_server.sandboxes.model import EndCause, Ended
from platform_server.sandboxes.runtime import KernelEndpoints
from platform_server.sandboxes.sockets import SocketFolder

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from platform_server.sandboxes.link import AgentLink
    from platform_server.sandboxes.messages import KernelEnded
    from platform_server.sandboxes.model import KernelId, KernelLaunch, Limits

CHANNELS = ("shell", "iopub", "stdin", "control", "hb")  # in the order of their port numbers
_PORTS = range(1, len(CHANNELS) + 1)
_MEBIBYTE = 2**20
_KILL_PATIENCE = 20.0  # seconds
_ENDED_KEPT = 20  # ended kernels whose sockets stay with the agent, ready for a restart


class AgentKernel:
    """One process of a kernel, from its fork to its end."""

    def __init__(
        self,
        link: AgentLink,
        kernel_id: KernelId,
        *,
        generation: int,
        endpoints: KernelEndpoints,
        limits: Limits,
        oom_kills_before: int,
    ) -> None:
        self.generation = generation
        self.oom_kills_before = oom_kills_before
        self._link = link
        self._id = kernel_id
        self._endpoints = endpoints
        self._limits = limits
        self._code: int | None = None
        self._asked_to_end = False
        self._ended: asyncio.Future[Ended] = asyncio.get_running_loop().create_future()

    @property
    def endpoints(self) -> KernelEndpoints:
        """The same for the kernel's whole life, restarts included."""
        return self._endpoints

    def poll(self) -> int | None:
        """Return None while it runs, afterwards its exit code."""
        return self._code

    async def wait(self) -> Ended:
        """Return when it has ended, with why."""
        return await asyncio.shield(self._ended)

    async def signal(self, number: int) -> None:
        """Send a signal to the kernel's process; an interrupt to what it runs as well."""
        if self._code is None:
            await self._link.request("kernel.signal", kernel=self._id, signal=number)

    async def kill(self) -> None:
        """End it and its children; returns when it has ended. Raises SandboxBusy, SandboxGone."""
        if self._code is not None:
            return
        self._asked_to_end = True
        await self._link.request("kernel.kill", kernel=self._id)
        try:
            async with asyncio.timeout(_KILL_PATIENCE):
                await self.wait()
        except TimeoutError as error:
            raise SandboxBusy from error

    def note_end(self, code: int, *, out_of_memory: bool) -> None:
        """Take the exit code that the agent reported."""
        self._code = code
        cause = self._cause(code, out_of_memory=out_of_memory)
        self._finish(
            Ended(
                cause=cause,
                at=clock.utc_now(),
                exit_code=code if code >= 0 else None,
                signal=-code if code < 0 else None,
                detail=_detail(cause, code, self._limits),
            )
        )

    def note_gone(self, ended: Ended) -> None:
        """Take it that the whole sandbox ended. Nothing if the kernel has before."""
        if self._code is None:
            self._code = -signal.SIGKILL
        self._finish(ended)

    def _cause(self, code: int, *, out_of_memory: bool) -> EndCause:
        if self._asked_to_end:
            return EndCause.USER
        if out_of_memory:
            return EndCause.OUT_OF_MEMORY
        return EndCause.KILLED if code < 0 else EndCause.EXITED

    def _finish(self, ended: Ended) -> None:
        if not self._ended.done():
            self._ended.set_result(ended)


class Kernels:
    """The kernels of one sandbox: at most one process of each, on sockets of the server's own."""

    def __init__(
        self,
        link: AgentLink,
        folder: Path,
        *,
        limits: Limits,
        oom_kills: Callable[[], Awaitable[int]],
    ) -> None:
        self._link = link
        self._sockets = SocketFolder(folder)
        self._limits = limits
        self._oom_kills = oom_kills
        self._oom_kills_explained = 0  # up to this count they are others'
        self._kernels: dict[KernelId, AgentKernel] = {}  # the one started last at the end
        self._generations: Counter[KernelId] = Counter()
        self._names: dict[KernelId, str] = {}
        self._handed: set[KernelId] = set()  # those whose sockets the agent has
        self._notes: set[asyncio.Task[None]] = set()

    async def start(self, launch: KernelLaunch) -> AgentKernel:
        """Fork a kernel, in the place of an earlier one of the same id on the same endpoints."""
        kernel_id = launch.kernel_id
        before = self._kernels.get(kernel_id)
        if before is not None:
            await before.kill()
        name = self._names.setdefault(kernel_id, f"k{len(self._names)}")
        self._generations[kernel_id] += 1
        kernel = AgentKernel(
            self._link,
            kernel_id,
            generation=self._generations[kernel_id],
            endpoints=_endpoints_at(self._sockets.address(name)),
            limits=self._limits,
            oom_kills_before=await self._count_oom_kills(),
        )
        self._kernels.pop(kernel_id, None)
        self._kernels[kernel_id] = kernel
        try:
            await self._fork(kernel, launch, name)
        except BaseException:
            del self._kernels[kernel_id]
            self._handed.discard(kernel_id)  # the agent closed them, or will for new ones
            raise
        await self._forget_some()
        return kernel

    def note_end(self, said: KernelEnded) -> None:
        """Take the agent's word that a kernel ended, if it is about one that runs."""
        for kernel_id, kernel in self._kernels.items():
            told = kernel_id == said.kernel and kernel.generation == said.generation
            if told and kernel.poll() is None:
                note = asyncio.create_task(self._note_end(kernel, said.code))
                self._notes.add(note)
                note.add_done_callback(self._notes.discard)

    async def end(self, ended: Ended) -> None:
        """Take it that the sandbox ended. May be called twice."""
        await asyncio.gather(*self._notes)
        for kernel in self._kernels.values():
            kernel.note_gone(ended)
        self._sockets.close()

    async def _fork(self, kernel: AgentKernel, launch: KernelLaunch, name: str) -> None:
        listening: list[socket.socket] = []
        try:
            if launch.kernel_id not in self._handed:
                for number in _PORTS:  # one by one, so that those made are closed if one fails
                    listening += [self._sockets.listen(f"{name}-{number}", socket.SOCK_STREAM)]
            await self._link.request(
                "kernel.start",
                fds=[one.fileno() for one in listening],
                kernel=launch.kernel_id,
                generation=kernel.generation,
                key=launch.key.decode(),
                cwd=launch.cwd,
                env=dict(launch.env),
            )
        finally:
            for one in listening:
                one.close()
        self._handed.add(launch.kernel_id)

    async def _note_end(self, kernel: AgentKernel, code: int) -> None:
        count = await self._count_oom_kills()
        explained = max(kernel.oom_kills_before, self._oom_kills_explained)
        out_of_memory = code == -signal.SIGKILL and count > explained
        if out_of_memory:
            self._oom_kills_explained = explained + 1
        kernel.note_end(code, out_of_memory=out_of_memory)

    async def _count_oom_kills(self) -> int:
        try:
            return await self._oom_kills()
        except EngineUnavailable:  # then nobody knows
            return self._oom_kills_explained

    async def _forget_some(self) -> None:
        """Let the agent close the sockets of kernels that ended long ago."""
        ended = [
            kernel_id
            for kernel_id, kernel in self._kernels.items()
            if kernel.poll() is not None and kernel_id in self._handed
        ]
        for kernel_id in ended[:-_ENDED_KEPT]:
            self._handed.discard(kernel_id)
            await self._link.request("kernel.forget", kernel=kernel_id)


def _endpoints_at(prefix: str) -> KernelEndpoints:
    """Return the endpoints of a kernel whose sockets are called ``prefix-1`` to ``prefix-5``."""
    ports = {f"{channel}_port": number for number, channel in zip(_PORTS, CHANNELS, strict=True)}
    return KernelEndpoints(ip=prefix, **ports)


def _detail(cause: EndCause, code: int, limits: Limits) -> str:
    """Return one sentence for the user."""
    if cause is EndCause.OUT_OF_MEMORY:
        limit = limits.memory_bytes // _MEBIBYTE
        return (
            f"The kernel was ended because the sandbox's memory ({limit} MB) was used up. "
            "Use less at a time, or ask for more."
        )
    if cause is EndCause.USER:
        return "The kernel was stopped."
    if cause is EndCause.KILLED:
        return f"The kernel was ended from inside the sandbox by {_signal_name(-code)}."
    return f"The kernel ended by itself with exit code {code}."


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # one of the real-time signals between the first and the last
        return f"signal {number}"
