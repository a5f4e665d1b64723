"""A process that works on hostile files, and is killed when it takes too long or too much."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from platform_server.errors import TooManyRequests

if TYPE_CHECKING:
    from asyncio.subprocess import Process

_ANSWER = 64 * 2**20  # bytes


class WorkerProcess:
    """Runs a module that serves as ``contents.worker`` says. It is started when it is needed."""

    def __init__(self, module: str, *, patience: float, waiting: int, busy: str) -> None:
        self._module = module
        self._patience = patience  # seconds for one job
        self._most_waiting = waiting  # jobs
        self._busy = busy  # what is said when there are too many
        self._process: Process | None = None
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def ask(self, job: dict[str, Any], *pieces: bytes) -> dict[str, Any] | None:
        """Return the answer to a job, None if there is none in time. Raises TooManyRequests."""
        if self._waiting >= self._most_waiting:
            raise TooManyRequests(self._busy, retry_after=5)
        self._waiting += 1
        try:
            async with self._turn:
                return await self._ask(job | {"sizes": [len(one) for one in pieces]}, pieces)
        finally:
            self._waiting -= 1

    async def aclose(self) -> None:
        """End the process. May be called twice."""
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.communicate()

    async def _ask(self, job: dict[str, Any], pieces: tuple[bytes, ...]) -> dict[str, Any] | None:
        is_answered = False
        try:
            async with asyncio.timeout(self._patience):
                line = await self._exchange(f"{json.dumps(job)}\n".encode(), *pieces)
            is_answered = line.endswith(b"\n")
            return dict(json.loads(line)) if is_answered else None
        except (TimeoutError, OSError, ValueError):  # too slow, it died, too long an answer
            return None
        finally:
            if not is_answered:
                await self.aclose()

    async def _exchange(self, *pieces: bytes) -> bytes:
        process = await self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        for piece in pieces:
            process.stdin.write(piece)
            await process.stdin.drain()
        return await process.stdout.readline()

    async def _running(self) -> Process:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-m", self._module),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env={},
                limit=_ANSWER,
            )
        return self._process
