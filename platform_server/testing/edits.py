"""Notebooks before and after edits as people make them, with the truth about every line.

Each line carries a tag that an edit keeps, so that where a line went is known without looking at
its text. What is handed to whom looks for places has no tags.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

Line = tuple[int, str]  # its tag and its text


@dataclass(frozen=True)
class TaggedCell:
    """A code cell whose lines are known by their tags."""

    id: str
    lines: tuple[Line, ...]


@dataclass
class Author:
    """Somebody who edits a notebook; every seed does it differently, and always the same."""

    random: random.Random
    tags: count[int] = field(default_factory=count)

    def does(self, *, of_ten: int) -> bool:
        """Tell whether to do something that is done so many times of ten."""
        return self.random.randrange(10) < of_ten

    def cell(self, source: str) -> TaggedCell:
        """Return a new cell with that source."""
        lines = tuple((next(self.tags), text) for text in source.split("\n"))
        return TaggedCell(f"{self.random.getrandbits(32):08x}", lines)


Cells = tuple[TaggedCell, ...]
Edit = Callable[[Author, Cells], Cells]

SOURCES = (
    "import numpy as np\nimport pandas as pd\nimport matplotlib.pyplot as plt",
    "data = pd.read_csv('measurements.csv')\ndata.head()",
    "data = data.dropna()\nprint(len(data), 'rows are left')",
    (
        "def mean(values):\n    total = 0\n    for value in values:\n"
        "        total = total + value\n    return total / len(values)"
    ),
    (
        "def variance(values):\n    middle = mean(values)\n"
        "    return sum((value - middle) ** 2 for value in values) / len(values)"
    ),
    "mean(data['height'])",
    "variance(data['height'])",
    (
        "fig, ax = plt.subplots()\nax.hist(data['height'], bins=20)\n"
        "ax.set_xlabel('height in cm')\nax.set_ylabel('people')\nplt.show()"
    ),
    "by_year = data.groupby('year')['height'].mean()\nby_year.plot(kind='bar')",
    (
        "slope, intercept = np.polyfit(data['height'], data['weight'], 1)\n"
        "print(f'{slope:.2f} kg a cm')"
    ),
    (
        "predicted = slope * data['height'] + intercept\nerror = data['weight'] - predicted\n"
        "print('largest error', abs(error).max())"
    ),
    (
        "plt.scatter(data['height'], data['weight'], s=4)\n"
        "plt.plot(data['height'], predicted, color='red')\nplt.title('Weight against height')"
    ),
    "assert abs(error.mean()) < 1e-6",
    "data['bmi'] = data['weight'] / (data['height'] / 100) ** 2\ndata['bmi'].describe()",
    "tall = data[data['height'] > 190]\nprint(tall.shape)",
    "data.to_csv('cleaned.csv', index=False)",
)


def first_draft(author: Author) -> Cells:
    """Return the notebook before anybody edited it."""
    return tuple(author.cell(source) for source in SOURCES)


def insert_cells(author: Author, cells: Cells) -> Cells:
    """Explain something, and look at something, in new cells between the others."""
    for source in ("# Now for the details.", "data.info()", "print(data.columns.tolist())"):
        at = author.random.randrange(len(cells) + 1)
        cells = (*cells[:at], author.cell(source), *cells[at:])
    return cells


def delete_a_cell(author: Author, cells: Cells) -> Cells:
    """Throw a cell away."""
    at = author.random.randrange(len(cells))
    return (*cells[:at], *cells[at + 1 :])


def move_a_cell(author: Author, cells: Cells) -> Cells:
    """Drag a cell to another place."""
    at = author.random.randrange(len(cells))
    rest = [*cells[:at], *cells[at + 1 :]]
    rest.insert(author.random.randrange(len(rest) + 1), cells[at])
    return tuple(rest)


def split_a_cell(author: Author, cells: Cells) -> Cells:
    """Cut a cell in two; the lower half keeps the id, as JupyterLab does it, or the upper one."""
    at = author.random.choice([at for at, cell in enumerate(cells) if len(cell.lines) > 1])
    cut = author.random.randrange(1, len(cells[at].lines))
    upper = replace(cells[at], lines=cells[at].lines[:cut])
    lower = replace(author.cell(""), lines=cells[at].lines[cut:])
    if author.does(of_ten=5):
        upper, lower = replace(upper, id=lower.id), replace(lower, id=upper.id)
    return (*cells[:at], upper, lower, *cells[at + 1 :])


def merge_two_cells(author: Author, cells: Cells) -> Cells:
    """Make one cell of two; it has the id of the upper one."""
    at = author.random.randrange(len(cells) - 1)
    merged = replace(cells[at], lines=(*cells[at].lines, *cells[at + 1].lines))
    return (*cells[:at], merged, *cells[at + 2 :])


def rename(author: Author, cells: Cells) -> Cells:
    """Call a variable something else, everywhere."""
    old, new = author.random.choice(
        [
            ("data", "people"),
            ("values", "numbers"),
            ("predicted", "expected"),
            ("error", "residual"),
        ]
    )
    return _texts(cells, lambda text: text.replace(old, new))


def requote(author: Author, cells: Cells) -> Cells:
    """Let a formatter put other quotes."""
    del author
    return _texts(cells, lambda text: text.replace("'", '"'))


def touch_up(author: Author, cells: Cells) -> Cells:
    """Change a number or a word in some lines, and say why beside others."""

    def touched(text: str) -> str:
        if not text.strip() or author.does(of_ten=8):
            return text
        if any(one.isdigit() for one in text):
            return "".join(str((int(one) + 1) % 10) if one.isdigit() else one for one in text)
        return f"{text}  # checked"

    return _texts(cells, touched)


def add_lines(author: Author, cells: Cells) -> Cells:
    """Put a line into some cells."""

    def added(cell: TaggedCell) -> TaggedCell:
        if author.does(of_ten=6):
            return cell
        at = author.random.randrange(len(cell.lines) + 1)
        text = author.random.choice(
            ["# as in the lecture", "print('here')", "", "np.random.seed(1)"]
        )
        return replace(cell, lines=(*cell.lines[:at], (next(author.tags), text), *cell.lines[at:]))

    return tuple(added(cell) for cell in cells)


def drop_lines(author: Author, cells: Cells) -> Cells:
    """Take a line out of some cells that have several."""

    def dropped(cell: TaggedCell) -> TaggedCell:
        if not cell.lines[2:] or author.does(of_ten=6):
            return cell
        at = author.random.randrange(len(cell.lines))
        return replace(cell, lines=(*cell.lines[:at], *cell.lines[at + 1 :]))

    return tuple(dropped(cell) for cell in cells)


def lose_the_ids(author: Author, cells: Cells) -> Cells:
    """Save it with a tool that gives every cell another id."""
    return tuple(replace(cell, id=f"{author.random.getrandbits(32):08x}") for cell in cells)


EDITS: tuple[Edit, ...] = (
    insert_cells,
    delete_a_cell,
    move_a_cell,
    split_a_cell,
    merge_two_cells,
    rename,
    requote,
    touch_up,
    add_lines,
    drop_lines,
    lose_the_ids,
)


def bytes_of(cells: Cells) -> bytes:
    """Return the notebook's file."""
    content: list[dict[str, object]] = [
        {
            "cell_type": "code",
            "id": cell.id,
            "metadata": {},
            "source": "\n".join(text for _, text in cell.lines),
            "outputs": [],
            "execution_count": None,
        }
        for cell in cells
    ]
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": content}
    return json.dumps(notebook).encode()


def places(cells: Cells) -> dict[int, tuple[str, int]]:
    """Return where each tag is: the id of its cell, and its line from 1."""
    return {
        tag: (cell.id, number) for cell in cells for number, (tag, _) in enumerate(cell.lines, 1)
    }


def _texts(cells: Cells, change: Callable[[str], str]) -> Cells:
    return tuple(
        replace(cell, lines=tuple((tag, change(text)) for tag, text in cell.lines))
        for cell in cells
    )
