"""The digest of what was submitted: whoever reads a round can tell that it is what it was."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from platform_server.review.model import SubmittedFile


def digest_of(files: Iterable[SubmittedFile]) -> str:
    """Return the SHA-256 of the files' paths, hashes and sizes: 64 lower-case hex digits.

    One line a file, ``<hash> <size> <path>``, sorted by the bytes of the paths in UTF-8.
    """
    lines = sorted((one.path.encode(), f"{one.blob} {one.size} ".encode()) for one in files)
    total = hashlib.sha256()
    for path, numbers in lines:
        total.update(numbers + path + b"\n")
    return total.hexdigest()
