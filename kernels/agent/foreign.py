"""A kernel that is another program: asked as Jupyter asks kernels, behind sockets of its own.

The program speaks over the sandbox's loopback, with a key of its own. What it says is journaled,
and told under the key of the server, like what Python says.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import secrets
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import zmq
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.connect import write_connection_file

from agent.publisher import Journaled

_TICK = 0.1  # seconds between two looks whether the program lives, while it is asked something
_LOOK = 1.0  # seconds, while it is not
_START_PATIENCE = 60.0  # seconds
_ASK_PATIENCE = 10.0  # seconds for a completion and the like
_HEED_PATIENCE = 2.0  # seconds for an interrupt
_SETTLE_PATIENCE = 10.0  # seconds from the reply to the last output
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)
# What is said by the wrapper itself, with its own numbers.
_OWN = frozenset({"status", "execute_input", "iopub_welcome"})


class Program:
    """The other program, and the connection to it."""

    def __init__(self, argv: Sequence[str], environment: Mapping[str, str]) -> None:
        self._is_over = False  # it was ended on purpose
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder, "connection.json"))
            write_connection_file(path, ip="127.0.0.1", key=secrets.token_hex().encode())
            self._process = subprocess.Popen(  # noqa: S603 - fixed arguments
                [*argv, path],
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                process_group=0,  # an interrupt is not for it
                preexec_fn=prepare,  # noqa: PLW1509 - it makes system calls only
            )
            self.client = BlockingKernelClient(connection_file=path)
            self.client.load_connection_file()
            self.client.start_channels(hb=False)
            self._await_ready()

    def check(self) -> None:
        """End this process as the program has ended, if it has: it is the kernel."""
        code = self._process.poll()
        if code is not None and not self._is_over:
            end_like(code)

    def end(self) -> None:
        """Kill it, since another takes its place."""
        self._is_over = True
        self._process.kill()
        self._process.wait()
        self.client.stop_channels()

    def _await_ready(self) -> None:
        """Return once it answers, and what it prints arrives: its publisher knows of us later."""
        end = time.monotonic() + _START_PATIENCE
        while time.monotonic() < end:
            self.check()
            self.client.kernel_info()
            with contextlib.suppress(ValueError):  # what is no message
                is_heard = any(replies(self.client.shell_channel, _TICK))
                if is_heard and any(replies(self.client.iopub_channel, _TICK)):
                    return
        os._exit(1)


def replies(channel: Any, seconds: float) -> Iterator[dict[str, Any]]:
    """Give what comes within the time, until nothing does."""
    while channel.socket.poll(round(1000 * seconds)):
        yield channel.get_msg(timeout=0)


class Foreign(Journaled):
    """A kernel whose cells another program runs."""

    argv: Sequence[str] = ()  # the program; the path of the connection's file comes behind
    environment: Mapping[str, str] = {}
    started_anew = "The program was started anew: its variables are gone."

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._idle: dict[str, threading.Event] = {}  # of the requests that are under way
        self._begin()

    async def do_execute(
        self,
        code: str,
        silent: bool,  # noqa: FBT001 - as ipykernel calls it
        store_history: bool = True,  # noqa: FBT001, FBT002 - as above
        user_expressions: Any = None,
        allow_stdin: bool = False,  # noqa: FBT001, FBT002 - as above
        *,
        cell_meta: Any = None,
        cell_id: Any = None,
    ) -> dict[str, Any]:
        """Run a cell."""
        del cell_meta, cell_id
        self._allow_stdin = allow_stdin
        content = {
            "code": code,
            "silent": silent,
            "store_history": store_history,
            "user_expressions": user_expressions or {},
            "allow_stdin": allow_stdin,
            "stop_on_error": True,
        }
        request = self._send("execute_request", content)
        idle = self._idle[request] = threading.Event()
        try:
            reply = self._answer(request)
            idle.wait(_SETTLE_PATIENCE)
        except KeyboardInterrupt:
            reply = self._interrupt(request)
        finally:
            self._idle.pop(request, None)
        return {**reply, "execution_count": self.execution_count}

    async def do_complete(self, code: str, cursor_pos: int) -> dict[str, Any]:
        """Complete what is typed."""
        nothing = {"matches": [], "cursor_start": cursor_pos, "cursor_end": cursor_pos}
        content = {"code": code, "cursor_pos": cursor_pos}
        return self._ask("complete_request", content, {"metadata": {}, "status": "ok", **nothing})

    async def do_inspect(
        self, code: str, cursor_pos: int, detail_level: int = 0, omit_sections: Any = ()
    ) -> dict[str, Any]:
        """Tell about what is typed."""
        del omit_sections
        content = {"code": code, "cursor_pos": cursor_pos, "detail_level": detail_level}
        nothing = {"status": "ok", "found": False, "data": {}, "metadata": {}}
        return self._ask("inspect_request", content, nothing)

    async def do_is_complete(self, code: str) -> dict[str, Any]:
        """Tell whether more has to be typed."""
        return self._ask("is_complete_request", {"code": code}, {"status": "unknown"})

    def _begin(self) -> None:
        self._program = Program(self.argv, self.environment)
        threading.Thread(target=self._listen, args=(self._program,), daemon=True).start()

    def _send(self, kind: str, content: dict[str, Any]) -> str:
        """Ask under the same header as we were asked, so that outputs name who asked us."""
        client = self._program.client
        message = client.session.msg(kind, content)
        parent = self.get_parent("shell").get("header")
        if parent:
            message["header"] = {**parent, "msg_type": kind}
            message["msg_id"] = parent["msg_id"]
        client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def _ask(self, kind: str, content: dict[str, Any], nothing: dict[str, Any]) -> dict[str, Any]:
        request, end = self._send(kind, content), time.monotonic() + _ASK_PATIENCE
        with contextlib.suppress(KeyboardInterrupt):
            while time.monotonic() < end:
                found = self._look_for(request, _TICK)
                if found is not None:
                    return found
        return nothing

    def _answer(self, request: str) -> dict[str, Any]:
        """Return the reply; meanwhile pass questions on."""
        while True:
            found = self._look_for(request, _TICK)
            if found is not None:
                return found
            self._program.check()

    def _look_for(self, request: str, seconds: float) -> dict[str, Any] | None:
        client = self._program.client
        poller = zmq.Poller()
        for channel in (client.shell_channel, client.stdin_channel):
            poller.register(channel.socket, zmq.POLLIN)
        poller.poll(round(1000 * seconds))
        for question in replies(client.stdin_channel, 0):
            self._pass_question(question["content"])
        for reply in replies(client.shell_channel, 0):
            if reply["parent_header"].get("msg_id") == request:
                content: dict[str, Any] = reply["content"]
                return content
        return None

    def _pass_question(self, content: dict[str, Any]) -> None:
        answer = ""
        if self._allow_stdin:
            ask = self.getpass if content.get("password") else self.raw_input
            answer = ask(str(content.get("prompt", "")))
        self._program.client.input(answer)

    def _interrupt(self, request: str) -> dict[str, Any]:
        """Ask the program to stop what it does; one that does not heed that begins anew."""
        client = self._program.client
        client.control_channel.send(client.session.msg("interrupt_request", {}))
        end = time.monotonic() + _HEED_PATIENCE
        while time.monotonic() < end:
            found = self._look_for(request, _TICK)
            if found is not None:
                return {**found, "ename": "KeyboardInterrupt"} if "ename" in found else found
        self._program.end()
        self._begin()
        error = {
            "ename": "KeyboardInterrupt",
            "evalue": self.started_anew,
            "traceback": [self.started_anew],
        }
        self.send_response(self.iopub_socket, "error", error)
        return {"status": "error", **error}

    def _listen(self, program: Program) -> None:
        """Tell the server's clients what the program says, also between two cells."""
        channel = program.client.iopub_channel
        with contextlib.suppress(zmq.ZMQError):  # closed: another program takes its place
            while program is self._program:
                if not channel.socket.poll(round(1000 * _LOOK)):
                    program.check()
                    continue
                message = channel.get_msg(timeout=0)
                if message["msg_type"] not in _OWN:
                    self._tell(message)
                elif message["content"].get("execution_state") == "idle":
                    idle = self._idle.get(message["parent_header"].get("msg_id", ""))
                    if idle is not None:
                        idle.set()

    def _tell(self, message: dict[str, Any]) -> None:
        content = dict(message["content"])
        if "execution_count" in content:
            content["execution_count"] = self.execution_count
        session: Any = self.session
        session.send(
            self.iopub_socket,
            message["msg_type"],
            content,
            parent={"header": message["parent_header"]},
            ident=self._topic(message["msg_type"]),
            buffers=message.get("buffers"),
            metadata=message.get("metadata"),
        )


def end_like(code: int) -> None:
    """End this process with another's exit code, or by the signal that ended the other."""
    if code < 0:
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


def prepare() -> None:
    """Let this process end when the one that started it does, and heed interrupts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
