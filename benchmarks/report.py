"""The table that is printed, and the same as JSON."""

from __future__ import annotations

import os
import platform
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.rounds import Samples

_LINE = "{:<58} {:>26} {:>26} {:>7} {:>5}"


def heading() -> str:
    """Return the table's head, with what it was measured on."""
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    machine = f"{os.cpu_count()} CPUs, load {load}, Python {platform.python_version()}"
    titles = _LINE.format("median (min-max)", "ours", "stock", "ratio", "n")
    return f"{machine}\n\n{titles}\n{'-' * len(titles)}"


def lines(samples: Samples) -> list[str]:
    """Return the table's lines for one measure."""
    return [
        _LINE.format(
            row["title"],
            _shown(row["ours"], samples.ours, row["unit"]),
            _shown(row["stock"], samples.stock, row["unit"]),
            f"{row['ratio']:.2f}",
            row["n"],
        )
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
        }
        for name, statistic in measure.statistics
    ]


def _shown(value: float, samples: Sequence[float], unit: str) -> str:
    if len(samples) == 1:
        return f"{value:.1f} {unit}"
    return f"{value:.1f} ({min(samples):.1f}-{max(samples):.1f}) {unit}"
