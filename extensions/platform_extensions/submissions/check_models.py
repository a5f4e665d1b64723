"""The JSON about whether what was submitted reproduces."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any, cast

from typing_extensions import TypedDict

from platform_extensions.shapes import Moment, value_of
from platform_server.review.reproduction.model import CheckState, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from platform_server.review.reproduction.model import Check
    from platform_server.review.reproduction.service import Standing

_Outcome = Annotated[str, value_of(Outcome)]


class RerunCellModel(TypedDict):
    """What came of a cell; ``diff`` is the unified difference of what both runs show as text."""

    number: int
    cell_id: str | None
    outcome: _Outcome
    message: str
    seconds: float | None
    ignored: list[str]
    diff: str


class RerunModel(TypedDict):
    """What came of a notebook; ``has_page`` tells whether its new outputs can be seen."""

    path: str
    message: str
    outcome: _Outcome | None
    cells: list[RerunCellModel]
    has_page: bool


class CheckModel(TypedDict):
    """How a check stands; the state of what was never run is "none"."""

    round: int
    state: Annotated[str, value_of(CheckState, "none")]
    requested_at: Moment | None
    started_at: Moment | None
    finished_at: Moment | None
    message: str
    outcome: _Outcome | None


class StandingModel(CheckModel):
    """How a check stands, and what came of it."""

    before: int  # checks that come before it
    counts: dict[str, int]  # of cells, by outcome
    notebooks: list[RerunModel]


def standing_model(standing: Standing) -> StandingModel:
    """Return a check, without what the cells show: see its page."""
    check = standing.check
    if check is None:
        return {
            "round": standing.round,
            "state": "none",
            "requested_at": None,
            "started_at": None,
            "finished_at": None,
            "message": "",
            "outcome": None,
            "before": 0,
            "counts": {},
            "notebooks": [],
        }
    cells = [cell for notebook in check.notebooks for cell in notebook["cells"]]
    return {
        **check_model(check),
        "before": standing.before,
        "counts": dict(Counter(one["outcome"] for one in cells)),
        "notebooks": [_notebook_model(one) for one in check.notebooks],
    }


def check_model(check: Check) -> CheckModel:
    """Return how a check stands, without what is told of its notebooks."""
    return {
        "round": check.round,
        "state": check.state.value,
        "requested_at": check.requested_at.isoformat(),
        "started_at": check.started_at.isoformat() if check.started_at else None,
        "finished_at": check.finished_at.isoformat() if check.finished_at else None,
        "message": check.message,
        "outcome": None if check.outcome is None else check.outcome.value,
    }


def _notebook_model(told: Mapping[str, Any]) -> RerunModel:
    return {
        "path": told["path"],
        "message": told["message"],
        "outcome": told["outcome"],
        "cells": [_rerun_cell_model(one) for one in told["cells"]],
        "has_page": any(cell["outputs"] is not None for cell in told["cells"]),
    }


def _rerun_cell_model(told: Mapping[str, Any]) -> RerunCellModel:
    shown = {name: value for name, value in told.items() if name != "outputs"}
    return cast("RerunCellModel", shown)
