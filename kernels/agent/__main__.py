"""Starts the agent as process 1 of the sandbox."""

from __future__ import annotations

import contextlib
import gc
import importlib
import signal
from pathlib import Path

from agent import environment
from agent.commands import Commands
from agent.forwarder import Forwarder
from agent.kernel import PRELOADED
from agent.kernels import Kernels
from agent.link import Link
from agent.loop import Loop
from agent.processes import ENVIRONMENT, Processes, set_dumpable
from agent.terminals import Terminals


def main() -> None:
    """Serve until the container is stopped."""
    set_dumpable(dumpable=False)
    # A signal without a handler does not reach process 1; these have one in Python.
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    ENVIRONMENT.update(environment.VARIABLES)
    with contextlib.suppress(OSError):  # a full disk still lets people in to clean up
        Path(ENVIRONMENT["TMPDIR"]).mkdir(parents=True, exist_ok=True)
        environment.prepare()
    loop, processes = Loop(), Processes()
    loop.on_child(processes.reap)
    Forwarder(loop).listen()
    link = Link(loop)
    commands = Commands(loop, processes, link.report)
    terminals = Terminals(loop, processes, link.report, link.tell)
    link.serve(
        {
            "terminal.open": terminals.open,
            "terminal.attach": terminals.attach,
            "terminal.resize": terminals.resize,
            "terminal.close": terminals.close,
            "terminal.list": terminals.list,
            "command.start": commands.start,
            "command.kill": commands.kill,
        }
    )
    link.dial()
    # Terminals and commands need not wait for the imports that kernels share.
    for module in PRELOADED:
        importlib.import_module(module)
        loop.turn(wait=False)
    gc.collect()
    gc.freeze()
    kernels = Kernels(processes, link.report)
    link.serve(
        {
            "kernel.start": kernels.start,
            "kernel.signal": kernels.signal,
            "kernel.kill": kernels.kill,
            "kernel.forget": kernels.forget,
            "kernel.list": kernels.list,
        }
    )
    link.note_ready()
    while True:
        loop.turn()


if __name__ == "__main__":
    main()
