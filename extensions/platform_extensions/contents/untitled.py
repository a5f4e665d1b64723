"""The names that the server itself gives: untitled files, and copies. No I/O."""

from __future__ import annotations

import re
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_COPY = re.compile(r"-Copy\d*\.")


def untitled_names(kind: str, ending: str) -> Iterator[str]:
    """Give the names to try for something new: as Jupyter calls them, then numbered."""
    if kind == "directory":
        return _numbered("Untitled Folder", "", " ")
    if kind == "notebook":
        return _numbered("Untitled", ".ipynb", "")
    return _numbered("untitled", ending, "")


def copy_names(name: str) -> Iterator[str]:
    """Give the names to try for a copy: the name itself, then with -Copy1, -Copy2, ..."""
    plain = _COPY.sub(".", name)
    if plain.endswith(".ipynb"):
        stem, dot, ending = plain.rpartition(".")
    else:
        stem, dot, ending = plain.partition(".")
    if not stem:  # a hidden file
        stem, dot, ending = plain, "", ""
    return _numbered(stem, dot + ending, "-Copy")


def _numbered(stem: str, ending: str, mark: str) -> Iterator[str]:
    yield f"{stem}{ending}"
    for number in count(1):
        yield f"{stem}{mark}{number}{ending}"
