"""Forty who submit in the same moment: what somebody at work notices, and when all have results."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from itertools import count
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

from benchmarks.kernels import running_kernel
from benchmarks.measures.notebooks import notebook
from benchmarks.rounds import Goal, Measure, p95

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from benchmarks.kernels import Channels
    from benchmarks.rounds import Statistic
    from benchmarks.target import Target

LEARNERS = 40
_AT_ONCE = 4  # accounts that are made at the same time
_PAUSE = 0.05  # seconds; nobody works without one
_ASK_AGAIN = 1.0  # seconds between two looks at one result
_IN_PEACE = 20.0  # seconds of work without any check
_FIGURES = 3  # of each run
_RUNS = 3
_PATIENCE = 1_800.0  # seconds for all results of one run
_COMPUTING = """\
total = 0
for number in range(2_000_000):
    total += number * number % 7
print(total)"""


def homework() -> dict[str, Any]:
    """Return a notebook that computes for a moment in some of its cells."""
    sources = ["import json, math, random", "random.seed(1)", _COMPUTING, "print(math.pi)", "total"]
    cells = [
        {
            "id": f"cell-{number}",
            "cell_type": "code",
            "source": source,
            "execution_count": number + 1,
            "metadata": {},
            "outputs": [],
        }
        for number, source in enumerate(sources)
    ]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


class _Learner:
    """One of them, with a project that can be submitted again and again."""

    def __init__(self, target: Target, project: str) -> None:
        self._target = target
        self._project = project
        self._submission = ""

    @classmethod
    async def join(cls, target: Target) -> _Learner:
        """Make an account with some homework."""
        person = await target.new_user()
        body = {"type": "notebook", "format": "json", "content": homework()}
        await person.call("PUT", person.contents("homework.ipynb"), body)
        projects = await person.call("GET", "/api/projects/")
        return cls(person, projects[0]["id"])

    async def submit(self) -> None:
        """Submit the project, in the place of what was submitted before."""
        if self._submission:
            await self._target.call("POST", f"/api/submissions/{self._submission}/withdraw", {})
        path = f"/api/projects/{self._project}/submissions"
        self._submission = (await self._target.call("POST", path, {}))["id"]

    async def has_result(self) -> None:
        """Return once the check has ended; the server tells how it stands when it is asked."""
        while True:
            path = f"/api/submissions/{self._submission}/reproduction"
            told = await self._target.call("GET", path)
            if told["state"] not in {"queued", "running"}:
                assert told["state"] == "done", told
                return
            await asyncio.sleep(_ASK_AGAIN)


async def _class_of(target: Target) -> list[_Learner]:
    gate = asyncio.Semaphore(_AT_ONCE)

    async def join() -> _Learner:
        async with gate:
            return await _Learner.join(target)

    return list(await asyncio.gather(*(join() for _ in range(LEARNERS))))


async def _timed(act: Awaitable[object]) -> float:
    begin = perf_counter()
    await act
    return 1000 * (perf_counter() - begin)


async def _work(
    target: Target, name: str, kernel: Channels, until: asyncio.Event
) -> tuple[float, float]:
    """Run cells and save a notebook in turns; returns the p95 of each, in milliseconds."""
    ran, saved = [], []
    for version in count():
        ran.append(await _timed(kernel.run("1 + 1")))
        await asyncio.sleep(_PAUSE)
        body = {"type": "notebook", "format": "json", "content": notebook(version)}
        saved.append(await _timed(target.call("PUT", target.contents(name), body)))
        await asyncio.sleep(_PAUSE)
        if until.is_set():
            break
    return p95(ran), p95(saved)


async def _figures(
    target: Target, name: str, others: Callable[[], Awaitable[object]]
) -> AsyncGenerator[float, None]:
    """Work while the others do something; give how long that took, and the p95 of the work."""
    yield 0.0  # is thrown away
    async with running_kernel(target, name) as (_, kernel):
        while True:
            is_over = asyncio.Event()
            working = asyncio.create_task(_work(target, name, kernel, is_over))
            taken = await _timed(others())
            is_over.set()
            ran, saved = await working
            for figure in (taken, saved, ran):
                yield figure


async def beside_all(target: Target) -> AsyncGenerator[float, None]:
    """All submit at once, and wait for their results."""
    learners = await _class_of(target)

    async def deadline() -> None:
        async with asyncio.timeout(_PATIENCE):
            await asyncio.gather(*(one.submit() for one in learners))
            for one in learners:
                await one.has_result()

    async with aclosing(_figures(target, "deadline.ipynb", deadline)) as figures:
        async for figure in figures:
            yield figure


async def in_peace(target: Target) -> AsyncGenerator[float, None]:
    """Nobody else does anything; instead of the results, the time is given."""
    peace = _figures(target, "peace.ipynb", lambda: asyncio.sleep(_IN_PEACE))
    async with aclosing(peace) as figures:
        async for figure in figures:
            yield figure


def _of_runs(number: int) -> Statistic:
    return lambda samples: median(samples[number::_FIGURES])


MEASURES = (
    Measure(
        title=f"{LEARNERS} submit at once (stock: ours in peace)",
        unit="ms",
        ours=beside_all,
        stock=in_peace,
        rounds=_FIGURES * _RUNS,
        quick_rounds=_FIGURES,
        statistics=(
            ("last result", _of_runs(0)),
            ("save p95", _of_runs(1)),
            ("execute p95", _of_runs(2)),
        ),
        goal=Goal(ratio=1.1),
        is_beside_ours=True,
    ),
)
