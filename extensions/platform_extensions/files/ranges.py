"""Which bytes of a file are asked for. No I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass

_RANGE = re.compile(r"\s*bytes\s*=\s*(\d{0,19})\s*-\s*(\d{0,19})\s*")


@dataclass(frozen=True, kw_only=True)
class Span:
    """A part of a file: the bytes from ``start`` up to, not including, ``stop``."""

    start: int
    stop: int

    @property
    def length(self) -> int:
        """How many bytes."""
        return self.stop - self.start


class Unsatisfiable(Exception):
    """No byte of the file is asked for."""


def span_of(header: str | None, size: int) -> Span | None:
    """Return the one range that is asked for, None for all of the file.

    Several ranges at once, and what cannot be understood, are answered with all of it, as RFC 9110
    allows. Raises Unsatisfiable.
    """
    match = _RANGE.fullmatch(header or "")
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        start, stop = max(size - int(last), 0), size
    else:
        start, stop = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < int(first):
            return None
    if start >= stop:
        raise Unsatisfiable
    return Span(start=start, stop=stop)
