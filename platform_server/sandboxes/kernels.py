"""Kernels of a running sandbox, as the server holds them."""

from __future__ import annotations

import asyncio
import signal
import socket
from typing import TYPE_CHECKING

from platform_server import clock
from platform_server.sandboxes.model import EndCause, Ended
from platform_server.sandboxes.runtime import KernelEndpoints

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from platform_server.sandboxes.link import AgentLink
    from platform_server.sandboxes.model import KernelId, Limits
    from platform_server.sandboxes.sockets import SocketFolder

CHANNELS = ("shell", "iopub", "stdin", "control", "hb")  # in the order of their port numbers
_MEBIBYTE = 2**20


def endpoints_at(prefix: str) -> KernelEndpoints:
    """Return the endpoints of a kernel whose sockets are called ``prefix-1`` to ``prefix-5``."""
    ports = {f"{channel}_port": number for number, channel in enumerate(CHANNELS, 1)}
    return KernelEndpoints(ip=prefix, **ports)


def listen(folder: SocketFolder, name: str) -> list[socket.socket]:
    """Return the five listening sockets of a new kernel, by port number."""
    return [
        folder.listen(f"{name}-{number}", socket.SOCK_STREAM)
        for number in range(1, len(CHANNELS) + 1)
    ]


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
        oom_kills: Callable[[], Awaitable[int]],
    ) -> None:
        self.generation = generation
        self._link = link
        self._id = kernel_id
        self._endpoints = endpoints
        self._limits = limits
        self._oom_kills = oom_kills
        self._oom_kills_before = 0
        self._code: int | None = None
        self._asked_to_end = False
        self._ended: asyncio.Future[Ended] = asyncio.get_running_loop().create_future()

    @property
    def endpoints(self) -> KernelEndpoints:
        """The same for the kernel's whole life, restarts included."""
        return self._endpoints

    async def note_start(self) -> None:
        """Remember how often memory ran out before."""
        self._oom_kills_before = await self._oom_kills()

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
        """End it and its children; returns when it has ended."""
        if self._code is None:
            self._asked_to_end = True
            await self._link.request("kernel.kill", kernel=self._id)
            await self.wait()

    async def note_end(self, code: int) -> None:
        """Take the exit code that the agent reported, and find out why it ended."""
        if self._code is not None:
            return
        self._code = code
        out_of_memory = code == -signal.SIGKILL and (
            await self._oom_kills() > self._oom_kills_before
        )
        self._finish(self._cause(out_of_memory=out_of_memory), code)

    def note_gone(self, ended: Ended) -> None:
        """Take it that the whole sandbox ended."""
        if self._code is None:
            self._code = -signal.SIGKILL
        if not self._ended.done():
            self._ended.set_result(ended)

    def _cause(self, *, out_of_memory: bool) -> EndCause:
        if self._asked_to_end:
            return EndCause.USER
        if out_of_memory:
            return EndCause.OUT_OF_MEMORY
        return EndCause.KILLED if (self._code or 0) < 0 else EndCause.EXITED

    def _finish(self, cause: EndCause, code: int) -> None:
        ended = Ended(
            cause=cause,
            at=clock.utc_now(),
            exit_code=code if code >= 0 else None,
            signal=-code if code < 0 else None,
            detail=self._detail(cause, code),
        )
        if not self._ended.done():
            self._ended.set_result(ended)

    def _detail(self, cause: EndCause, code: int) -> str:
        if cause is EndCause.OUT_OF_MEMORY:
            limit = self._limits.memory_bytes // _MEBIBYTE
            return (
                f"The kernel was ended because the sandbox's memory ({limit} MB) was used up. "
                "Use less at a time, or ask for more."
            )
        if cause is EndCause.USER:
            return "The kernel was stopped."
        if cause is EndCause.KILLED:
            return f"The kernel was ended from inside the sandbox by {signal.Signals(-code).name}."
        return f"The kernel ended by itself with exit code {code}."
