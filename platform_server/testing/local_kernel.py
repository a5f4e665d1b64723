"""Forks ipykernels on listening sockets that it is handed, as the sandbox's agent does.

Runs as ``python -m platform_server.testing.local_kernel FD``, where FD is a SOCK_SEQPACKET socket:
JSON requests with five descriptors come in, ``{"started": pid}`` and later ``{"ended": pid, "code":
n}`` go out. Ends, and its kernels with it, when the socket is closed.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import sys
from importlib import import_module
from typing import Any

from platform_server.paths import resource

PORTS = {"shell": 1, "iopub": 2, "stdin": 3, "control": 4, "hb": 5}
WAITING = 2_000  # messages on their way to the server; further outputs wait in the journal
_REQUEST_LIMIT = 65536


def become_kernel(request: dict[str, Any], listening: dict[int, int]) -> None:
    """Run a kernel in this process until it is asked to shut down."""
    import zmq
    from agent.publisher import JournaledApp, JournaledKernel

    class App(JournaledApp):
        def _bind_socket(self, s: Any, port: int) -> int:
            s.setsockopt(zmq.USE_FD, listening[port])
            s.setsockopt(zmq.SNDHWM, WAITING)
            return int(super()._bind_socket(s, port))  # type: ignore[no-untyped-call]

        def init_connection_file(self) -> None:
            """Keep the key in memory."""

        def write_connection_file(self, **_kwargs: Any) -> None:
            """Keep the key in memory."""

        def log_connection_info(self) -> None:
            self._ports: dict[str, int] = dict(PORTS)

        def init_heartbeat(self) -> None:
            """Leave it out: nobody listens to it."""

        def cleanup_ipc_files(self) -> None:
            """Leave the sockets to the one who made them."""

    ports = {f"{channel}_port": port for channel, port in PORTS.items()}
    app = App.instance(ip=request["ip"], transport="ipc", kernel_class=JournaledKernel, **ports)
    app.session.key = request["key"].encode()
    app.initialize([])
    app.start()  # type: ignore[no-untyped-call]


def fork(request: dict[str, Any], listening: list[int]) -> int:
    """Fork a kernel, and return its process id."""
    pid = os.fork()
    if pid:
        for fd in listening:
            os.close(fd)
        return pid
    os.setsid()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    become_kernel(request, dict(zip(PORTS.values(), listening, strict=True)))
    sys.exit(0)


def reap(control: socket.socket) -> None:
    """Report every kernel that has ended."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        code = os.waitstatus_to_exitcode(status)
        control.send(json.dumps({"ended": pid, "code": code}).encode())


def main() -> None:
    """Serve requests until the other side hangs up."""
    # What a kernel needs is imported once, here, and shared by all that are forked.
    sys.path.append(str(resource("agent").parent))
    import_module("agent.publisher")
    for module in ("kernelapp", "ipkernel", "zmqshell", "debugger", "subshell_manager"):
        import_module(f"ipykernel.{module}")

    control = socket.socket(fileno=int(sys.argv[1]))
    wake, woken = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(woken)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    while True:
        readable, _, _ = select.select([control.fileno(), wake], [], [])
        if wake in readable:
            os.read(wake, 4096)
            reap(control)
        if control.fileno() in readable:
            data, fds, _, _ = socket.recv_fds(control, _REQUEST_LIMIT, len(PORTS))
            if not data:
                os.killpg(0, signal.SIGTERM)
            control.send(json.dumps({"started": fork(json.loads(data), fds)}).encode())


if __name__ == "__main__":
    main()
