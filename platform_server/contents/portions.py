"""Much work in portions, so that nobody waits long for a project's lock. No I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from platform_server.contents.workspace import Seen

_PATHS = 50  # taken over under one lock and in one transaction
_BYTES = 32 * 2**20


def portions(paths: Iterable[str], seen: Mapping[str, Seen]) -> Iterator[list[str]]:
    """Split the paths: few at a time, and few bytes."""
    portion: list[str] = []
    size = 0
    for path in paths:
        portion.append(path)
        size += seen[path].size if path in seen else 0
        if len(portion) >= _PATHS or size >= _BYTES:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion
