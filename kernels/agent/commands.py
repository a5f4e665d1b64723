"""Commands: run to their end or their time limit, with their streams carried to the server."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping
from typing import Any

from agent.loop import READ, WRITE, Loop
from agent.processes import Processes, folder, kill_session
from agent.streams import HIGH_WATER, Stream, read_rest, read_some, write_some

TIMED_OUT = 124  # as timeout(1) has it
_NOT_FOUND, _NOT_RUNNABLE = 127, 126

Report = Callable[[dict[str, Any]], None]


class _Output:
    """One of a command's two outputs, on its way to the server. ``theirs`` is the command's end."""

    def __init__(self, loop: Loop, token: str, received: Callable[[bytes], None]) -> None:
        self._loop = loop
        self._fd = -1
        self.stream = Stream(loop, token, received=received, changed=self.update)
        self._fd, self.theirs = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(self._fd, False)

    def update(self) -> None:
        """Read while the server keeps up."""
        if self._fd >= 0:
            waits = self.stream.full and not self.stream.closed
            self._loop.watch(self._fd, 0 if waits else READ, self._ready)

    def finish(self) -> None:
        """Send what is left and close, whoever else holds the pipe. May be called twice."""
        if self._fd >= 0:
            for data in read_rest(self._fd):
                self.stream.send(data)
            self._close()

    def _ready(self) -> None:
        data = read_some(self._fd)
        if data:
            self.stream.send(data)
            self.update()
        elif data is not None:
            self._close()

    def _close(self) -> None:
        self._loop.watch(self._fd, 0, self._ready)
        os.close(self._fd)
        self._fd = -1
        self.stream.end()


class _Input:
    """What a command is fed. ``theirs`` is the command's end."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._waiting = bytearray()
        self._ends = False
        self.stream: Stream | None = None  # where it comes from; made to wait if it is too fast
        self.theirs, self._fd = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(self._fd, False)

    def take(self, data: bytes) -> None:
        """Pass on what the server sent; b"" is the end of it."""
        self._waiting += data
        self._ends = self._ends or not data
        self._write()

    def close(self) -> None:
        """Let go of the pipe: nobody reads it. May be called twice."""
        if self._fd >= 0:
            self._loop.watch(self._fd, 0, self._write)
            os.close(self._fd)
            self._fd = -1
        self._waiting.clear()

    def _write(self) -> None:
        if self._fd < 0:
            self._waiting.clear()
        elif not write_some(self._fd, self._waiting) or (self._ends and not self._waiting):
            self.close()
        else:
            self._loop.watch(self._fd, WRITE if self._waiting else 0, self._write)
        if self.stream is not None and not self._ends:
            self.stream.listen(on=len(self._waiting) < HIGH_WATER)


class Command:
    """One running command."""

    def __init__(
        self,
        loop: Loop,
        processes: Processes,
        request: Mapping[str, Any],
        over: Callable[[int], None],
    ) -> None:
        self._over = over
        self._timed_out = False
        out_token, err_token = request["tokens"]
        with contextlib.ExitStack() as handed, contextlib.ExitStack() as undo:
            self._input = _Input(loop)
            handed.callback(os.close, self._input.theirs)
            undo.callback(self._input.close)
            self._out = _Output(loop, str(out_token), self._input.take)
            handed.callback(os.close, self._out.theirs)
            undo.callback(self._out.finish)
            self._err = _Output(loop, str(err_token), lambda _data: None)
            handed.callback(os.close, self._err.theirs)
            undo.callback(self._err.finish)
            self.pid = self._start(processes, request)
            undo.pop_all()
        self._input.stream = self._out.stream
        self._out.update()
        self._err.update()
        loop.later(float(request["timeout"]), self._time_out)

    def kill(self) -> None:
        """End it, and what it started. Nothing when it has ended."""
        if self.pid:
            kill_session(self.pid)

    def _start(self, processes: Processes, request: Mapping[str, Any]) -> int:
        argv, cwd = [str(argument) for argument in request["argv"]], str(request["cwd"])
        theirs = (self._input.theirs, self._out.theirs, self._err.theirs)

        def run() -> None:
            for target, fd in enumerate(theirs):
                os.dup2(fd, target)
            os.closerange(3, max(theirs) + 1)
            os.chdir(folder(cwd))
            _execute(argv)

        return processes.start(run, keep=theirs, ended=self._ended)

    def _time_out(self) -> None:
        if self.pid:
            self._timed_out = True
            kill_session(self.pid)

    def _ended(self, code: int) -> None:
        self.pid = 0
        self._input.close()
        self._out.finish()
        self._err.finish()
        self._over(TIMED_OUT if self._timed_out else code)


class Commands:
    """The commands of this sandbox."""

    def __init__(self, loop: Loop, processes: Processes, report: Report) -> None:
        self._loop = loop
        self._processes = processes
        self._report = report
        self._running: dict[str, Command] = {}

    def start(self, request: Mapping[str, Any], _fds: list[int]) -> dict[str, Any]:
        """Run a command; its end is an event."""
        name = str(request["command"])

        def over(code: int) -> None:
            self._running.pop(name, None)
            self._report({"event": "command.ended", "command": name, "code": code})

        self._running[name] = Command(self._loop, self._processes, request, over)
        return {}

    def kill(self, request: Mapping[str, Any], _fds: list[int]) -> dict[str, Any]:
        """End a command that nobody waits for any more."""
        command = self._running.get(str(request["command"]))
        if command is not None:
            command.kill()
        return {}


def _execute(argv: list[str]) -> None:
    """Become the command; never returns."""
    try:
        os.execvpe(argv[0], argv, os.environ)
    except FileNotFoundError:
        os.write(2, f"{argv[0]}: command not found\n".encode())
        os._exit(_NOT_FOUND)
    except OSError as error:
        os.write(2, f"{argv[0]}: {error.strerror}\n".encode())
        os._exit(_NOT_RUNNABLE)
