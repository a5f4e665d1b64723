"""How many comments are found again after edits, counted over many notebooks and text files.

``python -m platform_server.testing.anchors`` prints the table.
"""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from platform_server.review.following import followed
from platform_server.review.lines import Fate
from platform_server.review.model import Anchor
from platform_server.testing.edits import EDITS, Author, bytes_of, first_draft, places

if TYPE_CHECKING:
    from collections.abc import Iterable

    from platform_server.testing.edits import Cells, Edit

SEVERAL = "three edits, one after the other"
_SEEDS = range(6)
_MIXED = range(100, 160)

Case = tuple[str, tuple["Edit", ...], int]  # its name, the edits, and a seed


@dataclass
class Count:
    """How many places were told right."""

    right: int = 0
    total: int = 0

    @property
    def share(self) -> float:
        """Of a hundred."""
        return 100 * self.right / self.total


Table = dict[str, tuple[Count, Count]]  # by edit: in notebooks, and in text files


def cases() -> list[Case]:
    """Return single edits, and three of them one after the other."""
    single: list[Case] = [(edit.__name__, (edit,), seed) for edit in EDITS for seed in _SEEDS]
    several: list[Case] = [
        (SEVERAL, tuple(_random(seed).sample(EDITS, 3)), seed) for seed in _MIXED
    ]
    return single + several


def measured(wanted: Iterable[Case]) -> Table:
    """Follow a comment on each line through each case, and count."""
    table: Table = {}
    for name, edits, seed in wanted:
        author = Author(_random(seed))
        before = after = first_draft(author)
        for edit in edits:
            after = edit(author, after)
        notebooks, texts = table.setdefault(name, (Count(), Count()))
        _in_notebook(notebooks, before, after)
        _in_text(texts, before, after)
    return table


def total(table: Table) -> tuple[Count, Count]:
    """Return the counts of all edits."""
    sums = (Count(), Count())
    for line in table.values():
        for count, one in zip(sums, line, strict=True):
            count.right += one.right
            count.total += one.total
    return sums


def printed(table: Table) -> str:
    """Return the table as text: the share of comments that were found again, or said to be gone."""
    head = f"{'':34}{'notebook':>10}{'text file':>11}{'comments':>10}"
    named = [*table.items(), ("all", total(table))]
    rows = [
        f"{name.replace('_', ' '):34}{notebooks.share:9.1f}%{texts.share:10.1f}%"
        f"{notebooks.total + texts.total:10}"
        for name, (notebooks, texts) in named
    ]
    return "\n".join([head, *rows])


def _random(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - always the same


def _in_notebook(count: Count, before: Cells, after: Cells) -> None:
    old, new, truth = bytes_of(before), bytes_of(after), places(after)
    for cell in before:
        for number, (tag, text) in enumerate(cell.lines, 1):
            if text:
                place = followed(Anchor(path="n.ipynb", cell_id=cell.id, line=number), old, new)
                at = (place.anchor.cell_id, place.anchor.line)
                is_gone = place.fate is Fate.OUTDATED
                count.right += is_gone if tag not in truth else at == truth[tag] and not is_gone
                count.total += 1


def _in_text(count: Count, before: Cells, after: Cells) -> None:
    old, new = _script(before), _script(after)
    truth = {tag: number for number, (tag, _) in enumerate(new, 1)}
    texts = ["\n".join(text for _, text in lines).encode() for lines in (old, new)]
    for number, (tag, text) in enumerate(old, 1):
        if text:
            place = followed(Anchor(path="a.py", line=number), *texts)
            is_gone = place.fate is Fate.OUTDATED
            at = place.anchor.line
            count.right += is_gone if tag not in truth else at == truth[tag] and not is_gone
            count.total += 1


def _script(cells: Cells) -> list[tuple[int, str]]:
    """Return the cells as one file, an empty line between them."""
    lines: list[tuple[int, str]] = []
    for cell in cells:
        lines += [*cell.lines, (-1, "")]
    return lines


if __name__ == "__main__":
    sys.stdout.write(f"{printed(measured(cases()))}\n")
