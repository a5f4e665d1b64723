"""What callers do inside a running sandbox: kernels, terminals, commands. Streams, never paths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from platform_server.sandboxes.model import (
        CommandResult,
        Ended,
        KernelLaunch,
        SandboxId,
        TerminalName,
        TypedCommand,
    )


@dataclass(frozen=True, kw_only=True)
class KernelEndpoints:
    """Where the server reaches a kernel: ``ipc://{ip}-{port}``, in a folder of the server's own."""

    ip: str
    shell_port: int
    iopub_port: int
    stdin_port: int
    control_port: int
    hb_port: int


class KernelProcess(Protocol):
    """One kernel in a sandbox, as the provisioner holds it."""

    @property
    def endpoints(self) -> KernelEndpoints:
        """The same for the kernel's whole life, restarts included."""

    def poll(self) -> int | None:
        """Return None while it runs, afterwards its exit code (negative: minus the signal)."""

    async def wait(self) -> Ended:
        """Return when it has ended, with why."""

    async def signal(self, number: int) -> None:
        """Send a signal to the kernel's process (interrupt: SIGINT). Nothing if it has ended."""

    async def kill(self) -> None:
        """End it and its children at once; returns when it has ended. May be called twice."""


class Terminal(Protocol):
    """An attached terminal: bytes out, bytes in."""

    async def read(self) -> bytes:
        """Return the next output, b"" when the shell has ended or the sandbox is gone.

        What is not read waits in the sandbox: a slow reader stops the writer, nothing grows here.
        """

    async def write(self, data: bytes) -> None:
        """Type."""

    async def resize(self, *, rows: int, columns: int) -> None:
        """Tell the shell the size of its screen. A screen that an editor or the like has drawn is
        sent anew: it may have been drawn in another size here.
        """

    async def aclose(self) -> None:
        """Let go of it; the shell lives on. May be called twice."""


class Shells(Protocol):
    """A running sandbox's terminals. Every method raises SandboxGone once it is not running."""

    @property
    def sandbox_id(self) -> SandboxId:
        """Whose they are."""

    async def open_terminal(self, name: TerminalName, *, cwd: str, rows: int, columns: int) -> None:
        """Start a login shell in ``cwd`` (relative to the project)."""

    async def attach_terminal(self, name: TerminalName) -> Terminal:
        """Attach to a shell: what brings a terminal into its state, then all that follows.

        A shell may be attached to several times. Raises TerminalNotFound.
        """

    async def close_terminal(self, name: TerminalName) -> None:
        """Hang up the shell and everything it started. Not an error when it has ended."""

    async def terminals(self) -> list[TerminalName]:
        """Return the terminals whose shells live."""

    async def shell_end(self, name: TerminalName) -> Ended | None:
        """Return why a shell ended, soon after its output has; None if that is not known.

        Works when the sandbox does not run any more.
        """

    async def terminal_folders(self) -> Mapping[TerminalName, str]:
        """Return where living shells are, relative to the project. One elsewhere is left out."""

    def listen_to_commands(self, heard: Callable[[TypedCommand], None]) -> None:
        """Name who is told of each command line that a shell has run, in the place of an earlier.

        What nobody was there to hear is told at once, the latest of it.
        """


class Runtime(Shells, Protocol):
    """A running sandbox. Every method raises SandboxGone once it is not."""

    async def start_kernel(self, launch: KernelLaunch) -> KernelProcess:
        """Fork a kernel. A second call with the same kernel id takes the place of the first process
        on the same endpoints (a restart), once that has ended.
        """

    async def execute(
        self, argv: Sequence[str], *, cwd: str, timeout: float, stdin: bytes, output_limit: int
    ) -> CommandResult:
        """Run a command to its end, or kill it after ``timeout`` seconds.

        At most ``output_limit`` bytes of each stream are kept, the rest dropped and marked.
        """
