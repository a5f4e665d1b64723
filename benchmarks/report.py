"""The table that is printed, and the same as JSON."""

from __future__ import annotations

import os
import platform
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.rounds import Samples, Statistic

_YES_NO = {True: "yes", False: "no", None: ""}

_LINE = "{:<58} {:>26} {:>26} {:>7} {:>5}  {}"


def heading() -> str:
    """Return the table's head, with what it was measured on."""
    titles = _LINE.format("median (min-max)", "ours", "stock", "ratio", "n", "goal")
    return f"{machine()}\n\n{titles}\n{'-' * len(titles)}"


def machine() -> str:
    """Return what it is measured on, and how busy that is."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"{os.cpu_count()} CPUs, {memory:.0f} GB, load {load}, Python {platform.python_version()}"
    )


def lines(samples: Samples) -> list[str]:
    """Return the table's lines for one measure."""
    return [
        _LINE.format(
            row["title"],
            _shown(row["ours"], samples.ours, row["unit"]),
            _shown(row["stock"], samples.stock, row["unit"]),
            f"{row['ratio']:.2f}",
            row["n"],
            _goal(row),
        ).rstrip()
        for row in rows(samples)
    ]


def rows(samples: Samples) -> list[dict[str, Any]]:
    """Return one measure as values, a row for each of its statistics."""
    measure = samples.measure
    return [
        {
            "title": f"{measure.title} {name}".strip(),
            "unit": measure.unit,
            "ours": statistic(samples.ours),
            "stock": statistic(samples.stock),
            "ratio": statistic(samples.ours) / statistic(samples.stock),
            "n": len(samples.ours),
            "ours_range": [min(samples.ours), max(samples.ours)],
            "stock_range": [min(samples.stock), max(samples.stock)],
            **_judged(samples, statistic),
        }
        for name, statistic in measure.statistics
    ]


def chapter(rows: Sequence[dict[str, Any]], *, before: str, after: str, when: str) -> str:
    """Return one run as a part of the history page."""
    titles = "| Measure | Ours | Stock | Ratio | n | Goal | Met |"
    rule = "| --- | ---: | ---: | ---: | ---: | --- | --- |"
    table = "\n".join(
        f"| {row['title']} | {row['ours']:.1f} {row['unit']} | {row['stock']:.1f} {row['unit']} "
        f"| {row['ratio']:.2f} | {row['n']} | {row['goal']} | {_YES_NO[row['met']]} |"
        for row in rows
    )
    return f"## {when}\n\n{before}. At the end: {after}.\n\n{titles}\n{rule}\n{table}\n"


def _judged(samples: Samples, statistic: Statistic) -> dict[str, Any]:
    measure = samples.measure
    if measure.goal is None or statistic is not measure.statistics[-1][1]:
        return {"goal": "", "met": None}
    is_met = measure.goal.is_met(statistic(samples.ours), statistic(samples.stock))
    return {"goal": measure.goal.text(measure.unit), "met": is_met}


def _goal(row: dict[str, Any]) -> str:
    return f"{row['goal']}: {_YES_NO[row['met']]}" if row["goal"] else ""


def _shown(value: float, samples: Sequence[float], unit: str) -> str:
    if len(samples) == 1:
        return f"{value:.1f} {unit}"
    return f"{value:.1f} ({min(samples):.1f}-{max(samples):.1f}) {unit}"
