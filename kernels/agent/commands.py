"""Commands: run to their end or their time limit, with their streams carried to the server."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from agent.loop import READ, WRITE, Loop
from agent.processes import Processes, folder, kill_session
from agent.streams import Stream, read_some, write_some

TIMED_OUT = 124  # as timeout(1) has it
_NOT_FOUND, _NOT_RUNNABLE = 127, 126

Report = Callable[[dict[str, Any]], None]


class _Output:
    """One of a command's two outputs, on its way to the server."""

    def __init__(self, loop: Loop, fd: int) -> None:
        self._loop = loop
        self._fd = fd
        self.stream: Stream
        os.set_blocking(fd, False)

    def update(self) -> None:
        """Read while the server keeps up."""
        if self._fd >= 0:
            waits = self.stream.full and not self.stream.closed
            self._loop.watch(self._fd, 0 if waits else READ, self._ready)

    def finish(self) -> None:
        """Send what is left and close, whoever else holds the pipe."""
        while self._fd >= 0 and (data := read_some(self._fd)):
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
        if self._fd >= 0:
            self._loop.watch(self._fd, 0, self._ready)
            os.close(self._fd)
            self._fd = -1
            self.stream.end()


class Command:
    """One running command."""

    def __init__(
        self,
        loop: Loop,
        processes: Processes,
        request: Mapping[str, Any],
        over: Callable[[int], None],
    ) -> None:
        self._loop = loop
        self._over = over
        self._input = bytearray()
        self._input_ends = self._timed_out = False
        child_in, self._stdin = os.pipe2(os.O_CLOEXEC)
        out, child_out = os.pipe2(os.O_CLOEXEC)
        err, child_err = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(self._stdin, False)
        theirs = (child_in, child_out, child_err)
        argv = [str(argument) for argument in request["argv"]]

        def run() -> None:
            for target, fd in enumerate(theirs):
                os.dup2(fd, target)
            os.closerange(3, max(theirs) + 1)
            os.chdir(folder(str(request["cwd"])))
            _execute(argv)

        self.pid = processes.start(run, keep=theirs, ended=self._ended)
        for fd in theirs:
            os.close(fd)
        self._outputs = [_Output(loop, out), _Output(loop, err)]
        for output, token in zip(self._outputs, request["tokens"], strict=True):
            output.stream = Stream(loop, str(token), received=self._type, changed=output.update)
            output.update()
        self._outputs[1].stream.listen(on=False)
        loop.later(float(request["timeout"]), self._time_out)

    def _type(self, data: bytes) -> None:
        self._input += data
        self._input_ends = self._input_ends or not data
        self._write()

    def _write(self) -> None:
        if self._stdin < 0:
            return
        taken = write_some(self._stdin, self._input)
        if not taken or (self._input_ends and not self._input):
            self._loop.watch(self._stdin, 0, self._write)
            os.close(self._stdin)
            self._stdin = -1
        else:
            self._loop.watch(self._stdin, WRITE if self._input else 0, self._write)

    def _time_out(self) -> None:
        if self.pid:
            self._timed_out = True
            kill_session(self.pid)

    def _ended(self, code: int) -> None:
        self.pid = 0
        self._input_ends = True
        self._input.clear()
        self._write()
        for output in self._outputs:
            output.finish()
        self._over(TIMED_OUT if self._timed_out else code)


class Commands:
    """The commands of this sandbox."""

    def __init__(self, loop: Loop, processes: Processes, report: Report) -> None:
        self._loop = loop
        self._processes = processes
        self._report = report

    def start(self, request: Mapping[str, Any], _fds: list[int]) -> dict[str, Any]:
        """Run a command; its end is an event."""
        name = str(request["command"])

        def over(code: int) -> None:
            self._report({"event": "command.ended", "command": name, "code": code})

        Command(self._loop, self._processes, request, over)
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
