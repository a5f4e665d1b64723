"""Where lines of a text are in a later state of it. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from rapidfuzz import fuzz
from rapidfuzz.distance import Indel

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST = 6_000  # lines that are compared one by one, without those that both begin and end with
_ALIKE = 45.0  # of 100: lines that are as alike count as edited, others as replaced
_TELLING = 3  # characters that a line needs to be looked for elsewhere


class Fate(Enum):
    """What became of something that was commented on."""

    SAME = "same"
    MOVED = "moved"  # unchanged, at another place
    CHANGED = "changed"
    OUTDATED = "outdated"  # not there any more


@dataclass(frozen=True, kw_only=True)
class Span:
    """Some lines, from 1, and what became of them; of outdated ones, where they were."""

    fate: Fate
    first: int
    last: int


def follow(old: Sequence[str], new: Sequence[str], first: int, last: int) -> Span:
    """Return where the lines ``first`` to ``last`` (from 1) of the old text are in the new one."""
    mapped = _mapped(old, new)
    wanted = range(first - 1, last)
    kept = [mapped[line] for line in wanted if line in mapped]
    if any(old[line].strip() for line in wanted if line in mapped):
        return _kept(kept, first, last, len(mapped.keys() & set(wanted)))
    quote = list(old[first - 1 : last])
    elsewhere = places_of(quote, new)
    if len(elsewhere) == 1 and is_telling(quote):
        start = elsewhere[0] + 1
        fate = Fate.SAME if start == first else Fate.MOVED
        return Span(fate=fate, first=start, last=start + last - first)
    if kept:  # nothing but empty lines
        return _kept(kept, first, last, len(kept))
    return _replaced(old, new, mapped, first, last)


def places_of(quote: Sequence[str], lines: Sequence[str]) -> list[int]:
    """Return at which lines (from 0) a text has these lines one after the other."""
    size, wanted = len(quote), list(quote)
    return [
        start for start in range(len(lines) - size + 1) if lines[start : start + size] == wanted
    ]


def is_telling(quote: Sequence[str]) -> bool:
    """Tell whether lines are so special that the same ones elsewhere are likely to be them."""
    return len("".join(quote).strip()) >= _TELLING


def alike(one: str, other: str) -> float:
    """Return how alike two texts are, from 0 to 100."""
    return float(fuzz.ratio(one, other))


def _mapped(old: Sequence[str], new: Sequence[str]) -> dict[int, int]:
    """Return which lines (from 0) stayed, and at which line each one is now."""
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    mapped = {line: line for line in range(start)}
    shift = len(new) - len(old)
    mapped |= {line: line + shift for line in range(len(old) - end, len(old))}
    before, after = old[start : len(old) - end], new[start : len(new) - end]
    if max(len(before), len(after)) > _MOST:
        return mapped
    for block in Indel.opcodes(before, after):
        if block.tag == "equal":
            for offset in range(block.src_end - block.src_start):
                mapped[start + block.src_start + offset] = start + block.dest_start + offset
    return mapped


def _common(old: Sequence[str], new: Sequence[str]) -> int:
    count = 0
    for one, other in zip(old, new, strict=False):
        if one != other:
            break
        count += 1
    return count


def _kept(kept: Sequence[int], first: int, last: int, count: int) -> Span:
    begin, end = min(kept) + 1, max(kept) + 1
    whole = count == last - first + 1 and end - begin == last - first
    if not whole:
        return Span(fate=Fate.CHANGED, first=begin, last=end)
    return Span(fate=Fate.SAME if begin == first else Fate.MOVED, first=begin, last=end)


def _replaced(
    old: Sequence[str], new: Sequence[str], mapped: dict[int, int], first: int, last: int
) -> Span:
    """Look among the lines that came between the neighbours of those that are gone."""
    above = max((at for line, at in mapped.items() if line < first - 1), default=-1)
    below = min((at for line, at in mapped.items() if line > last - 1), default=len(new))
    quote = old[first - 1 : last]
    between = range(above + 1, max(below, above + 1))
    scored = [
        (max(alike(new[at].strip(), one.strip()) for one in quote), -at)
        for at in between
        if new[at].strip()
    ]
    near = [-at for score, at in scored if score >= _ALIKE]
    if not near:
        at = max(1, min(above + 2, len(new)))
        return Span(fate=Fate.OUTDATED, first=at, last=at)
    if len(quote) == 1:
        best = -max(scored)[1]
        return Span(fate=Fate.CHANGED, first=best + 1, last=best + 1)
    return Span(fate=Fate.CHANGED, first=min(near) + 1, last=max(near) + 1)
