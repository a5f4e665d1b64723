"""What the system says about a process of this machine."""

from __future__ import annotations

from pathlib import Path


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
