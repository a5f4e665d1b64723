"""A notebook of sixty cells with outputs: saved, and loaded."""

from __future__ import annotations

import base64
import random
from itertools import count
from time import perf_counter
from typing import TYPE_CHECKING, Any

from benchmarks.rounds import Goal, Measure

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from benchmarks.target import Target

CELLS = 60
_IMAGE_BYTES = 15_000  # a small plot; every sixth cell has one


def notebook(version: int) -> dict[str, Any]:
    """Return a notebook; another version differs in one cell."""
    chance = random.Random(60)  # the same pictures in every run
    cells = [_cell(number, chance) for number in range(CELLS)]
    cells[0]["source"] = f"version = {version}"
    language = {"name": "python", "version": "3.11.0"}
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {
        "cells": cells,
        "metadata": {"kernelspec": kernel, "language_info": language},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _cell(number: int, chance: random.Random) -> dict[str, Any]:
    printed = "".join(f"row {row}: {chance.random():.6f}\n" for row in range(20))
    outputs: list[dict[str, Any]] = [{"output_type": "stream", "name": "stdout", "text": printed}]
    if number % 6 == 0:
        image = base64.b64encode(chance.randbytes(_IMAGE_BYTES)).decode()
        data = {"image/png": image, "text/plain": "<Figure size 640x480 with 1 Axes>"}
        outputs.append({"output_type": "display_data", "data": data, "metadata": {}})
    return {
        "id": f"cell-{number}",
        "cell_type": "code",
        "source": f"table = load({number})\nfor row in table:\n    print(row)",
        "execution_count": number + 1,
        "metadata": {},
        "outputs": outputs,
    }


async def _save(target: Target, version: int) -> None:
    body = {"type": "notebook", "format": "json", "content": notebook(version)}
    await target.call("PUT", target.contents("sixty.ipynb"), body)


async def save(target: Target) -> AsyncGenerator[float, None]:
    """PUT a changed notebook."""
    for version in count():
        body = {"type": "notebook", "format": "json", "content": notebook(version)}
        begin = perf_counter()
        await target.call("PUT", target.contents("sixty.ipynb"), body)
        yield 1000 * (perf_counter() - begin)


async def load(target: Target) -> AsyncGenerator[float, None]:
    """GET it."""
    await _save(target, 0)
    while True:
        begin = perf_counter()
        await target.call("GET", f"{target.contents('sixty.ipynb')}?content=1&type=notebook")
        yield 1000 * (perf_counter() - begin)


MEASURES = (
    Measure(
        title=f"save a {CELLS}-cell notebook",
        unit="ms",
        ours=save,
        stock=save,
        rounds=50,
        quick_rounds=10,
        goal=Goal(ratio=1.5),
    ),
    Measure(
        title=f"load a {CELLS}-cell notebook",
        unit="ms",
        ours=load,
        stock=load,
        rounds=50,
        quick_rounds=10,
        goal=Goal(ratio=1.5),
    ),
)
