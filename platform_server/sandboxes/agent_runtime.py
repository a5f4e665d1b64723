"""A running sandbox through its agent: the Runtime port on real containers."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING

from platform_server import clock
from platform_server.errors import SandboxGone, TerminalNotFound
from platform_server.sandboxes import kernels
from platform_server.sandboxes.kernels import AgentKernel
from platform_server.sandboxes.link import AgentLink, AgentRefused
from platform_server.sandboxes.messages import (
    CommandEnded,
    KernelEnded,
    Ready,
    Said,
    TerminalEnded,
)
from platform_server.sandboxes.model import CommandResult, TerminalName
from platform_server.sandboxes.sockets import SocketFolder
from platform_server.sandboxes.streams import AgentTerminal, collect, feed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

    from platform_server.sandboxes.model import Ended, KernelId, KernelLaunch, Limits, SandboxId

_GRACE = 10.0  # seconds beyond a command's own time limit
_SIGNAL_BASE = 128


class AgentRuntime:
    """What the server does in one sandbox: ``listen``, start its container, then ``start``."""

    def __init__(
        self,
        sandbox_id: SandboxId,
        folder: Path,
        *,
        limits: Limits,
        oom_kills: Callable[[], Awaitable[int]],
        new_id: clock.IdFactory = clock.new_id,
    ) -> None:
        self._id = sandbox_id
        self._limits = limits
        self._oom_kills = oom_kills
        self._new_id = new_id
        self.control = folder / "control"
        self._sockets = SocketFolder(folder / "kernels")
        self._link = AgentLink(self.control, heard=self._heard)
        self._ready = asyncio.Event()
        self._kernels: dict[KernelId, AgentKernel] = {}
        self._names: dict[KernelId, str] = {}
        self._commands: dict[str, asyncio.Future[int]] = {}
        self._shells: set[TerminalName] = set()
        self._attached: set[AgentTerminal] = set()
        self._notes: set[asyncio.Task[None]] = set()
        self._gone = False

    @property
    def sandbox_id(self) -> SandboxId:
        """Whose runtime this is."""
        return self._id

    def listen(self) -> None:
        """Make the sockets that the agent will dial."""
        self._link.listen()

    async def start(self, agent_pid: int) -> None:
        """Return once the agent, the container's main process, has dialled in."""
        self._link.expect(agent_pid)
        await self._link.connected()

    async def start_kernel(self, launch: KernelLaunch) -> AgentKernel:
        """Fork a kernel, in the place of an ended one of the same id on the same endpoints."""
        self._check()
        before = self._kernels.get(launch.kernel_id)
        if before is not None:
            await before.kill()
        await self._ready.wait()
        name = self._names.setdefault(launch.kernel_id, f"k{len(self._names)}")
        kernel = AgentKernel(
            self._link,
            launch.kernel_id,
            generation=before.generation + 1 if before else 0,
            endpoints=kernels.endpoints_at(self._sockets.address(name)),
            limits=self._limits,
            oom_kills=self._oom_kills,
        )
        await kernel.note_start()
        self._kernels[launch.kernel_id] = kernel
        listening = [] if before is not None else kernels.listen(self._sockets, name)
        try:
            await self._link.request(
                "kernel.start",
                fds=[one.fileno() for one in listening],
                kernel=launch.kernel_id,
                generation=kernel.generation,
                key=launch.key.decode(),
                cwd=launch.cwd,
                env=dict(launch.env),
            )
        except (AgentRefused, SandboxGone) as error:
            self._forget(launch.kernel_id, name)
            raise SandboxGone from error
        finally:
            for one in listening:
                one.close()
        return kernel

    async def open_terminal(self, name: TerminalName, *, cwd: str, rows: int, columns: int) -> None:
        """Start a login shell."""
        self._check()
        await self._link.request(
            "terminal.open", terminal=name, cwd=cwd, rows=rows, columns=columns
        )
        self._shells.add(name)

    async def attach_terminal(self, name: TerminalName) -> AgentTerminal:
        """Attach to a shell. Raises TerminalNotFound."""
        self._check()
        async with self._link.streams(1) as (tokens, opened):
            try:
                await self._link.request("terminal.attach", terminal=name, token=tokens[0])
            except AgentRefused as error:
                raise TerminalNotFound from error
            (stream,) = await opened()
        terminal = AgentTerminal(self._link, name, stream, let_go=self._attached.discard)
        self._attached.add(terminal)
        return terminal

    async def close_terminal(self, name: TerminalName) -> None:
        """Hang up the shell and everything it started."""
        if not self._gone:
            await self._link.request("terminal.close", terminal=name)

    async def terminals(self) -> list[TerminalName]:
        """Return the terminals whose shells live."""
        self._check()
        answer = await self._link.request("terminal.list")
        return [TerminalName(name) for name in answer["terminals"] if name in self._shells]

    async def execute(
        self, argv: Sequence[str], *, cwd: str, timeout: float, stdin: bytes, output_limit: int
    ) -> CommandResult:
        """Run a command to its end, or kill it after ``timeout`` seconds."""
        self._check()
        command, began = self._new_id(), time.monotonic()
        ended = self._commands[command] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(timeout + _GRACE), self._link.streams(2) as (tokens, opened):
                await self._link.request(
                    "command.start",
                    command=command,
                    argv=list(argv),
                    cwd=cwd,
                    timeout=timeout,
                    tokens=tokens,
                )
                out, err = await opened()
                with contextlib.closing(out), contextlib.closing(err):
                    (stdout, more), (stderr, more_err), _ = await asyncio.gather(
                        collect(out, output_limit), collect(err, output_limit), feed(out, stdin)
                    )
                code = await ended
        except (TimeoutError, AgentRefused) as error:
            raise SandboxGone from error
        finally:
            self._commands.pop(command, None)
        return CommandResult(
            exit_code=code if code >= 0 else _SIGNAL_BASE - code,
            stdout=stdout,
            stderr=stderr,
            duration_ms=round((time.monotonic() - began) * 1000),
            truncated=more or more_err,
        )

    async def end(self, ended: Ended) -> None:
        """Take it that the container has ended; everything in it did. May be called twice."""
        self._gone = True
        await self._link.aclose()
        for kernel in self._kernels.values():
            kernel.note_gone(ended)
        for command in self._commands.values():
            if not command.done():
                command.set_exception(SandboxGone())
        for terminal in list(self._attached):
            await terminal.aclose()
        self._sockets.close()

    def _check(self) -> None:
        if self._gone:
            raise SandboxGone

    def _forget(self, kernel_id: KernelId, name: str) -> None:
        """Undo a start that failed; the next one begins with new sockets."""
        self._kernels.pop(kernel_id, None)
        for number in range(1, len(kernels.CHANNELS) + 1):
            self._sockets.remove(f"{name}-{number}")

    def _heard(self, said: Said) -> None:
        """Take a report, if it is about something that was asked for."""
        if isinstance(said, Ready):
            self._ready.set()
        elif isinstance(said, KernelEnded):
            kernel = next((k for i, k in self._kernels.items() if i == said.kernel), None)
            if kernel is not None and kernel.generation == said.generation:
                note = asyncio.create_task(kernel.note_end(said.code))
                self._notes.add(note)
                note.add_done_callback(self._notes.discard)
        elif isinstance(said, TerminalEnded):
            self._shells.discard(TerminalName(said.terminal))
        elif isinstance(said, CommandEnded):
            command = self._commands.get(said.command)
            if command is not None and not command.done():
                command.set_result(said.code)
