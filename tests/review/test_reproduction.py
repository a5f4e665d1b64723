"""Rounds are run again, one after the other, and what differs is told.

``checks``  a function that starts a service that runs rounds again
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from platform_server.errors import AccessDenied, Conflict, SubmissionNotFound
from platform_server.review.model import Happening
from platform_server.review.reproduction.model import UNFINISHED, CheckLimits, CheckState, Outcome
from platform_server.testing.places import code_cell, notebook

from .conftest import ALICE, BOB, RITA

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from platform_server.review.reproduction.model import Check
    from platform_server.review.reproduction.service import ReproductionService
    from platform_server.review.rules import View

    from .conftest import Desk

Start: TypeAlias = "Callable[[CheckLimits], Awaitable[ReproductionService]]"
ON_SQLITE = pytest.mark.parametrize("desk", ["sqlite"], indirect=True)
LIMITS = CheckLimits(cell_seconds=30, notebook_seconds=60)


@pytest.fixture
async def checks(desk: Desk) -> AsyncIterator[Start]:
    started: list[ReproductionService] = []

    async def start(limits: CheckLimits = LIMITS) -> ReproductionService:
        service = desk.checks(limits)
        started.append(service)
        await service.start()
        return service

    yield start
    for one in started:
        await one.aclose()


def stream(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text}


def cells(*sources: tuple[str, str | None]) -> bytes:
    """Return a notebook with code and what each cell printed when it was submitted."""
    made = [
        code_cell(source, outputs=[] if shown is None else [stream(shown)])
        | {"id": f"c{number}", "execution_count": number + 1}
        for number, (source, shown) in enumerate(sources)
    ]
    return json.dumps(notebook(*made)["content"]).encode()


async def ended(service: ReproductionService, view: View, number: int = 1) -> Check:
    """Return the check once it has ended."""
    async with asyncio.timeout(120):
        while True:
            check = (await service.get(view, number)).check
            if check is not None and check.state not in UNFINISHED:
                return check
            # There is no event for what is in a database.
            await asyncio.sleep(0.05)


def outcomes(check: Check) -> dict[str, list[str]]:
    return {one["path"]: [cell["outcome"] for cell in one["cells"]] for one in check.notebooks}


@ON_SQLITE
async def test_each_notebook_runs_with_the_files_of_its_round(desk: Desk, checks: Start) -> None:
    await desk.write("data/numbers.txt", b"41")
    await desk.write(
        "data/count.ipynb",
        cells(("n = int(open('numbers.txt').read())", None), ("print(n)", "41\n")),
    )
    await desk.write("other.ipynb", cells(("'n' in globals()", None), ("print(1)", "2\n")))
    view = await desk.submit()
    await desk.write("data/numbers.txt", b"42")
    service = await checks(LIMITS)

    check = await ended(service, view)

    assert (check.state, check.outcome) == (CheckState.DONE, Outcome.DIFFERS)
    assert outcomes(check) == {
        "data/count.ipynb": ["same", "same"],
        "other.ipynb": ["differs", "differs"],
    }
    event = (await desk.submissions.events(ALICE, view.submission.id))[-1]
    assert (event.what, event.detail) == (
        Happening.REPRODUCED,
        {"round": 1, "outcome": "differs"},
    )
    assert (await desk.submissions.notices(ALICE))[0].event == event
    shown = json.loads(await service.notebook(view, 1, "other.ipynb"))
    assert shown["cells"][1]["outputs"] == [stream("1\n")]
    with pytest.raises(SubmissionNotFound):
        await service.notebook(view, 1, "data/count.ipynb")
    assert (desk.lone.made, desk.lone.open_now) == (1, 0)


@ON_SQLITE
async def test_a_run_ends_where_a_cell_fails_or_takes_the_kernel_with_it(
    desk: Desk, checks: Start
) -> None:
    after = ("print('after')", "after\n")
    await desk.write("fails.ipynb", cells(("1/0", None), after))
    await desk.write("dies.ipynb", cells(("import os; os._exit(3)", None), after))
    await desk.write("asks.ipynb", cells(("input()", None), after))
    await desk.write("broken.ipynb", b"no notebook")
    other = json.loads(cells(after)) | {"metadata": {"language_info": {"name": "R"}}}
    await desk.write("other.ipynb", json.dumps(other).encode())
    view = await desk.submit()
    service = await checks(LIMITS)

    check = await ended(service, view)

    assert outcomes(check) == {
        "asks.ipynb": ["fails", "not_run"],
        "broken.ipynb": [],
        "dies.ipynb": ["fails", "not_run"],
        "fails.ipynb": ["fails", "not_run"],
        "other.ipynb": [],
    }
    told = {one["path"]: one for one in check.notebooks}
    assert told["fails.ipynb"]["cells"][0]["message"] == "ZeroDivisionError: division by zero"
    assert "notebook" in told["broken.ipynb"]["message"]
    assert told["broken.ipynb"]["message"] == told["other.ipynb"]["message"]


@ON_SQLITE
async def test_a_cell_that_takes_too_long_is_stopped(desk: Desk, checks: Start) -> None:
    hangs = (
        "while True:\n    try: import time; time.sleep(99)\n    except BaseException: pass",
        None,
    )
    await desk.write("n.ipynb", cells(hangs, ("print('after')", "after\n")))
    view = await desk.submit()

    check = await ended(await checks(CheckLimits(cell_seconds=1, notebook_seconds=60)), view)

    assert outcomes(check) == {"n.ipynb": ["time_limit", "not_run"]}


@ON_SQLITE
async def test_displays_change_in_place_and_floods_are_cut(desk: Desk, checks: Start) -> None:
    shows = "shown = display('a', display_id='it')\nprint('gone')\nclear_output()\nprint('here')"
    await desk.write(
        "shows.ipynb",
        cells(
            (f"from IPython.display import display, clear_output\n{shows}", "here\n"),
            ("for _ in range(300): print('x' * 1000)", "x\n"),
        ),
    )
    view = await desk.submit()
    service = await checks(CheckLimits(output_bytes=100_000))

    check = await ended(service, view)

    assert outcomes(check)["shows.ipynb"][:2] == ["same", "differs"]
    assert "too much" in check.notebooks[0]["cells"][1]["message"]


async def test_checks_wait_their_turn_and_go_on_with_the_next_server(
    desk: Desk, checks: Start
) -> None:
    await desk.write("n.ipynb", cells(("print(1)", "1\n")))
    view = await desk.submit()
    desk.lone.gate.clear()
    first = await checks(LIMITS)
    await first.submitted(view)
    await first.aclose()
    desk.lone.gate.set()

    second = await checks(LIMITS)

    assert (await ended(second, view)).outcome is Outcome.SAME
    assert desk.lone.made == 1


async def test_a_reviewer_cancels_a_check_and_asks_again(desk: Desk, checks: Start) -> None:
    await desk.write("n.ipynb", cells(("print(1)", "1\n")))
    view = await desk.submit()
    desk.lone.gate.clear()
    service = await checks(LIMITS)
    theirs = await desk.submissions.get(RITA, view.submission.id)

    for wrong in (service.cancel, service.again):
        with pytest.raises(AccessDenied):
            await wrong(view, 1)
    with pytest.raises(Conflict):
        await service.again(theirs, 1)
    cancelled = (await service.cancel(theirs, 1)).check
    assert cancelled is not None
    assert cancelled.state is CheckState.CANCELLED
    with pytest.raises(Conflict):
        await service.cancel(theirs, 1)
    desk.lone.gate.set()
    await service.again(theirs, 1)

    assert (await ended(service, view)).outcome is Outcome.SAME
    assert (await desk.submissions.notices(ALICE))[0].event.what is Happening.REPRODUCED
    with pytest.raises(SubmissionNotFound):
        await service.get(view, 2)


async def test_a_check_for_which_there_is_no_room_ends_and_can_be_asked_for_again(
    desk: Desk, checks: Start
) -> None:
    await desk.write("n.ipynb", cells(("print(1)", "1\n")))
    view = await desk.submit()
    desk.lone.gate.clear()
    service = await checks(replace(LIMITS, patience=0.06))

    check = await ended(service, view)

    assert (check.state, check.outcome, desk.lone.made) == (CheckState.FAILED, None, 0)
    assert check.message == (
        "The machine had no room for it within 0.001 min. It was not run. "
        "A reviewer can ask for it once more."
    )
    assert (await desk.submissions.notices(ALICE))[0].event.detail["outcome"] == "failed"
    desk.lone.gate.set()
    await service.again(await desk.submissions.get(RITA, view.submission.id), 1)
    assert (await ended(service, view)).outcome is Outcome.SAME


async def test_a_project_without_notebooks_needs_no_sandbox(desk: Desk, checks: Start) -> None:
    await desk.write("notes.txt", b"x")
    view = await desk.submit()
    check = await ended(await checks(LIMITS), view)
    assert (check.state, check.outcome, check.notebooks) == (CheckState.DONE, None, ())
    assert desk.lone.made == 0


async def test_where_nothing_is_checked_nothing_is_queued(desk: Desk, checks: Start) -> None:
    await desk.write("n.ipynb", cells(("print(1)", "1\n")))
    view = await desk.submit()
    service = await checks(CheckLimits(at_once=0))
    await service.submitted(view)
    theirs = await desk.submissions.get(RITA, view.submission.id)
    with pytest.raises(Conflict):
        await service.again(theirs, 1)
    assert (await service.get(view, 1)).check is None
    with pytest.raises(SubmissionNotFound):
        await desk.submissions.get(BOB, view.submission.id)
