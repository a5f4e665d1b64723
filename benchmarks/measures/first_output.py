"""From the click on a notebook to the first output of its first cell."""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import TYPE_CHECKING

from benchmarks.kernels import channels, end_session, new_session, running_kernel
from benchmarks.rounds import Goal, Measure

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from benchmarks.target import Target

_REFILL = 3.0  # seconds


async def _seconds(target: Target) -> float:
    begin = perf_counter()
    session = await new_session(target, "first.ipynb")
    async with channels(target, session["kernel"]["id"]) as kernel:
        await kernel.first_output("print('first')")
        taken = perf_counter() - begin
    await end_session(target, session)
    return taken


async def cold(target: Target) -> AsyncGenerator[float, None]:
    """Nothing of this user's runs before, and no sandbox waits."""
    target = target.without_pool or target
    while True:
        await target.cool()
        yield 1000 * await _seconds(target)


async def pooled(target: Target) -> AsyncGenerator[float, None]:
    """Nothing of this user's runs before, but a sandbox waits for whoever comes."""
    while True:
        await target.cool()
        await asyncio.sleep(_REFILL)  # the pool tells nobody that it is full
        yield 1000 * await _seconds(target)


async def warm(target: Target) -> AsyncGenerator[float, None]:
    """Another kernel of the same project runs already."""
    async with running_kernel(target, "other.ipynb"):
        while True:
            yield 1000 * await _seconds(target)


MEASURES = (
    Measure(
        title="session -> websocket -> first output, cold",
        unit="ms",
        ours=cold,
        stock=cold,
        rounds=9,
        quick_rounds=2,
        goal=Goal(ratio=2),
    ),
    Measure(
        title="session -> websocket -> first output, warm pool",
        unit="ms",
        ours=pooled,
        stock=cold,
        rounds=9,
        quick_rounds=2,
        goal=Goal(ratio=0.2),
    ),
    Measure(
        title="session -> websocket -> first output, sandbox running",
        unit="ms",
        ours=warm,
        stock=warm,
        rounds=15,
        quick_rounds=3,
    ),
)
