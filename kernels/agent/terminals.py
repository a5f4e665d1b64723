"""Terminals: login shells on pseudo-terminals, which live on when the server goes away."""

from __future__ import annotations

import fcntl
import itertools
import os
import pty
import signal
import struct
import termios
from collections.abc import Callable, Mapping
from typing import Any

from agent.loop import READ, WRITE, Loop
from agent.notes import DESCRIPTOR, VARIABLE, Note, Notes, relative
from agent.processes import WORKSPACE, Processes, folder, kill_session
from agent.recording import Recording
from agent.room import full_folders
from agent.streams import Stream, read_rest, read_some, write_some

_TYPED_LIMIT = 64 * 1024  # bytes typed ahead before the server is made to wait
_HANGUP_PATIENCE = 1.0  # seconds from SIGHUP to SIGKILL
_REST = 0.2  # seconds
_MOST_FOLDER = 1000  # bytes of a folder's name

Report = Callable[[dict[str, Any]], None]


class Terminal:
    """One shell, what it has shown, and whoever is attached."""

    def __init__(
        self,
        loop: Loop,
        processes: Processes,
        request: Mapping[str, Any],
        *,
        typed: Note,
        over: Callable[[int], None],
    ) -> None:
        self._loop = loop
        self._over = over
        self._notes = Notes(loop, typed)
        theirs = self._notes.theirs
        self._recording = Recording(int(request["rows"]), int(request["columns"]))
        self._typed = bytearray()
        self._rests = False  # no process has the terminal open
        self._streams: dict[str, Stream] = {}  # by the tokens that the server knows them by
        self._master, slave = pty.openpty()
        os.set_blocking(self._master, False)
        self.resize(int(request["rows"]), int(request["columns"]))

        def run() -> None:
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
            for fd in (0, 1, 2):
                os.dup2(slave, fd)
            os.close(slave)
            os.dup2(theirs, DESCRIPTOR)
            os.close(theirs)
            os.chdir(folder(str(request["cwd"])))
            os.environ[VARIABLE] = str(DESCRIPTOR)
            os.environ["TERM"] = "xterm-256color"
            os.environ["COLORTERM"] = "truecolor"
            os.execv("/bin/bash", ["-bash"])

        try:
            self.pid = processes.start(run, keep=[slave, theirs], ended=self._ended)
        except OSError:
            os.close(self._master)
            self._notes.close()
            raise
        finally:
            os.close(slave)
            os.close(theirs)
        self._update()

    def attach(self, token: str) -> None:
        """Open a stream: what was shown before first, then all that follows."""

        def received(data: bytes) -> None:
            self._type(data)
            if not data:
                stream.close()

        stream = Stream(self._loop, token, received=received, changed=self._update)
        self._streams[token] = stream
        stream.send(self._recording.replayed())

    def show_again(self, token: str) -> None:
        """Draw the alternate screen anew for one who may have drawn it in another size."""
        stream = self._streams.get(token)
        if stream is not None and not stream.full:
            stream.send(self._recording.screen())

    @property
    def is_busy(self) -> bool:
        """Tell whether something other than the shell has the terminal."""
        try:
            return os.tcgetpgrp(self._master) not in {0, self.pid}
        except OSError:
            return False

    @property
    def folder(self) -> str | None:
        """Where the shell is, None when that cannot be known."""
        try:
            found = os.readlink(f"/proc/{self.pid}/cwd")  # noqa: PTH115 - a path that is gone is no path
        except OSError:
            return None
        is_inside = found == WORKSPACE or found.startswith(WORKSPACE + "/")
        return relative(found) if is_inside and len(found) <= _MOST_FOLDER else None

    def resize(self, rows: int, columns: int) -> None:
        """Set the screen's size; the kernel tells the processes in front."""
        self._recording.resize(rows, columns)
        size = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, size)

    def hang_up(self) -> None:
        """End the shell and all that it started, which may ignore the first signal."""
        leader = self.pid
        kill_session(leader, signal.SIGHUP)
        kill_session(leader, signal.SIGCONT)
        self._loop.later(_HANGUP_PATIENCE, lambda: kill_session(leader))

    def _update(self) -> None:
        """Read from the shell while everybody attached keeps up; write while there is something."""
        self._streams = {token: one for token, one in self._streams.items() if not one.closed}
        if self._master < 0:
            return
        waits = self._rests or any(stream.full for stream in self._streams.values())
        events = (0 if waits else READ) | (WRITE if self._typed else 0)
        self._loop.watch(self._master, events, self._ready)
        for stream in self._streams.values():
            stream.listen(on=len(self._typed) < _TYPED_LIMIT)

    def _ready(self) -> None:
        write_some(self._master, self._typed)
        if not self._rests and not any(stream.full for stream in self._streams.values()):
            data = read_some(self._master)
            if data:
                self._print(data)
            elif data is not None:
                self._rest()
        self._update()

    def _rest(self) -> None:
        """Look again later: there is nothing to wait for until a process opens the terminal."""

        def look() -> None:
            self._rests = False
            self._update()

        self._rests = True
        self._loop.later(_REST, look)

    def _print(self, data: bytes) -> None:
        self._recording.append(data)
        for stream in self._streams.values():
            stream.send(data)

    def _type(self, data: bytes) -> None:
        self._typed += data
        self._update()

    def _ended(self, code: int) -> None:
        for data in read_rest(self._master):  # what the shell wrote last
            self._print(data)
        self._loop.watch(self._master, 0, self._ready)
        os.close(self._master)
        self._notes.close()
        self._master, self.pid = -1, 0
        for stream in self._streams.values():
            stream.end()
        self._over(code)


