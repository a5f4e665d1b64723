"""Reads and writes notebooks without holding up everybody else."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

from cachetools import LRUCache

from platform_extensions.contents import notebooks
from platform_extensions.contents.validation import NotebookValidator
from platform_server.errors import TooLarge

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbformat import NotebookNode

    from platform_extensions.contents.notebooks import Serialised
    from platform_server.contents.model import BlobHash

_LARGEST = 64 * 2**20  # bytes; a larger notebook can be downloaded, but not opened
_AT_ONCE = 256 * 2**10  # bytes; what takes longer than this goes into a thread
_REMEMBERED = 4096  # notebooks

Result = TypeVar("Result")


class NotebookCodec:
    """Turns notebooks into files and back, and remembers what was checked: bytes never change."""

    def __init__(self) -> None:
        self._faults: LRUCache[BlobHash, str | None] = LRUCache(_REMEMBERED)
        self._validator = NotebookValidator()

    async def parse(self, data: bytes, blob: BlobHash | None) -> tuple[NotebookNode, str | None]:
        """Return the notebook in the bytes, and what is wrong with it if anything is.

        Raises InvalidContent, TooLarge.
        """
        notebook = await _run(len(data), notebooks.parse, data)
        if blob is not None and blob in self._faults:
            return notebook, self._faults[blob]
        fault = await _run(len(data), self._validator.fault_of, notebook)
        if blob is not None:
            self._faults[blob] = fault
        return notebook, fault

    async def serialise(self, content: Any, size: int) -> Serialised:
        """Return the file of a notebook that came in a request of ``size`` bytes.

        Raises InvalidContent, TooLarge.
        """
        return await _run(size, notebooks.serialise, content, self._validator)

    def remember(self, blob: BlobHash, fault: str | None) -> None:
        """Remember what serialising found out about these bytes."""
        self._faults[blob] = fault


async def _run(size: int, work: Callable[..., Result], *arguments: Any) -> Result:
    if size > _LARGEST:
        raise TooLarge("The notebook is too large to be opened: download it instead.")
    if size <= _AT_ONCE:
        return work(*arguments)
    return await asyncio.to_thread(work, *arguments)
