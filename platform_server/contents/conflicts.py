"""What a copy is called that keeps what could not be saved in place. No I/O."""

from __future__ import annotations

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


def conflict_paths(path: str, author: str, at: datetime) -> Iterator[str]:
    """Give the paths to try: ``name (conflict of <author> <date>).ext``, then with a number."""
    stem, dot, ending = name_of(path).rpartition(".")
    if not stem:
        stem, dot, ending = name_of(path), "", ""
    clean = "".join("_" if fault_of_name(f"x{one}") else one for one in author)[:60] or "somebody"
    for number in count(1):
        again = f" {number}" if number > 1 else ""
        mark = composed(f" (conflict of {clean} {at:%Y-%m-%d %H.%M.%S}{again})")
        room = MAX_NAME_BYTES - len(f"{mark}{dot}{ending}".encode())
        short = stem.encode()[: max(room, 0)].decode(errors="ignore")
        yield join(parent_of(path), f"{short}{mark}{dot}{ending}")
