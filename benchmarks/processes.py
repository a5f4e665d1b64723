"""Server processes: started, waited for, ended, and what memory they take."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

START_PATIENCE = 120.0  # seconds
STOP_PATIENCE = 30.0
_ASK_AGAIN = 0.05


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def serving(
    argv: Sequence[str], *, address: str, env: Mapping[str, str], log: Path
) -> AsyncIterator[int]:
    """Run a server while the context lasts; yields its process id once it answers."""
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *argv, env=dict(env), stdout=output, stderr=output, stdin=asyncio.subprocess.DEVNULL
        )
    try:
        await _answers(address, process, log)
        yield process.pid
    finally:
        await _end(process)


async def run(argv: Sequence[str], *, env: Mapping[str, str], stdin: str = "") -> str:
    """Run a command to its end; return what it printed. Raises RuntimeError when it fails."""
    process = await asyncio.create_subprocess_exec(
        *argv,
        env=dict(env),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate(stdin.encode())
    if process.returncode:
        raise RuntimeError(f"{' '.join(argv)} failed: {err.decode()[-2000:]}")
    return out.decode()


def pss(pid: int) -> int:
    """Return the bytes of memory that a process takes, shared pages in proportion."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    line = next(line for line in rollup.splitlines() if line.startswith("Pss:"))
    return int(line.split()[1]) * 1024


def children(pid: int) -> list[int]:
    """Return the processes that a process has started and that live."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError):
            found += [int(child) for child in (task / "children").read_text().split()]
    return found


async def _answers(address: str, process: asyncio.subprocess.Process, log: Path) -> None:
    async with asyncio.timeout(START_PATIENCE), httpx.AsyncClient(trust_env=False) as http:
        while process.returncode is None:
            with suppress(httpx.TransportError):
                await http.get(f"http://{address}/api")
                return
            await asyncio.sleep(_ASK_AGAIN)
    raise RuntimeError(f"The server did not start:\n{_end_of(log)}")


def _end_of(log: Path) -> str:
    return log.read_text()[-4000:]


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_PATIENCE)
    except TimeoutError:
        process.kill()
        await process.wait()
