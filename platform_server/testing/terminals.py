"""The terminals of a sandbox without a container: shells of this machine. For tests only."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ptyprocess import PtyProcess  # type: ignore[import-untyped]  # it has no types

from platform_server.clock import new_id, utc_now
from platform_server.errors import SandboxGone, TerminalNotFound
from platform_server.sandboxes.model import EndCause, Ended, SandboxId
from platform_server.testing.scrollback import Scrollback

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from platform_server.sandboxes.model import TerminalName, TypedCommand

READ_BYTES = 32 * 1024
BACKLOG_BYTES = 256 * 1024  # what waits for the reader before the shell has to

_SHELL = ["bash", "--norc", "--noprofile", "-i"]


class LocalTerminal:
    """An attached shell of this machine."""

    def __init__(self, shell: _Shell) -> None:
        self._shell = shell
        self._backlog: deque[bytes] = deque()
        self._changed = asyncio.Event()
        self._is_closed = False

    @property
    def is_full(self) -> bool:
        """Tell whether the shell has to wait."""
        return sum(map(len, self._backlog)) >= BACKLOG_BYTES

    def put(self, data: bytes) -> None:
        """Add output; b"" says that there was a change and no more output."""
        if data:
            self._backlog.append(data)
        self._changed.set()

    async def read(self) -> bytes:
        """Return the next output, b"" at the end."""
        while not (self._backlog or self._shell.is_ended or self._is_closed):
            self._changed.clear()
            await self._changed.wait()
        taken = self._backlog.popleft() if self._backlog else b""
        self._shell.go_on()
        return taken

    async def write(self, data: bytes) -> None:
        """Type."""
        await self._shell.type(data)

    async def resize(self, *, rows: int, columns: int) -> None:
        """Set the size of the screen."""
        if not self._shell.is_ended:
            self._shell.pty.setwinsize(rows, columns)

    async def aclose(self) -> None:
        """Let go; the shell lives on."""
        self._is_closed = True
        self.put(b"")
        self._shell.detach(self)


class _Shell:
    """A shell and its output; read at all times, as the agent does."""

    def __init__(self, cwd: Path, home: Path, *, rows: int, columns: int) -> None:
        environment = {
            "HOME": str(home),
            "PATH": os.environ["PATH"],
            "PS1": "\\w$ ",
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
        }
        self.pty = PtyProcess.spawn(
            _SHELL,
            cwd=str(cwd),
            env=environment,
            dimensions=(rows, columns),
            preexec_fn=_heed_signals,
        )
        os.set_blocking(self.pty.fd, False)
        self.is_ended = False
        self.end: Ended | None = None
        self._scrollback = Scrollback()
        self._attached: list[LocalTerminal] = []
        self.go_on()

    def attach(self) -> LocalTerminal:
        terminal = LocalTerminal(self)
        terminal.put(self._scrollback.text())
        self._attached.append(terminal)
        return terminal

    def detach(self, terminal: LocalTerminal) -> None:
        if terminal in self._attached:
            self._attached.remove(terminal)
        self.go_on()

    def go_on(self) -> None:
        """Read while nobody is behind."""
        if self.is_ended:
            return
        if any(terminal.is_full for terminal in self._attached):
            asyncio.get_running_loop().remove_reader(self.pty.fd)
        else:
            asyncio.get_running_loop().add_reader(self.pty.fd, self._on_output)

    async def type(self, data: bytes) -> None:
        loop = asyncio.get_running_loop()
        while data and not self.is_ended:
            try:
                data = data[os.write(self.pty.fd, data) :]
            except BlockingIOError:
                writable = asyncio.Event()
                loop.add_writer(self.pty.fd, writable.set)
                try:
                    await writable.wait()
                finally:
                    loop.remove_writer(self.pty.fd)

    def hang_up(self) -> None:
        """End the shell and everything in its session."""
        if self.is_ended:
            return
        for number in (signal.SIGHUP, signal.SIGKILL):
            for process in _session(self.pty.pid):
                with suppress(ProcessLookupError):
                    os.kill(process, number)
        self._end()

    def _on_output(self) -> None:
        try:
            data = os.read(self.pty.fd, READ_BYTES)
        except OSError:  # EIO: the shell has closed its side
            data = b""
        if not data:
            self._end()
            return
        self._scrollback.append(data)
        for terminal in self._attached:
            terminal.put(data)
        self.go_on()

    def _end(self) -> None:
        self.is_ended = True
        asyncio.get_running_loop().remove_reader(self.pty.fd)
        self.pty.close()
        self.end = self._end_of_pty()
        for terminal in self._attached:
            terminal.put(b"")

    def _end_of_pty(self) -> Ended:
        number, code = self.pty.signalstatus, self.pty.exitstatus
        cause = EndCause.EXITED if number is None else EndCause.KILLED
        detail = f"The shell ended: {cause.value}."
        return Ended(cause=cause, at=utc_now(), exit_code=code, signal=number, detail=detail)


class LocalShells:
    """The terminal verbs of a Runtime, in a folder of this machine."""

    def __init__(self, workspace: Path, home: Path) -> None:
        self.workspace = workspace
        self._home = home
        self._id = SandboxId(new_id())
        self._shells: dict[TerminalName, _Shell] = {}
        self._is_gone = False
        self.tell: Callable[[TypedCommand], None] = lambda _command: None

    @property
    def sandbox_id(self) -> SandboxId:
        """Whose runtime this is."""
        return self._id

    async def open_terminal(self, name: TerminalName, *, cwd: str, rows: int, columns: int) -> None:
        """Start a shell in the folder, or in the project's root when there is no such folder."""
        self._check()
        folder = self.workspace / cwd
        start = folder if folder.is_dir() else self.workspace
        self._shells[name] = _Shell(start, self._home, rows=rows, columns=columns)

    async def attach_terminal(self, name: TerminalName) -> LocalTerminal:
        """Attach to a living shell."""
        self._check()
        shell = self._shells.get(name)
        if shell is None or shell.is_ended:
            raise TerminalNotFound
        return shell.attach()

    async def close_terminal(self, name: TerminalName) -> None:
        """Hang up the shell and everything it started."""
        self._check()
        if name in self._shells:
            self._shells[name].hang_up()

    async def terminals(self) -> list[TerminalName]:
        """Return the terminals whose shells live."""
        self._check()
        return [name for name, shell in self._shells.items() if not shell.is_ended]

    async def shell_end(self, name: TerminalName) -> Ended | None:
        """Return why a shell ended."""
        shell = self._shells.get(name)
        return shell.end if shell is not None and shell.is_ended else None

    async def terminal_folders(self) -> Mapping[TerminalName, str]:
        """Return where living shells are."""
        self._check()
        folders = {}
        for name, shell in self._shells.items():
            if not shell.is_ended:
                folder = os.readlink(f"/proc/{shell.pty.pid}/cwd")  # noqa: PTH115 - may be gone
                if folder.startswith(str(self.workspace)):
                    folders[name] = folder.removeprefix(str(self.workspace)).strip("/")
        return folders

    def listen_to_commands(self, heard: Callable[[TypedCommand], None]) -> None:
        """Name who is told when a test lets a shell tell of a command line."""
        self.tell = heard

    async def end(self) -> None:
        """End the sandbox: afterwards every verb raises SandboxGone. May be called twice."""
        self._is_gone = True
        for shell in self._shells.values():
            shell.hang_up()

    def _check(self) -> None:
        if self._is_gone:
            raise SandboxGone


def _heed_signals() -> None:
    """Undo what a test run in the background inherits: SIGINT ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _session(leader: int) -> list[int]:
    """Return the living processes of the session, the leader last."""
    found = [pid for pid in _processes() if _session_of(pid) == leader]
    return sorted(found, key=lambda pid: pid == leader)


def _processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _session_of(pid: int) -> int:
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return 0
