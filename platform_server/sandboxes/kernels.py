"""Kernels of a running sandbox, as the server holds them."""

from __future__ import annotations

import asyncio
import itertools
import signal
import socket
from collections import Counter
from typing import TYPE_CHECKING, Protocol

from platform_server import clock
from platform_server.errors import SandboxBusy
from platform_server.sandboxes.evidence import Death
from platform_server.sandboxes.link import AgentRefused
from platform_server.sandboxes.messages import listed_kernels
from platform_server.sandboxes.model import EndCause, Ended, KernelId, KernelRecord
from platform_server.sandboxes.runtime import KernelEndpoints
from platform_server.sandboxes.sockets import SocketFolder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from platform_server.sandboxes.evidence import Findings
    from platform_server.sandboxes.link import AgentLink
    from platform_server.sandboxes.messages import KernelEnded, ListedKernel
    from platform_server.sandboxes.model import KernelLaunch, SandboxId

CHANNELS = ("shell", "iopub", "stdin", "control", "hb")  # in the order of their port numbers
_PORTS = range(1, len(CHANNELS) + 1)
_KILL_PATIENCE = 20.0  # seconds
_ENDED_KEPT = 20  # ended kernels whose sockets stay with the agent, ready for a restart


class KernelRecords(Protocol):
    """Where kernels are noted for the next server process; the sandbox repository is one."""

    async def save_kernel(self, record: KernelRecord) -> None:
        """Store a kernel as it is about to be started."""


