"""What the writers write: each version unlike any other, and known again. No I/O."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from nbformat.v4 import new_code_cell, new_notebook

if TYPE_CHECKING:
    from random import Random

PIECE = 400_000  # characters; three of them no longer wait in memory
_CELLS = 20  # at most in a notebook
_NAMES = ("été {} %#.txt", "日本 {} & co+.csv", "a  b {}?=%2F.md")
_NOTEBOOK_NAME = "carnet né {} %23.ipynb"


class Doing(Enum):
    """What a writer does to a file."""

    SAVING = "saving"
    SAVING_NOTEBOOKS = "saving notebooks"
    UPLOADING = "uploading"
    RENAMING = "renaming"


@dataclass(frozen=True, kw_only=True)
class Version:
    """One content of a file, as the contents API takes it."""

    type: str  # "file" or "notebook"
    content: Any  # the text, or the notebook

    @property
    def model(self) -> dict[str, Any]:
        """The body of the request that saves it."""
        kind = "json" if self.type == "notebook" else "text"
        return {"type": self.type, "format": kind, "content": self.content}

    @property
    def pieces(self) -> list[dict[str, Any]]:
        """The bodies of the requests that upload it."""
        cuts = range(0, len(self.content), PIECE)
        bodies = [
            {"type": "file", "format": "text", "content": self.content[cut : cut + PIECE]}
            for cut in cuts
        ]
        last = len(bodies)
        numbers = [*range(1, last), -1] if last > 1 else [1]
        return [body | {"chunk": number} for number, body in zip(numbers, bodies, strict=True)]

    @property
    def mark(self) -> str:
        """What tells it from every other version."""
        return mark_of(self.type, self.content)


def mark_of(kind: str, content: Any) -> str:
    """Return the mark of what the server answers; what it adds to a notebook does not count."""
    if kind == "notebook":
        cells = [(cell["id"], cell["source"]) for cell in content["cells"]]
        content = json.dumps(cells)
    return sha256(content.encode()).hexdigest()


def name_of(random: Random, doing: Doing, number: int) -> str:
    """Return a file name that is easily got wrong, for something new."""
    if doing is Doing.SAVING_NOTEBOOKS:
        return _NOTEBOOK_NAME.format(number)
    return random.choice(_NAMES).format(number)


def version(random: Random, doing: Doing, number: int, author: int) -> Version:
    """Return the author's version of that number."""
    if doing is Doing.SAVING_NOTEBOOKS:
        first = max(0, number - _CELLS)
        cells = [
            new_code_cell(source=f"print({author}, {one})", id=f"cell-{author}-{one}")
            for one in range(first, number + 1)
        ]
        return Version(type="notebook", content=dict(new_notebook(cells=cells)))
    line = f"{author}/{number}: Zoë, naïve, 東京 {random.random()}\n"
    size = 3 * PIECE if doing is Doing.UPLOADING else random.choice((10, 1000, 30_000))
    return Version(type="file", content=line * (size // len(line) + 1))
