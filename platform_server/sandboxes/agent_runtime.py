"""A running sandbox through its agent: the Runtime port on real containers."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING

from platform_server import clock
from platform_server.errors import SandboxBusy, SandboxGone, TerminalNotFound
from platform_server.sandboxes.commands import Commands, Invocation
from platform_server.sandboxes.evidence import Findings
from platform_server.sandboxes.kernels import Kernels
from platform_server.sandboxes.link import AgentLink, AgentRefused
from platform_server.sandboxes.messages import (
    CommandEnded,
    CommandTyped,
    Hello,
    KernelEnded,
    Ready,
    Said,
    TerminalEnded,
    listed_terminals,
)
from platform_server.sandboxes.model import TerminalName, TypedCommand
from platform_server.sandboxes.shell_ends import ShellEnds
from platform_server.sandboxes.streams import AgentTerminal, arrived

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from pathlib import Path

    from platform_server.sandboxes.commands import Take
    from platform_server.sandboxes.kernels import AgentKernel, KernelRecords
    from platform_server.sandboxes.messages import ListedTerminals
    from platform_server.sandboxes.model import (
        CommandEnd,
        CommandResult,
        Ended,
        KernelId,
        KernelLaunch,
        KernelRecord,
        Limits,
        Pressure,
        SandboxId,
    )

_READY_PATIENCE = 60.0  # seconds from the agent's first word until kernels can be forked
_TYPED_KEPT = 256


class AgentRuntime:
    """What the server does in one sandbox: ``listen``, start its container, then ``start``."""

    def __init__(
        self,
        sandbox_id: SandboxId,
        folder: Path,
        *,
        records: KernelRecords,
        limits: Limits,
        pressure: Callable[[], Awaitable[Pressure | None]],
        new_id: clock.IdFactory = clock.new_id,
    ) -> None:
        self._id = sandbox_id
        self.control = folder / "control"
        self._link = AgentLink(self.control, heard=self._heard)
        self.findings = Findings(limits, pressure)
        self.shell_ends = ShellEnds(self.findings)
        self._kernels = Kernels(
            self._link,
            folder / "kernels",
            sandbox_id=sandbox_id,
            records=records,
            findings=self.findings,
        )
        self._ready = asyncio.Event()
        self._commands = Commands(self._link, new_id)
        self._shells: set[TerminalName] = set()
        self._attached: set[AgentTerminal] = set()
        self._typed: deque[TypedCommand] = deque(maxlen=_TYPED_KEPT)  # until somebody listens
        self._command_heard: Callable[[TypedCommand], None] = self._typed.append
        self._is_gone = False

    @property
    def sandbox_id(self) -> SandboxId:
        """Whose runtime this is."""
        return self._id

    @property
    def limits(self) -> Limits:
        """What the container may use."""
        return self.findings.limits

    def limit(self, limits: Limits) -> None:
        """Take it that the container has other limits from now on; no kernel was started yet."""
        self.findings.limits = limits

    def listen(self) -> None:
        """Make the sockets that the agent will dial."""
        self._link.listen()

    async def start(self, agent_pid: int) -> None:
        """Return once the agent, the container's main process, has dialled in.

        Raises SandboxGone when the sandbox is ended meanwhile.
        """
        self._check()
        self._link.expect(agent_pid)
        await self._link.connected()

    async def adopt(self, agent_pid: int, kernels: Sequence[KernelRecord]) -> None:
        """Take over a container that runs already, with these kernels; call ``listen`` before.

        Raises what a request to the agent raises.
        """
        self._kernels.expect(kernels)
        await self.start(agent_pid)
        await self._until_ready()
        await self._kernels.adopt()
        said = await self._said_terminals()
        self._shells |= {TerminalName(name) for name in said.terminals}
        await self.findings.measure()
        self.findings.settle()  # what ran out of memory before was told, or cannot be any more

    def kernel(self, kernel_id: KernelId) -> AgentKernel | None:
        """Return a kernel that was started here, whether it still runs or not."""
        return self._kernels.get(kernel_id)

    async def ready(self) -> None:
        """Return once kernels can be forked. Raises SandboxGone, SandboxBusy."""
        await self._until_ready()

    async def ping(self) -> float:
        """Return how many seconds the agent takes to answer. Raises what a request to it raises."""
        began = time.monotonic()
        await self._said_terminals()  # any answer will do; every agent knows this question
        return time.monotonic() - began

    async def start_kernel(self, launch: KernelLaunch) -> AgentKernel:
        """Fork a kernel, in the place of an earlier one of the same id on the same endpoints.

        Raises SandboxGone, SandboxBusy, LimitReached.
        """
        await self._until_ready()
        self._check()
        return await self._kernels.start(launch)

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
        async with self._link.streams.expect(1) as (expected,):
            try:
                await self._link.request("terminal.attach", terminal=name, token=expected.token)
            except AgentRefused as error:
                raise TerminalNotFound from error
            stream = await arrived(expected)
        terminal = AgentTerminal(
            self._link, name, stream, token=expected.token, let_go=self._attached.discard
        )
        self._attached.add(terminal)
        return terminal

    async def close_terminal(self, name: TerminalName) -> None:
        """Hang up the shell and everything it started."""
        if not self._is_gone:
            self.shell_ends.expect(name)
            await self._link.request("terminal.close", terminal=name)

    async def terminals(self) -> list[TerminalName]:
        """Return the terminals whose shells live."""
        living, _ = await self._list_terminals()
        return living

    async def shell_end(self, name: TerminalName) -> Ended | None:
        """Return why a shell ended, soon after its output has; None if that is not known."""
        return await self.shell_ends.of(name)

    async def terminal_folders(self) -> Mapping[TerminalName, str]:
        """Return where living shells are."""
        said = await self._said_terminals()
        return {TerminalName(one): folder for one, folder in said.folders.items()}

    def listen_to_commands(self, heard: Callable[[TypedCommand], None]) -> None:
        """Name who is told of each command line, those kept until now first."""
        self._command_heard = heard
        while self._typed:
            heard(self._typed.popleft())

    async def is_terminal_busy(self) -> bool:
        """Tell whether a shell has a command in front."""
        _, busy = await self._list_terminals()
        return bool(busy)

    async def execute(
        self, argv: Sequence[str], *, cwd: str, timeout: float, stdin: bytes, output_limit: int
    ) -> CommandResult:
        """Run a command to its end, or kill it after ``timeout`` seconds.

        Raises SandboxGone, SandboxBusy, LimitReached, TooLarge.
        """
        self._check()
        what = Invocation(argv=argv, cwd=cwd, timeout=timeout, stdin=stdin)
        return await self._commands.run(what, output_limit)

    async def stream(
        self,
        argv: Sequence[str],
        *,
        cwd: str,
        timeout: float,
        stdin: bytes,
        output_limit: int,
        take: Take,
    ) -> CommandEnd:
        """Run a command, and hand over what it writes as it comes; return how it ended.

        Raises as ``execute`` does, and what ``take`` raises; then the command is ended.
        """
        self._check()
        what = Invocation(argv=argv, cwd=cwd, timeout=timeout, stdin=stdin)
        return await self._commands.stream(what, output_limit, take)

    async def _list_terminals(self) -> tuple[list[TerminalName], list[TerminalName]]:
        said = await self._said_terminals()
        living, busy = (
            [TerminalName(name) for name in names if name in self._shells]
            for names in (said.terminals, said.busy)
        )
        return living, busy

    async def _said_terminals(self) -> ListedTerminals:
        self._check()
        answer = await self._link.request("terminal.list")
        try:
            return listed_terminals(answer)
        except ValueError as error:
            raise AgentRefused from error

    @property
    def is_executing(self) -> bool:
        """Tell whether a command runs."""
        return self._commands.are_running

    async def end(self, ended: Ended) -> None:
        """Take it that the container has ended; everything in it did. May be called twice."""
        self._is_gone = True
        self._ready.set()
        await self._link.aclose()
        await self._kernels.end(ended)
        await self.shell_ends.end(self._shells, ended)
        self._commands.end()
        for terminal in list(self._attached):
            await terminal.aclose()

    async def _until_ready(self) -> None:
        try:
            async with asyncio.timeout(_READY_PATIENCE):
                await self._ready.wait()
        except TimeoutError as error:
            raise SandboxBusy from error

    def _note_shell_end(self, said: TerminalEnded) -> None:
        name = TerminalName(said.terminal)
        if name in self._shells:
            self._shells.discard(name)
            self.shell_ends.note(name, said)

    def _check(self) -> None:
        if self._is_gone:
            raise SandboxGone

    def _heard(self, said: Said) -> None:
        """Take a report, if it is about something that was asked for."""
        if isinstance(said, Ready) or (isinstance(said, Hello) and said.ready):
            self._ready.set()
        elif isinstance(said, KernelEnded):
            self._kernels.note_end(said)
        elif isinstance(said, TerminalEnded):
            self._note_shell_end(said)
        elif isinstance(said, CommandTyped):
            self._command_heard(
                TypedCommand(
                    number=said.number,
                    terminal=TerminalName(said.terminal),
                    text=said.text,
                    cwd=said.cwd,
                    exit_code=said.code,
                    began=said.began,
                    duration=said.duration,
                )
            )
        elif isinstance(said, CommandEnded):
            self._commands.note_end(said.command, said.code)
