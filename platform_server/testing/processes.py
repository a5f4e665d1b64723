"""Processes of this machine: the platform's commands, and what the system says about any."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

_COMMAND = Path(sys.executable).with_name("jupyter-platform")


async def said_by(home: Path, *arguments: str) -> tuple[int, str]:
    """Run a command of an installation to its end; return its exit code and what it says."""
    process = await asyncio.create_subprocess_exec(
        *(str(_COMMAND), *arguments),
        cwd=home.parent,
        env=os.environ | {"PLATFORM_HOME": str(home)},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode()


def resident_bytes(pid: int) -> int:
    """Return how much memory it holds."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024


def children_of(pid: int) -> list[int]:
    """Return the processes that its threads started and that have not ended."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def environment_of(pid: int) -> dict[str, str]:
    """Return what it was started with."""
    lines = Path(f"/proc/{pid}/environ").read_text().split("\0")
    return dict(line.split("=", 1) for line in lines if "=" in line)