class AgentKernel:
    """One process of a kernel, from its fork to its end."""

    def __init__(
        self,
        link: AgentLink,
        kernel_id: KernelId,
        *,
        generation: int,
        endpoints: KernelEndpoints,
        oom_kills_before: int,
    ) -> None:
        self.generation = generation
        self.oom_kills_before = oom_kills_before
        self._link = link
        self._id = kernel_id
        self._endpoints = endpoints
        self._code: int | None = None
        self.is_asked_to_end = False
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
        self.is_asked_to_end = True
        await self._link.request("kernel.kill", kernel=self._id)
        try:
            async with asyncio.timeout(_KILL_PATIENCE):
                await self.wait()
        except TimeoutError as error:
            raise SandboxBusy from error

    def note_end(self, code: int, ended: Ended) -> None:
        """Take the exit code that the agent reported, and what it means."""
        self._code = code
        self._finish(ended)

    def note_gone(self, ended: Ended) -> None:
        """Take it that the whole sandbox ended. Nothing if the kernel has before."""
        if self._code is None:
            self._code = -signal.SIGKILL
        self._finish(ended)

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
        sandbox_id: SandboxId,
        records: KernelRecords,
        findings: Findings,
    ) -> None:
        self._link = link
        self._sandbox_id = sandbox_id
        self._records = records
        self._sockets = SocketFolder(folder)
        self._findings = findings
        self._kernels: dict[KernelId, AgentKernel] = {}  # the one started last at the end
        self._generations: Counter[KernelId] = Counter()
        self._names: dict[KernelId, str] = {}
        self._free_names = (f"k{number}" for number in itertools.count())
        self._handed: set[KernelId] = set()  # those whose sockets the agent has
        self._notes: set[asyncio.Task[None]] = set()

    async def start(self, launch: KernelLaunch) -> AgentKernel:
        """Fork a kernel, in the place of an earlier one of the same id on the same endpoints."""
        kernel_id = launch.kernel_id
        before = self._kernels.get(kernel_id)
        if before is not None:
            await before.kill()
        self._generations[kernel_id] += 1
        record = KernelRecord(
            sandbox_id=self._sandbox_id,
            launch=launch,
            socket_name=self._name(kernel_id),
            generation=self._generations[kernel_id],
            oom_kills=await self._findings.oom_kills(),
        )
        await self._records.save_kernel(record)
        kernel = self._note(record)
        try:
            await self._fork(kernel, launch, record.socket_name)
        except BaseException:
            del self._kernels[kernel_id]
            self._handed.discard(kernel_id)  # the agent closed them, or will for new ones
            raise
        await self._forget_some()
        return kernel

    def expect(self, records: Sequence[KernelRecord]) -> None:
        """Prepare for the agent, which may tell of ends as soon as it dials; ``adopt`` follows."""
        for record in records:
            kernel_id = record.launch.kernel_id
            self._names[kernel_id] = record.socket_name
            self._generations[kernel_id] = record.generation
            self._note(record)

    async def adopt(self) -> None:
        """Take over those expected that run, and end all others that the agent has.

        Raises what a request to the agent raises, and AgentRefused for an answer that is none.
        """
        try:
            listed = listed_kernels(await self._link.request("kernel.list"))
        except ValueError as error:
            raise AgentRefused from error
        await asyncio.gather(*self._notes)
        for one in listed:
            if one.kernel in self._kernels:
                self._handed.add(KernelId(one.kernel))
            else:  # somebody shut it down, and the server was killed before it was told
                await self._link.request("kernel.kill", kernel=one.kernel)
                await self._link.request("kernel.forget", kernel=one.kernel)
        self._note_lost({KernelId(one.kernel): one for one in listed})

    def get(self, kernel_id: KernelId) -> AgentKernel | None:
        """Return a kernel whose sockets the agent has, whether it runs or not."""
        return self._kernels.get(kernel_id) if kernel_id in self._handed else None

    def note_end(self, said: KernelEnded) -> None:
        """Take the agent's word that a kernel ended, if it is about one that runs."""
        for kernel_id, kernel in self._kernels.items():
            told = kernel_id == said.kernel and kernel.generation == said.generation
            if told and kernel.poll() is None:
                note = asyncio.create_task(self._note_end(kernel, said))
                self._notes.add(note)
                note.add_done_callback(self._notes.discard)

    async def end(self, ended: Ended) -> None:
        """Take it that the sandbox ended. May be called twice."""
        await asyncio.gather(*self._notes)
        for kernel in self._kernels.values():
            kernel.note_gone(ended)
        self._sockets.close()

    def _name(self, kernel_id: KernelId) -> str:
        """Return what a kernel's sockets are called; no two kernels have the same."""
        if kernel_id not in self._names:
            taken = set(self._names.values())
            self._names[kernel_id] = next(name for name in self._free_names if name not in taken)
        return self._names[kernel_id]

    def _note(self, record: KernelRecord) -> AgentKernel:
        """Hold a kernel from now on, in the place of its earlier process."""
        kernel_id = record.launch.kernel_id
        kernel = AgentKernel(
            self._link,
            kernel_id,
            generation=record.generation,
            endpoints=_endpoints_at(self._sockets.address(record.socket_name)),
            oom_kills_before=record.oom_kills,
        )
        self._kernels.pop(kernel_id, None)
        self._kernels[kernel_id] = kernel
        return kernel

    def _note_lost(self, listed: Mapping[KernelId, ListedKernel]) -> None:
        """Take it that expected kernels without a process have ended, reported or not."""
        for kernel_id, kernel in self._kernels.items():
            told = listed.get(kernel_id)
            if told is not None and told.pid and told.generation == kernel.generation:
                continue
            detail = "The kernel ended while the server was away."
            kernel.note_gone(Ended(cause=EndCause.UNKNOWN, at=clock.utc_now(), detail=detail))

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
                name=launch.kernel_name,
                generation=kernel.generation,
                key=launch.key.decode(),
                cwd=launch.cwd,
                env=dict(launch.env),
            )
        finally:
            for one in listening:
                one.close()
        self._handed.add(launch.kernel_id)

    async def _note_end(self, kernel: AgentKernel, said: KernelEnded) -> None:
        death = Death(
            what="kernel",
            code=said.code,
            is_asked=kernel.is_asked_to_end,
            oom_kills_before=kernel.oom_kills_before,
            full=tuple(said.full),
        )
        kernel.note_end(said.code, await self._findings.end_of(death))

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
