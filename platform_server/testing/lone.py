"""The twin of the sandboxes that are no project's: commands as processes of this machine."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from platform_server.clock import utc_now
from platform_server.paths import resource
from platform_server.sandboxes.admission import Admission, Places
from platform_server.sandboxes.lone import LocalFolder
from platform_server.sandboxes.model import CommandResult
from platform_server.sandboxes.room import Room
from platform_server.sandboxes.turns import Turns

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from platform_server.projects.model import ProjectId
    from platform_server.sandboxes.lone import Fill
    from platform_server.sandboxes.turns import Wait

_TIMED_OUT = 124
_LOOKS = 0.01  # seconds between two looks at the gate


class LocalLoneRuntime:
    """Runs what the sandbox's Python would run with this Python, in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def execute(
        self, argv: Sequence[str], *, cwd: str, timeout: float, stdin: bytes, output_limit: int
    ) -> CommandResult:
        """Run it to its end, or kill it."""
        began = time.monotonic()
        script = resource("agent") / Path(argv[-1]).name
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", str(script)),
            cwd=self.folder / cwd,
            env={"PATH": f"{Path(sys.executable).parent}:{os.defpath}", "HOME": str(self.folder)},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(timeout):
                stdout, _ = await process.communicate(stdin)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return CommandResult(
            exit_code=process.returncode or 0,
            stdout=stdout[:output_limit],
            stderr=b"",
            duration_ms=round((time.monotonic() - began) * 1000),
            truncated=len(stdout) > output_limit,
        )


class LocalLoneSandboxes:
    """Makes them, and counts those that are there."""

    def __init__(self) -> None:
        self.open_now = 0
        self.made = 0
        self.gate = asyncio.Event()  # while it is not set, this machine has no memory for any
        self.gate.set()
        admission = Admission(Places(), dict, available=self._available)
        self._turns = Turns(Room(admission), list, now=utc_now, every=_LOOKS)

    @asynccontextmanager
    async def open(
        self, _project_id: ProjectId, fill: Fill, wait: Wait
    ) -> AsyncIterator[LocalLoneRuntime]:
        """Give one, with what ``fill`` puts into it."""
        async with self._turns.turn(wait):
            self.made += 1
        self.open_now += 1
        try:
            with tempfile.TemporaryDirectory(prefix="lone-") as folder:
                await fill(LocalFolder(Path(folder)))
                yield LocalLoneRuntime(Path(folder))
        finally:
            self.open_now -= 1

    def _available(self) -> int | None:
        return None if self.gate.is_set() else 0
