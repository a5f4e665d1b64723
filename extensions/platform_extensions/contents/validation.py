"""Whether notebooks are as the format wants them. A cell that was right is not looked at again."""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from nbformat.validator import ValidationError, get_validator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbformat import NotebookNode

MAJOR = 4
# What nbformat raises on something that is no notebook, in whatever way.
UNUSABLE = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
    ValidationError,
)
_REMEMBERED = 100_000  # cells; twice as many at most
_MAX_FAULT = 300  # characters of a validator's complaint


class NotebookValidator:
    """Remembers the cells that are right, by digests: most saves change one of many."""

    def __init__(self, *, remembered: int = _REMEMBERED) -> None:
        self._most = remembered
        self._right: set[bytes] = set()
        self._right_before: set[bytes] = set()

    def fault_of(self, notebook: NotebookNode) -> str | None:
        """Return what is not as the notebook format wants it, None if all is."""
        try:
            unknown = self._unknown(notebook)
            _validate({**notebook, "cells": list(unknown.values())})
        except UNUSABLE:  # said of the whole, which has the numbers of its cells
            return _fault_of_all(notebook)
        self._remember(unknown)
        return None

    def _unknown(self, notebook: NotebookNode) -> dict[bytes, Any]:
        """Return the cells that were not seen to be right, by their digests."""
        if not isinstance(notebook["cells"], list):
            raise TypeError
        minor = notebook.get("nbformat_minor", 0)
        cells = {_digest_of(minor, cell): cell for cell in notebook["cells"]}
        return {
            digest: cell
            for digest, cell in cells.items()
            if digest not in self._right and digest not in self._right_before
        }

    def _remember(self, unknown: Mapping[bytes, Any]) -> None:
        if len(self._right) >= self._most:
            self._right, self._right_before = set(), self._right
        self._right.update(unknown)


def short(error: BaseException) -> str:
    """Return what an error says, in one line."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return (str(error).splitlines() or [type(error).__name__])[0][:_MAX_FAULT]


def _fault_of_all(notebook: NotebookNode) -> str | None:
    try:
        _validate(notebook)
    except UNUSABLE as error:
        return f"Notebook validation failed: {short(error)}"
    return None


def _validate(notebook: Mapping[str, Any]) -> None:
    minor = int(notebook.get("nbformat_minor", 0))
    get_validator(MAJOR, minor, name="fastjsonschema").validate(notebook)


def _digest_of(minor: Any, cell: Any) -> bytes:
    return blake2b(json.dumps([minor, cell]).encode(), digest_size=16).digest()
