"""What a check can find, and the table of what was found. No I/O."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import Enum


class Wrong(Enum):
    """What must never be."""

    LOST = "lost"  # an acknowledged write
    DUPLICATED = "duplicated"  # a cell, in a notebook or as it ran
    UNEXPLAINED = "unexplained"  # a state that follows from nothing that happened


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that is wrong."""

    wrong: Wrong
    text: str


def lost(text: str) -> Finding:
    """Say that an acknowledged write is not there."""
    return Finding(wrong=Wrong.LOST, text=text)


def duplicated(text: str) -> Finding:
    """Say that something is there twice."""
    return Finding(wrong=Wrong.DUPLICATED, text=text)


def unexplained(text: str) -> Finding:
    """Say that something is there, or not, and nobody can tell why."""
    return Finding(wrong=Wrong.UNEXPLAINED, text=text)


@dataclass(frozen=True, kw_only=True)
class Round:
    """One fault, and what came of it."""

    fault: str
    acknowledged: int
    refused: int
    unanswered: int
    cells: int  # that ran to their end
    findings: tuple[Finding, ...]


@dataclass(kw_only=True)
class Report:
    """All rounds."""

    seed: int
    rounds: list[Round] = field(default_factory=list)

    @property
    def findings(self) -> list[Finding]:
        """Everything that is wrong."""
        return [finding for one in self.rounds for finding in one.findings]

    def table(self) -> str:
        """Return a line for each kind of fault, and the sum."""
        kinds = sorted({one.fault for one in self.rounds})
        rows = [_row(kind, [one for one in self.rounds if one.fault == kind]) for kind in kinds]
        heads = ("fault", *_COLUMNS)
        lines = [heads, *rows, _row(f"all (seed {self.seed})", self.rounds)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            "  ".join(
                [line[0].ljust(widths[0])]
                + [cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)]
            )
            for line in lines
        )

    def details(self) -> str:
        """Return a line for everything that is wrong."""
        return "\n".join(
            f"round {number}, {one.fault}: {finding.wrong.value}: {finding.text}"
            for number, one in enumerate(self.rounds, 1)
            for finding in one.findings
        )


_COLUMNS = (
    *("times", "acknowledged", "refused", "unanswered", "cells"),
    *(wrong.value for wrong in Wrong),
)


def _row(name: str, rounds: list[Round]) -> tuple[str, ...]:
    wrongs = Counter(finding.wrong for one in rounds for finding in one.findings)
    figures = (
        len(rounds),
        sum(one.acknowledged for one in rounds),
        sum(one.refused for one in rounds),
        sum(one.unanswered for one in rounds),
        sum(one.cells for one in rounds),
        *(wrongs[wrong] for wrong in Wrong),
    )
    return (name, *(f"{figure:,}" for figure in figures))