class Terminals:
    """The terminals of this sandbox, by name."""

    def __init__(self, loop: Loop, processes: Processes, report: Report, tell: Report) -> None:
        self._loop = loop
        self._processes = processes
        self._report = report
        self._tell = tell
        self._numbers = itertools.count()  # of command lines
        self._terminals: dict[str, Terminal] = {}

    def open(self, request: Mapping[str, Any], _fds: list[int]) -> dict[str, Any]:
        """Start a shell."""
        name = str(request["terminal"])

        def typed(note: dict[str, Any]) -> None:
            number = next(self._numbers)
            self._tell({"event": "command.typed", "number": number, "terminal": name, **note})

        if name in self._terminals:
            raise ValueError("the terminal exists already")

        def over(code: int) -> None:
            del self._terminals[name]
            said = {"event": "terminal.ended", "terminal": name, "code": code}
            self._report(said | {"full": full_folders()})

        self._terminals[name] = Terminal(
            self._loop, self._processes, request, typed=typed, over=over
        )
        return {}

    def attach(self, request: Mapping[str, Any], _fds: list[int]) -> dict[str, Any]:
        """Open a stream to a shell."""
        self._terminals[str(request["terminal"])].attach(str(request["token"]))
        return {}

    def resize(self, request: Mapping[str, Any], _fds: list[int]) -> dict[str, Any]:
        """Set a screen's size, for all who look; the one that told it sees the screen anew."""
        found = self._terminals[str(request["terminal"])]
        found.resize(int(request["rows"]), int(request["columns"]))
        found.show_again(str(request["token"]))
        return {}

    def close(self, request: Mapping[str, Any], _fds: list[int]) -> dict[str, Any]:
        """Hang up, if it is still there."""
        found = self._terminals.get(str(request["terminal"]))
        if found is not None:
            found.hang_up()
        return {}

    def list(self, _request: Mapping[str, Any], _fds: list[int]) -> dict[str, Any]:
        """Return the names of the living ones, which are at work, and where their shells are."""
        busy = [name for name, one in self._terminals.items() if one.is_busy]
        folders = {name: one.folder for name, one in self._terminals.items()}
        known = {name: folder for name, folder in folders.items() if folder is not None}
        return {"terminals": list(self._terminals), "busy": busy, "folders": known}
