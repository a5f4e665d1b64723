"""Many people at once: fifty who start in the same moment, and a hundred who do nothing."""

from __future__ import annotations

import asyncio
import math
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from statistics import mean, median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING

import httpx

from benchmarks.kernels import channels, end_session, new_session
from benchmarks.measures.memory import another_server, idle_kernel, work
from benchmarks.ours import ours
from benchmarks.processes import pss
from benchmarks.rounds import Goal, Measure, p95

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Sequence

    from benchmarks.target import Target

PEOPLE = 50
IDLE = 100
_AT_ONCE = 4  # accounts that are made at the same time
_ASK_AGAIN = 0.5  # seconds
_MB = 1_000_000


async def ready(_target: Target) -> AsyncGenerator[float, None]:
    """Fifty people with a project each start at once; their pages were open before."""
    async with _crowd(warm=2, people=PEOPLE) as people, AsyncExitStack() as pages:
        for person in people:
            await pages.enter_async_context(person.socket("/api/events/subscribe"))
        await _has_ready(people[0], PEOPLE)
        async for sample in _arrivals(people):
            yield sample


async def unforeseen(_target: Target) -> AsyncGenerator[float, None]:
    """Fifty start at once, and no more sandboxes wait than by default."""
    async with _crowd(warm=2, people=PEOPLE) as people:
        async for sample in _arrivals(people):
            yield sample


async def kernels_at_once(target: Target) -> AsyncGenerator[float, None]:
    """Start fifty local kernels at once, all of one user, without any sandbox."""
    async for sample in _arrivals([target] * PEOPLE):
        yield sample


async def idle_users(_target: Target) -> AsyncGenerator[float, None]:
    """Weigh a hundred sandboxes with an idle kernel, and what the server grows for each user."""
    async with _crowd(warm=1, people=IDLE + 1) as people, AsyncExitStack() as stack:
        yield 0.0  # is thrown away
        await work(people[0], stack)
        before = pss(people[0].pid)
        sandboxes = []
        for person in people[1:IDLE]:  # a hundred run then
            await work(person, stack)
        for person in people[1:IDLE]:
            (shown,) = await person.call("GET", "/api/containers/")
            sandboxes.append(shown["usage"]["memory_bytes"])
        yield mean(sandboxes) / _MB
        yield (pss(people[0].pid) - before) / len(sandboxes) / _MB


async def one_server(target: Target) -> AsyncGenerator[float, None]:
    """Weigh a local kernel, and a server, of which each user would have one."""
    yield 0.0
    for weigh in (idle_kernel, another_server):
        async for weight in weigh(target):
            yield weight


@asynccontextmanager
async def _crowd(*, warm: int, people: int) -> AsyncIterator[list[Target]]:
    """Run a server with so many people, and so many sandboxes that wait for them."""
    with TemporaryDirectory(prefix="crowd-") as folder:
        async with ours(Path(folder), f"--PlatformApp.warm_sandboxes={warm}") as target:
            gate = asyncio.Semaphore(_AT_ONCE)

            async def join() -> Target:
                async with gate:
                    return await target.new_user()

            joined = await asyncio.gather(*(join() for _ in range(people)))
            await _has_ready(target, warm)
            yield list(joined)


async def _has_ready(target: Target, sandboxes: int) -> None:
    while await target.waiting() < sandboxes:  # noqa: ASYNC110 - the pool tells nobody
        await asyncio.sleep(_ASK_AGAIN)


async def _arrivals(people: Sequence[Target]) -> AsyncGenerator[float, None]:
    """Let all come at once; give each one's milliseconds, the first one's twice.

    Somebody who got no output at all waited for ever.
    """
    came = await asyncio.gather(*(_come(one, number) for number, one in enumerate(people)))
    for person, (_, session) in zip(people, came, strict=True):
        if session is not None:
            with suppress(httpx.HTTPStatusError):  # a kernel that died took its session along
                await end_session(person, session)
    yield came[0][0]  # is thrown away
    for taken, _ in came:
        yield taken


async def _come(target: Target, number: int) -> tuple[float, dict[str, object] | None]:
    begin, session = perf_counter(), None
    try:
        session = await new_session(target, f"crowd-{number}.ipynb")
        async with channels(target, session["kernel"]["id"]) as kernel:
            await kernel.first_output("print('first')")
            return 1000 * (perf_counter() - begin), session
    except (httpx.HTTPError, OSError, TimeoutError):
        return math.inf, session


_WAITS = (("p50", median), ("max", max), ("p95", p95))

MEASURES = (
    Measure(
        title=f"{PEOPLE} people at once -> first output, pages open",
        unit="ms",
        ours=ready,
        stock=kernels_at_once,
        rounds=PEOPLE,
        quick_rounds=PEOPLE,
        statistics=_WAITS,
        goal=Goal(value=5000),
    ),
    Measure(
        title=f"{PEOPLE} people at once -> first output, out of nowhere",
        unit="ms",
        ours=unforeseen,
        stock=kernels_at_once,
        rounds=PEOPLE,
        quick_rounds=PEOPLE,
        statistics=_WAITS,
        goal=Goal(value=5000),
    ),
    Measure(
        title=f"{IDLE} idle users",
        unit="MB",
        ours=idle_users,
        stock=one_server,
        rounds=2,
        quick_rounds=2,
        statistics=(
            ("sandbox of each", lambda samples: samples[0]),
            ("server for each", lambda samples: samples[1]),
        ),
        goal=Goal(value=5),
    ),
)
