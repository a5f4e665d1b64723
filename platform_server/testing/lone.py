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

from platform_server.paths import resource
from platform_server.sandboxes.lone import LocalFolder
from platform_server.sandboxes.model import CommandResult

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from platform_server.projects.model import ProjectId
    from platform_server.sandboxes.lone import Fill

_TIMED_OUT = 124


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
        self.gate = asyncio.Event()  # they are only made while it is set
        self.gate.set()

    @asynccontextmanager
    async def open(self, _project_id: ProjectId, fill: Fill) -> AsyncIterator[LocalLoneRuntime]:
        """Give one, with what ``fill`` puts into it."""
        await self.gate.wait()
        self.made += 1
        self.open_now += 1
        try:
            with tempfile.TemporaryDirectory(prefix="lone-") as folder:
                await fill(LocalFolder(Path(folder)))
                yield LocalLoneRuntime(Path(folder))
        finally:
            self.open_now -= 1
