"""Runs the notebooks of a round in a sandbox of their own, and compares what comes of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from platform_server.contents.worker_process import WorkerProcess
from platform_server.environments.installations import rebuild
from platform_server.errors import PackagesNotRebuilt, TooLarge
from platform_server.review.reproduction.model import Outcome
from platform_server.sandboxes.turns import Wait

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime

    from platform_server.environments.records import RecordedPackage
    from platform_server.projects.model import ProjectId
    from platform_server.review.model import SubmittedFile
    from platform_server.review.reproduction.model import CheckLimits
    from platform_server.review.submitted import SubmittedFiles
    from platform_server.sandboxes.lone import Fill, Folder
    from platform_server.sandboxes.model import CommandResult

LARGEST = 16 * 2**20  # bytes of a notebook that is run
_COMMAND = ("/opt/sandbox/bin/python", "-I", "/opt/agent/agent/rerun.py")
_SLACK = 90.0  # seconds that a kernel may take to start and to end
_TIMED_OUT = 124
_PATIENCE = 30.0  # seconds for one comparison
_WAITING = 64
_BUSY = "Many outputs are being compared: try again soon."
_WORKER = "platform_server.review.reproduction.worker"
_TOO_MANY = "The project has more notebooks than are run."
_TOO_LARGE = "The project is too large to be run again."
_NO_NOTEBOOK = "It is no notebook with Python code, or too large to be run again."
_NO_START = "The kernel did not start."
_NO_COMPARISON = "The outputs take too long to be compared."


class Sandbox(Protocol):
    """A sandbox that nobody has used; a runtime is one."""

    async def execute(
        self, argv: Sequence[str], *, cwd: str, timeout: float, stdin: bytes, output_limit: int
    ) -> CommandResult:
        """Run a command to its end, or kill it after ``timeout`` seconds. Raises SandboxGone."""


class Sandboxes(Protocol):
    """Makes sandboxes that nobody has used; the sandbox service's ``lone`` is one."""

    def open(
        self, project_id: ProjectId, fill: Fill, wait: Wait, /
    ) -> AbstractAsyncContextManager[Sandbox]:
        """Give one with the project's limits, and with what ``fill`` puts into it.

        Raises PlacesTaken when that takes longer than ``wait`` says.
        """


class Packages(Protocol):
    """What projects have installed; the recorder of the environments is one."""

    async def record_of(self, project_id: ProjectId) -> tuple[RecordedPackage, ...]:
        """Return what the project has installed."""


@dataclass(frozen=True, kw_only=True)
class Ran:
    """What came of a round."""

    notebooks: tuple[dict[str, Any], ...]  # a report each: {"path", "outcome", "message", "cells"}
    message: str = ""  # what was not as it should have been


class Runner:
    """Runs and compares. Nothing of the makers' is looked at in this process. ``aclose`` it."""

    def __init__(
        self,
        files: SubmittedFiles,
        sandboxes: Sandboxes,
        packages: Packages,
        limits: CheckLimits,
    ) -> None:
        self._files = files
        self._sandboxes = sandboxes
        self._packages = packages
        self._limits = limits
        self._worker = WorkerProcess(_WORKER, patience=_PATIENCE, waiting=_WAITING, busy=_BUSY)

    async def run(
        self, project_id: ProjectId, files: Sequence[SubmittedFile], *, since: datetime
    ) -> Ran:
        """Run each notebook, in the order of their paths. That was asked for at ``since``.

        Raises TooLarge, PlacesTaken (the machine had no room for too long), and what a sandbox that
        does not start or does not stay raises.
        """
        notebooks = [one for one in files if one.path.lower().endswith(".ipynb")]
        if sum(one.size for one in files) > self._limits.project_bytes:
            raise TooLarge(_TOO_LARGE)
        if not notebooks:
            return Ran(notebooks=())

        async def fill(folder: Folder) -> None:
            for one in files:
                await folder.put(one.path, self._files.pieces(project_id, one))

        wait = Wait(since=since, patience=self._limits.patience)
        async with self._sandboxes.open(project_id, fill, wait) as sandbox:
            message = await self._installed(sandbox, project_id)
            run = notebooks[: self._limits.notebooks]
            reports = [await self._report(sandbox, project_id, one) for one in run]
        left = notebooks[self._limits.notebooks :]
        reports += [_not_run(one, _TOO_MANY) for one in left]
        return Ran(notebooks=tuple(reports), message=message)

    async def again(self, data: bytes, report: dict[str, Any]) -> bytes | None:
        """Return a notebook with the outputs that a report kept; None if that takes too long."""
        made = await self._worker.ask({"want": "again", "cells": report["cells"]}, data)
        return None if made is None else str(made["notebook"]).encode()

    async def aclose(self) -> None:
        """End the process that compares. May be called twice."""
        await self._worker.aclose()

    async def _installed(self, sandbox: Sandbox, project_id: ProjectId) -> str:
        """Install what the project has installed; return why some of it could not be."""
        try:
            await rebuild(sandbox, await self._packages.record_of(project_id))
        except PackagesNotRebuilt as error:
            return error.message
        return ""

    async def _report(
        self, sandbox: Sandbox, project_id: ProjectId, file: SubmittedFile
    ) -> dict[str, Any]:
        if file.size > LARGEST:
            return _not_run(file, _NO_NOTEBOOK)
        data = b"".join([piece async for piece in self._files.pieces(project_id, file)])
        job = await self._worker.ask({"want": "job"}, data)
        if job is None or job["cells"] is None:
            return _not_run(file, _NO_NOTEBOOK)
        if not job["cells"]:
            return {"path": file.path, "message": "", "outcome": None, "cells": []}
        result = await self._execute(sandbox, file.path.rpartition("/")[0], job["cells"])
        if result.exit_code and not result.stdout:
            return _not_run(file, _NO_START)
        asked = {"want": "report", "is_late": result.exit_code == _TIMED_OUT}
        report = await self._worker.ask(asked, data, result.stdout)
        if report is None:
            return _not_run(file, _NO_COMPARISON)
        return {"path": file.path, "message": "", **report}

    async def _execute(
        self, sandbox: Sandbox, cwd: str, cells: list[dict[str, Any]]
    ) -> CommandResult:
        limits = self._limits
        job = {
            "cwd": "",
            "cells": cells,
            "cell_seconds": limits.cell_seconds,
            "seconds": limits.notebook_seconds,
            "bytes": limits.output_bytes,
        }
        return await sandbox.execute(
            _COMMAND,
            cwd=cwd,
            timeout=limits.notebook_seconds + _SLACK,
            stdin=json.dumps(job).encode(),
            output_limit=2 * limits.output_bytes,
        )


def _not_run(file: SubmittedFile, message: str) -> dict[str, Any]:
    return {
        "path": file.path,
        "message": message,
        "outcome": Outcome.NOT_RUN.value,
        "cells": [],
    }
