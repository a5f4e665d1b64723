"""Somebody's cells while a neighbour's code does its worst, beside the same cells in peace."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from time import perf_counter
from typing import TYPE_CHECKING

import httpx

from benchmarks.kernels import running_kernel
from benchmarks.rounds import Goal, Measure, p95

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable

    from benchmarks.kernels import Channels
    from benchmarks.target import Target

FORK_BOMB = "f() { f | f & }; f; sleep 60"
MEMORY_BOMB = (
    "while true; do python3 -c 'held = [bytearray(10**7) for _ in range(10**4)]'; done 2>/dev/null"
)
_TRIPS = 100
_PAUSE = 0.02  # seconds; nobody runs cells without one
_BEGIN = 2.0  # seconds until the neighbour is at its worst


async def _p95_of_trips(kernel: Channels) -> float:
    taken = []
    for _ in range(_TRIPS):
        begin = perf_counter()
        await kernel.run("1 + 1")
        taken.append(1000 * (perf_counter() - begin))
        await asyncio.sleep(_PAUSE)
    return p95(taken)


async def in_peace(target: Target) -> AsyncGenerator[float, None]:
    """Nobody else does anything."""
    async with running_kernel(target, "peace.ipynb") as (_, kernel):
        while True:
            yield await _p95_of_trips(kernel)


def beside(bomb: str) -> Callable[[Target], AsyncGenerator[float, None]]:
    """Return the sampler for a neighbour who runs this line."""

    async def sample(target: Target) -> AsyncGenerator[float, None]:
        async with running_kernel(target, "beside.ipynb") as (_, kernel):
            villain = await target.new_user()
            while True:
                async with _running(villain, bomb):
                    yield await _p95_of_trips(kernel)

    return sample


@asynccontextmanager
async def _running(villain: Target, bomb: str) -> AsyncIterator[None]:
    project = (await villain.call("GET", "/api/projects/"))[0]["id"]
    container = (await villain.call("POST", "/api/containers/", {"project": project}))["id"]
    body = {"command": ["bash", "-c", bomb], "timeout": 120}
    attack = asyncio.create_task(
        villain.http.post(f"/api/containers/{container}/execute", json=body, timeout=180)
    )
    try:
        await asyncio.sleep(_BEGIN)
        yield
    finally:
        await villain.call("DELETE", f"/api/containers/{container}")
        with suppress(httpx.HTTPError):  # its sandbox is gone
            await attack


MEASURES = tuple(
    Measure(
        title=f"execute p95 beside a {name} (stock: ours in peace)",
        unit="ms",
        ours=beside(bomb),
        stock=in_peace,
        rounds=9,
        quick_rounds=1,
        goal=Goal(ratio=1.1),
        is_beside_ours=True,
    )
    for name, bomb in (("fork bomb", FORK_BOMB), ("memory bomb", MEMORY_BOMB))
)
