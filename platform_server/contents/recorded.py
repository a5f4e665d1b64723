"""Remembers which outputs the server put into notebooks, and lets no older state replace them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from cachetools import LRUCache

from platform_server.contents.cell_runs import code_cells, is_beginning, state_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from platform_server.contents.cell_runs import Change, Json, State
    from platform_server.projects.model import ProjectId

_NOTEBOOKS = 1024
_STATES = 64  # of one cell

Place: TypeAlias = "tuple[ProjectId, str]"


@dataclass
class _Cell:
    """A cell whose outputs the server has put into the document."""

    after: State
    earlier: set[State] = field(default_factory=set)
    seen_by: set[str] = field(default_factory=set)  # readers


class RecordedOutputs:
    """Decides what becomes of recorded outputs when a page saves that may not have them.

    A page that was opened before, or while the cell ran, does not get the cell's later outputs:
    what it saves would take them out of the document again. So a state of the cell that was on the
    way to what is recorded does not replace it, unless its reader has read the document since.
    Anything else that a page says does: a cell that was run again is as the page says.
    """

    def __init__(self) -> None:
        self._notebooks: LRUCache[Place, dict[str, _Cell]] = LRUCache(_NOTEBOOKS)

    def put(self, place: Place, changes: Mapping[str, Change]) -> None:
        """Remember what was put into a notebook."""
        cells = self._notebooks.setdefault(place, {})
        for cell_id, change in changes.items():
            known = cells.get(cell_id)
            earlier = known.earlier if known is not None and len(known.earlier) < _STATES else set()
            cells[cell_id] = _Cell(after=change.after, earlier={*earlier, change.before})

    def read(self, place: Place, reader: str) -> None:
        """Note that somebody has the notebook as it is now; a reader is a session or token."""
        for cell in self._notebooks.get(place, {}).values():
            cell.seen_by.add(reader)

    def concerns(self, place: Place) -> bool:
        """Tell whether there are recorded outputs in the notebook."""
        return place in self._notebooks

    def kept(self, place: Place, reader: str, sent: Json, present: Json) -> Json:
        """Return the notebook that a reader sends, with the recorded outputs it is behind of."""
        recorded = self._notebooks.get(place, {})
        theirs, ours = code_cells(sent), code_cells(present)
        behind: dict[str, Json] = {}
        for cell_id, cell in list(recorded.items()):
            mine = ours.get(cell_id)
            if mine is None or state_of(mine) != cell.after:
                del recorded[cell_id]  # somebody has replaced it
            elif cell_id in theirs and _is_behind(theirs[cell_id], mine, cell, reader):
                behind[cell_id] = mine
        if not recorded:
            self._notebooks.pop(place, None)
        return {**sent, "cells": [_with(one, behind) for one in sent["cells"]]} if behind else sent


def _is_behind(theirs: Json, mine: Json, cell: _Cell, reader: str) -> bool:
    state = state_of(theirs)
    if state == cell.after:
        cell.seen_by.add(reader)
    if reader in cell.seen_by:
        return False
    if state in cell.earlier:
        return True
    is_another_run = state.execution_count not in {None, cell.after.execution_count}
    return not is_another_run and is_beginning(theirs.get("outputs"), mine.get("outputs"))


def _with(cell: Any, behind: Mapping[str, Json]) -> Any:
    mine = behind.get(cell.get("id", "")) if isinstance(cell, dict) else None
    if mine is None:
        return cell
    return {**cell, "outputs": mine["outputs"], "execution_count": mine["execution_count"]}
