"""A terminal: how fast it opens, and how fast it shows what is typed."""

from __future__ import annotations

import asyncio
import json
import re
from contextlib import asynccontextmanager
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

from benchmarks.rounds import Goal, Measure, p95
from benchmarks.target import PATIENCE

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from websockets.asyncio.client import ClientConnection

    from benchmarks.target import Target

_PROMPT = re.compile(r"[$#] ?(\x1b\[[?0-9;]*[a-zA-Z])*$")


class Shell:
    """An open terminal."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def type(self, text: str) -> None:
        """Type."""
        await self._socket.send(json.dumps(["stdin", text]))

    async def until(self, pattern: re.Pattern[str]) -> None:
        """Return when the output since the last call has the pattern in it."""
        seen = ""
        async with asyncio.timeout(PATIENCE):
            while not pattern.search(seen):
                kind, *content = json.loads(await self._socket.recv())
                seen += content[0] if kind == "stdout" else ""


@asynccontextmanager
async def _terminal(target: Target) -> AsyncIterator[Shell]:
    body = {"cwd": target.folder} if target.folder else {}
    name = (await target.call("POST", "/api/terminals", body))["name"]
    async with target.socket(f"/terminals/websocket/{name}") as socket:
        yield Shell(socket)
    await target.call("DELETE", f"/api/terminals/{name}")


async def to_prompt(target: Target) -> AsyncGenerator[float, None]:
    """From the click to the prompt; the sandbox runs."""
    async with _terminal(target) as running:
        await running.until(_PROMPT)
        while True:
            begin = perf_counter()
            async with _terminal(target) as shell:
                await shell.until(_PROMPT)
                taken = perf_counter() - begin
            yield 1000 * taken


async def key_echo(target: Target) -> AsyncGenerator[float, None]:
    """From a key to its echo."""
    async with _terminal(target) as shell:
        await shell.until(_PROMPT)
        await shell.type("stty -icanon; cat > /dev/null\r")
        await shell.until(re.compile("null\r\n"))
        while True:
            begin = perf_counter()
            await shell.type("x")
            await shell.until(re.compile("x"))
            yield 1000 * (perf_counter() - begin)
            await asyncio.sleep(0.01)  # nobody types faster


MEASURES = (
    Measure(
        title="terminal open -> prompt",
        unit="ms",
        ours=to_prompt,
        stock=to_prompt,
        rounds=15,
        quick_rounds=3,
        goal=Goal(ratio=0.25),
    ),
    Measure(
        title="terminal key echo",
        unit="ms",
        ours=key_echo,
        stock=key_echo,
        rounds=200,
        quick_rounds=40,
        goal=Goal(value=5),
        statistics=(("p50", median), ("p95", p95)),
    ),
)
