"""A notebook's code, run from top to bottom in a kernel of its own.

A program of its own, which the server runs as a command. A job comes as JSON on the standard input:
``{"cwd", "cells": [{"number", "source", "may_fail"}], "cell_seconds", "seconds", "bytes"}``. Each
cell that was run is a line of JSON on the standard output: ``{"number", "status", "outputs",
"is_cut", "seconds"}``; a later line of a number takes the place of an earlier one. ``status`` is
"ok", "error", "time limit" or "died".
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from queue import Empty
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.connect import write_connection_file

_LOOK = 0.25  # seconds between two looks at the clock and at the kernel
_GRACE = 5.0  # seconds that a kernel has to stop what it is told to stop
_START = 60.0  # seconds that a kernel has to start
_SHOWN = {"stream", "display_data", "execute_result", "error"}


class Outputs:
    """What one cell shows, as a notebook keeps it, up to some bytes."""

    def __init__(self, most: int) -> None:
        self.list: list[dict[str, Any]] = []
        self.is_cut = False
        self._names: dict[str, list[dict[str, Any]]] = {}
        self._left = most
        self._clears = False

    def take(self, kind: str, content: dict[str, Any]) -> None:
        """Take what the kernel published for the cell."""
        if kind == "clear_output":
            self._clears = True
            if not content.get("wait"):
                self._clear()
            return
        if kind not in _SHOWN:
            return
        if self._clears:
            self._clear()
        self._left -= len(json.dumps(content))
        if self._left < 0:
            self.is_cut = True
            return
        self._add(kind, content)

    def update(self, name: str, content: dict[str, Any]) -> bool:
        """Show something else under a name, wherever it is shown here."""
        found = self._names.get(name, [])
        self._left -= len(json.dumps(content)) if found else 0
        if self._left < 0:
            self.is_cut = True
            return bool(found)
        for one in found:
            one["data"], one["metadata"] = content.get("data", {}), content.get("metadata", {})
        return bool(found)

    def _add(self, kind: str, content: dict[str, Any]) -> None:
        last = self.list[-1] if self.list else {}
        if kind == "stream" and last.get("name") == content.get("name"):
            last["text"] += content.get("text", "")
            return
        transient = content.pop("transient", None) or {}
        self.list.append({"output_type": kind, **content})
        if transient.get("display_id"):
            self._names.setdefault(str(transient["display_id"]), []).append(self.list[-1])

    def _clear(self) -> None:
        self._clears = False
        self.list.clear()
        self._names.clear()


class Run:
    """A kernel, and the job that it does."""

    def __init__(self, job: dict[str, Any], folder: Path) -> None:
        self._job = job
        self._folder = folder
        self._ends = time.monotonic() + float(job["seconds"])
        self._left = int(job["bytes"])
        self._shown: dict[int, tuple[dict[str, Any], Outputs]] = {}

    def run(self) -> None:
        """Run the cells until one of them fails that may not."""
        file = str(self._folder / "connection.json")
        write_connection_file(file, ip=str(self._folder / "kernel"), transport="ipc")
        python = shutil.which("python") or sys.executable
        self._kernel = subprocess.Popen(  # noqa: S603 - in the sandbox
            [python, "-m", "ipykernel_launcher", "-f", file],
            cwd=self._job["cwd"] or ".",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._client = BlockingKernelClient(connection_file=file)
        self._client.load_connection_file()
        self._client.start_channels(hb=False)
        try:
            self._wait_until_ready()
            for cell in self._job["cells"]:
                if not self._does(cell):
                    return
        finally:
            self._client.stop_channels()
            self._kill()

    def _wait_until_ready(self) -> None:
        """Ask until what the kernel publishes arrives here: a subscription takes its time."""
        ends = time.monotonic() + _START
        while time.monotonic() < ends and self._kernel.poll() is None:
            self._client.kernel_info()
            with contextlib.suppress(Empty):
                self._client.get_iopub_msg(timeout=_LOOK)
                return
        sys.exit("The kernel did not start.")

    def _does(self, cell: dict[str, Any]) -> bool:
        """Run a cell, say what came of it, and tell whether to go on."""
        began = time.monotonic()
        outputs = Outputs(self._left)
        said: dict[str, Any] = {"number": cell["number"]}
        self._shown[cell["number"]] = (said, outputs)
        message = self._client.execute(str(cell["source"]), allow_stdin=False, stop_on_error=False)
        limit = min(began + float(self._job["cell_seconds"]), self._ends)
        said["status"] = self._until_idle(message, outputs, limit)
        said["seconds"] = round(time.monotonic() - began, 3)
        self._left -= self._say(said, outputs)
        return said["status"] == "ok" or (said["status"] == "error" and bool(cell["may_fail"]))

    def _until_idle(self, message: str, outputs: Outputs, limit: float) -> str:
        is_late = False
        while True:
            if time.monotonic() > limit:
                if is_late:
                    return "time limit"
                is_late, limit = True, time.monotonic() + _GRACE
                os.kill(self._kernel.pid, signal.SIGINT)
            try:
                published = self._client.get_iopub_msg(timeout=_LOOK)
            except Empty:
                if self._kernel.poll() is not None:
                    return "died"
                continue
            kind, content = published["msg_type"], published["content"]
            if kind == "update_display_data":
                self._update(content)
            elif published["parent_header"].get("msg_id") != message:
                continue
            elif kind == "status" and content.get("execution_state") == "idle":
                return "time limit" if is_late else self._reply(message)
            else:
                outputs.take(kind, content)

    def _reply(self, message: str) -> str:
        while True:
            try:
                reply = self._client.get_shell_msg(timeout=_GRACE)
            except Empty:
                return "died"
            if reply["parent_header"].get("msg_id") == message:
                return "ok" if reply["content"].get("status") == "ok" else "error"

    def _update(self, content: dict[str, Any]) -> None:
        name = str((content.get("transient") or {}).get("display_id"))
        for said, outputs in self._shown.values():
            if outputs.update(name, content) and "status" in said:
                self._left -= self._say(said, outputs)

    def _say(self, said: dict[str, Any], outputs: Outputs) -> int:
        line = json.dumps(said | {"outputs": outputs.list, "is_cut": outputs.is_cut})
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
        return len(line)

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._kernel.pid, signal.SIGKILL)
        self._kernel.wait()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="run-") as made:
        Run(json.loads(sys.stdin.read()), Path(made)).run()
