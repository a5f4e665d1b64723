"""What a copy is called that keeps what could not be saved in place. No I/O."""

from __future__ import annotations

import re
from itertools import count
from typing import TYPE_CHECKING

from platform_server.projects.names import (
    MAX_NAME_BYTES,
    composed,
    fault_of_name,
    join,
    name_of,
    parent_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime


_COPY = re.compile(r" \(conflict of [^/]+ \d{4}-\d\d-\d\d \d\d\.\d\d\.\d\d( \d+)?\)")


def conflict_paths(path: str, author: str, at: datetime) -> Iterator[str]:
    """Give the paths to try: ``name (conflict of <author> <date>).ext``, then with a number."""
    stem, dot, ending = _split(path)
    clean = "".join("_" if fault_of_name(f"x{one}") else one for one in author)[:60] or "somebody"
    for number in count(1):
        again = f" {number}" if number > 1 else ""
        mark = composed(f" (conflict of {clean} {at:%Y-%m-%d %H.%M.%S}{again})")
        room = MAX_NAME_BYTES - len(f"{mark}{dot}{ending}".encode())
        short = stem.encode()[: max(room, 0)].decode(errors="ignore")
        yield join(parent_of(path), f"{short}{mark}{dot}{ending}")


def start_of_copies(path: str) -> str:
    """Return what the paths of a file's conflict copies begin with. Very long names are cut."""
    return join(parent_of(path), f"{_split(path)[0]} (conflict of ")


def is_copy_of(path: str, original: str) -> bool:
    """Tell whether the one is called as conflict copies of the other are."""
    stem, dot, ending = _split(original)
    before, after = join(parent_of(original), stem), f"{dot}{ending}"
    if not path.startswith(before) or not path.endswith(after):
        return False
    return _COPY.fullmatch(path[len(before) : len(path) - len(after)]) is not None


def _split(path: str) -> tuple[str, str, str]:
    """Return a name without its ending, the dot, and the ending."""
    stem, dot, ending = name_of(path).rpartition(".")
    return (stem, dot, ending) if stem else (name_of(path), "", "")
