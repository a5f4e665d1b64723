"""The kernels of this sandbox: forked on request, again on the same sockets after a restart."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from agent import kernel
from agent.languages import LANGUAGES
from agent.processes import Processes, folder, kill_session
from agent.room import full_folders

Report = Callable[[dict[str, Any]], None]


@dataclass
class _Kernel:
    """A kernel's listening descriptors, which stay, and its present process, if any."""

    listening: list[int]
    generation: int = 0
    pid: int = 0


class Kernels:
    """Starts, signals and ends kernels; reports each end."""

    def __init__(self, processes: Processes, report: Report) -> None:
        self._processes = processes
        self._report = report
        self._kernels: dict[str, _Kernel] = {}

    def start(self, request: Mapping[str, Any], fds: list[int]) -> dict[str, Any]:
        """Fork a kernel; its sockets come with the first start."""
        name = str(request["kernel"])
        if request["name"] not in LANGUAGES:
            raise ValueError("there is no such kernel in this sandbox")
        before = self._kernels.get(name)
        if before is not None and before.pid:
            kill_session(before.pid)
        known = _Kernel(listening=fds) if fds or before is None else before
        generation = int(request["generation"])

        def run() -> None:
            os.chdir(folder(str(request["cwd"])))
            _null_standard_streams()
            kernel.run(request, dict(enumerate(known.listening, 1)))

        def ended(code: int) -> None:
            if known.generation == generation:
                known.pid = 0
            self._report(
                {
                    "event": "kernel.ended",
                    "kernel": name,
                    "generation": generation,
                    "code": code,
                    "full": full_folders(),
                }
            )

        known.pid = self._processes.start(run, keep=known.listening, ended=ended)
        known.generation = generation
        if known is not before:
            self._forget(name)
            self._kernels[name] = known
        return {"pid": known.pid}

    def signal(self, request: Mapping[str, Any], _fds: list[int]) -> dict[str, Any]:
        """Signal the kernel's process; an interrupt reaches all of its group."""
        known = self._kernels.get(str(request["kernel"]))
        if known is not None and known.pid:
            number = int(request["signal"])
            send = os.killpg if number == signal.SIGINT else os.kill
            try:
                send(known.pid, number)
            except ProcessLookupError:
                os.kill(known.pid, number)
        return {}

    def kill(self, request: Mapping[str, Any], _fds: list[int]) -> dict[str, Any]:
        """End the kernel and all that it started."""
        known = self._kernels.get(str(request["kernel"]))
        if known is not None and known.pid:
            kill_session(known.pid)
        return {}

    def forget(self, request: Mapping[str, Any], _fds: list[int]) -> dict[str, Any]:
        """Close an ended kernel's sockets."""
        self._forget(str(request["kernel"]))
        return {}

    def list(self, _request: Mapping[str, Any], _fds: list[int]) -> dict[str, Any]:
        """Return every kernel whose sockets are here; one without a process has pid 0."""
        return {
            "kernels": [
                {"kernel": name, "generation": known.generation, "pid": known.pid}
                for name, known in self._kernels.items()
            ]
        }

    def _forget(self, name: str) -> None:
        known = self._kernels.pop(name, None)
        for fd in known.listening if known else ():
            os.close(fd)


def _null_standard_streams() -> None:
    """Let what bypasses the kernel's own capture go nowhere; the container keeps no log."""
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    os.close(null)
