"""A kernel of any language on listening sockets that were handed in."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from typing import Any

from agent import environment

# Messages on their way to the server on one channel; further outputs wait in the journal.
WAITING = 2_000
CHANNELS = ("shell", "iopub", "stdin", "control", "hb")
PRELOADED = (
    "agent.publisher",
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ipykernel.zmqshell",
    "ipykernel.debugger",
    "IPython.core.completer",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.magics",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "comm",
    "debugpy.server.api",
    "faulthandler",
    "pdb",
    "sqlite3",
    "tornado.platform.asyncio",
)

# Jedi takes three seconds for the first Tab of each kernel, and 40 MB for ever. Without it what is
# there is looked at. A project's own configuration of IPython may say otherwise.
_DEFAULTS = {"IPCompleter": {"use_jedi": False}}


def run(request: Mapping[str, Any], listening: Mapping[int, int]) -> None:
    """Run a kernel in this process until it is asked to shut down.

    ``listening`` maps each port number of the connection to the descriptor that listens for it.
    """
    import zmq
    from ipykernel.heartbeat import Heartbeat
    from traitlets.config import Config

    from agent.languages import language
    from agent.publisher import JournaledApp

    class HandedHeartbeat(Heartbeat):
        def _bind_socket(self) -> None:
            self.socket.setsockopt(zmq.USE_FD, listening[self.port])
            super()._bind_socket()

    class HandedKernelApp(JournaledApp):
        """Binds nothing, and writes no key to any file."""

        def _bind_socket(self, s: Any, port: int) -> int:
            s.setsockopt(zmq.USE_FD, listening[port])
            s.setsockopt(zmq.SNDHWM, WAITING)
            bound: int = super()._bind_socket(s, port)
            if port == self.shell_port:
                # The debugger runs code through the shell's last address; that of the descriptor
                # means nothing in here.
                s.bind("inproc://shell")
            return bound

        def init_heartbeat(self) -> None:
            address = (self.transport, self.ip, self.hb_port)
            self.heartbeat = HandedHeartbeat(zmq.Context(), address)
            self.heartbeat.start()

        def init_connection_file(self) -> None:
            pass

        def write_connection_file(self, **_kwargs: Any) -> None:
            pass

        def log_connection_info(self) -> None:
            pass

        def cleanup_ipc_files(self) -> None:
            pass

    signal.signal(signal.SIGPIPE, signal.SIG_IGN)  # a broken pipe is an exception, as in Python
    sys.argv = ["ipykernel"]
    environment.enter()
    sys.path[0] = ""  # in place of the agent's own folder: what the learner imports first
    os.environ.update(request["env"])
    ports = {f"{channel}_port": number for number, channel in enumerate(CHANNELS, 1)}
    app = HandedKernelApp.instance(
        config=Config(_DEFAULTS),
        transport="ipc",
        ip="/run/kernel",
        kernel_class=language(request["name"]),
        **ports,
    )
    app.session.key = request["key"].encode()
    app.initialize([])
    app.start()
