"""A kernel that runs: how fast it answers, and how fast it is back after a restart."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from benchmarks.kernels import running_kernel
from benchmarks.rounds import Goal, Measure

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from benchmarks.target import Target


_LOST = 0.5  # seconds after which a request is sent again: a stock server may lose the first one


async def restart(target: Target) -> AsyncGenerator[float, None]:
    """From the click on Restart to the first output after it."""
    async with running_kernel(target, "restart.ipynb") as (kernel_id, kernel):
        while True:
            begin = perf_counter()
            await target.call("POST", f"/api/kernels/{kernel_id}/restart", {})
            await kernel.first_output("print('again')", again_after=_LOST)
            yield 1000 * (perf_counter() - begin)
            await kernel.run("0")


async def first_completion(target: Target) -> AsyncGenerator[float, None]:
    """From the first Tab in a new kernel to what it offers."""
    while True:
        async with running_kernel(target, "tab.ipynb") as (_, kernel):
            await kernel.run("import math")
            begin = perf_counter()
            offered = await kernel.complete("math.si")
            taken = perf_counter() - begin
        assert any("sin" in match for match in offered.content["matches"])
        yield 1000 * taken


async def round_trip(target: Target) -> AsyncGenerator[float, None]:
    """From a request to run a small cell to its reply and the idle kernel."""
    async with running_kernel(target, "trip.ipynb") as (_, kernel):
        while True:
            begin = perf_counter()
            await kernel.run("1 + 1")
            yield 1000 * (perf_counter() - begin)


MEASURES = (
    Measure(
        title="kernel restart -> first output",
        unit="ms",
        ours=restart,
        stock=restart,
        rounds=15,
        quick_rounds=3,
        goal=Goal(ratio=0.25),
    ),
    Measure(
        title="first Tab in a new kernel -> completions",
        unit="ms",
        ours=first_completion,
        stock=first_completion,
        rounds=5,
        quick_rounds=1,
        goal=Goal(ratio=0.2),
    ),
    Measure(
        title="execute round trip over the websocket",
        unit="ms",
        ours=round_trip,
        stock=round_trip,
        rounds=100,
        quick_rounds=20,
        goal=Goal(ratio=0.3),
    ),
)
