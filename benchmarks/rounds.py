"""Measures and their samples: taken in turns, so that what else the machine does meets both."""

from __future__ import annotations

from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from statistics import median, quantiles
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence

    from benchmarks.target import Target

    Statistic = Callable[[Sequence[float]], float]
    Sampler = Callable[[Target], AsyncGenerator[float, None]]


def p95(samples: Sequence[float]) -> float:
    """Return what 95 of 100 samples stay below."""
    return quantiles(samples, n=20, method="inclusive")[-1] if len(samples) > 1 else samples[0]


@dataclass(frozen=True, kw_only=True)
class Goal:
    """What ours should reach: a share of stock's figure, or a figure of its own."""

    ratio: float | None = None  # of stock
    value: float | None = None  # in the measure's unit

    def is_met(self, ours: float, stock: float) -> bool:
        """Tell whether two figures are good enough."""
        is_small = self.value is None or ours <= self.value
        return is_small and (self.ratio is None or ours <= self.ratio * stock)

    def text(self, unit: str) -> str:
        """Return the goal in words."""
        parts = [
            "" if self.ratio is None else f"<= {self.ratio:g} x",
            "" if self.value is None else f"<= {self.value:g} {unit}",
        ]
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True, kw_only=True)
class Measure:
    """Something that can be measured on both.

    What stock must not be asked for (it would hurt the machine) is compared with ours in peace:
    ``is_beside_ours``.

    ``ours`` and ``stock`` prepare, then give one sample each time they are asked, and tidy up when
    they are closed. The first sample is thrown away where ``rounds`` is more than one.
    """

    title: str
    unit: str  # "ms" or "MB"
    ours: Sampler
    stock: Sampler
    rounds: int
    quick_rounds: int
    statistics: tuple[tuple[str, Statistic], ...] = (("", median),)
    goal: Goal | None = None  # for the last of the statistics
    is_beside_ours: bool = False


@dataclass(frozen=True, kw_only=True)
class Samples:
    """What one measure gave."""

    measure: Measure
    ours: Sequence[float]
    stock: Sequence[float]


async def take(measure: Measure, ours: Target, stock: Target, *, quick: bool) -> Samples:
    """Measure both in turns, each one first in every second round."""
    rounds = measure.quick_rounds if quick else measure.rounds
    warm_up = int(rounds > 1)
    other = ours if measure.is_beside_ours else stock
    taken: dict[str, list[float]] = {"ours": [], "stock": []}
    async with AsyncExitStack() as stack:
        turns = [
            ("stock", await stack.enter_async_context(aclosing(measure.stock(other)))),
            ("ours", await stack.enter_async_context(aclosing(measure.ours(ours)))),
        ]
        for _ in range(rounds + warm_up):
            for name, sampler in turns:
                taken[name].append(await anext(sampler))
            turns.reverse()
    return Samples(measure=measure, ours=taken["ours"][warm_up:], stock=taken["stock"][warm_up:])
