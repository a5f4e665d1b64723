"""Who reviews what, what waits for whom, points that are given, and comments that are kept."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from platform_server.acts.model import ActQuery
from platform_server.errors import (
    AccessDenied,
    Conflict,
    InvalidInput,
    PreconditionFailed,
    ProjectNotFound,
    SubmissionNotFound,
    ThreadNotFound,
    UserNotFound,
)
from platform_server.identity.model import UserId
from platform_server.projects.model import ProjectId
from platform_server.review import rubric
from platform_server.review.model import Happening, State, Verdict
from platform_server.review.repository import Wanted
from platform_server.review.rubric import Criterion, Given, Level, Rubric, Score
from platform_server.storage.acts import SqlActRepository

from .conftest import ALICE, ANN, BOB, CAROL, DAN, RITA, ROB

if TYPE_CHECKING:
    from platform_server.identity.model import Principal
    from platform_server.review.rules import View

    from .conftest import Desk

RUBRIC = Rubric(
    criteria=(
        Criterion(id="code", title="Code", points=4),
        Criterion(id="words", title="Words", points=2, levels=(Level(points=0), Level(points=2))),
    )
)


@pytest.fixture
async def view(desk: Desk) -> View:
    """A submission of alice's."""
    await desk.write("a.py", b"")
    return await desk.submit()


async def test_where_a_project_names_reviewers_the_others_see_nothing(
    desk: Desk, view: View
) -> None:
    await desk.tools.name(ALICE, desk.project, [RITA.id])

    assert await desk.tools.named(ALICE, desk.project) == {RITA.id}
    for person in (ALICE, RITA, ANN):
        assert await desk.submissions.list(person) == [view.submission]
    assert await desk.submissions.list(ROB) == []
    for attempt in (
        desk.submissions.get(ROB, view.submission.id),
        desk.submissions.claim(ROB, view.submission.id),
    ):
        with pytest.raises(SubmissionNotFound):
            await attempt
    await desk.submissions.decide(
        RITA, view.submission.id, number=1, verdict=Verdict.REQUEST_CHANGES, summary=""
    )
    await desk.tools.name(ANN, desk.project, [RITA.id, ROB.id])
    await desk.submit()
    assert (await desk.submissions.notices(ROB))[0].event.what is Happening.SUBMITTED
    await desk.tools.name(ALICE, desk.project, [])
    assert await desk.submissions.list(ROB) != []


async def test_owners_and_admins_name_reviewers_who_may_review(desk: Desk) -> None:
    for person, refusal in ((CAROL, AccessDenied), (RITA, ProjectNotFound), (BOB, ProjectNotFound)):
        with pytest.raises(refusal):
            await desk.tools.name(person, desk.project, [RITA.id])
        with pytest.raises(refusal):
            await desk.tools.set_rubric(person, desk.project, RUBRIC)
    for nobody in (BOB.id, UserId("nobody")):
        with pytest.raises(InvalidInput):
            await desk.tools.name(ALICE, desk.project, [nobody])
    with pytest.raises(ProjectNotFound):
        await desk.tools.name(ANN, ProjectId("nothing"), [RITA.id])
    with pytest.raises(ProjectNotFound):
        await desk.tools.set_rubric(ANN, ProjectId("nothing"), RUBRIC)
    assert set(await desk.tools.reviewers()) == {RITA.id, ROB.id, ANN.id}


async def test_a_task_is_given_by_admins_and_by_whoever_has_it(desk: Desk, view: View) -> None:
    async def seen(by: Principal) -> View:
        return await desk.submissions.get(by, view.submission.id)

    for person in (ALICE, RITA):
        with pytest.raises(AccessDenied):
            await desk.tools.assign(await seen(person), ROB.id)
    assigned = await desk.tools.assign(await seen(ANN), RITA.id)
    assert (assigned.submission.reviewer_id, assigned.submission.state) == (
        RITA.id,
        State.SUBMITTED,
    )
    assert (await desk.submissions.notices(RITA))[0].event.what is Happening.ASSIGNED
    with pytest.raises(Conflict):
        await desk.submissions.claim(ROB, view.submission.id)
    claimed = await desk.submissions.claim(RITA, view.submission.id)
    handed = await desk.tools.assign(claimed, ROB.id)
    assert (handed.submission.reviewer_id, handed.submission.state) == (ROB.id, State.SUBMITTED)
    for wrong, refusal in (
        (ALICE.id, InvalidInput),
        (UserId("nobody"), UserNotFound),
    ):
        with pytest.raises(refusal):
            await desk.tools.assign(await seen(ANN), wrong)
    await desk.tools.name(ALICE, desk.project, [ROB.id])
    with pytest.raises(InvalidInput):
        await desk.tools.assign(await seen(ANN), RITA.id)


async def test_what_waits_is_filtered(desk: Desk, view: View) -> None:
    at = view.submission.updated_at
    here = [view.submission]
    for wanted, found in (
        (Wanted(project_id=desk.project), here),
        (Wanted(project_id=ProjectId("other")), []),
        (Wanted(maker_id=ALICE.id), here),
        (Wanted(maker_id=CAROL.id), []),
        (Wanted(is_free=True), here),
        (Wanted(reviewer_id=RITA.id), []),
        (Wanted(since=at), here),
        (Wanted(since=at - timedelta(microseconds=1)), []),
    ):
        assert await desk.submissions.list(RITA, wanted) == found, wanted
    claimed = (await desk.submissions.claim(RITA, view.submission.id)).submission
    assert await desk.submissions.list(ROB, Wanted(is_free=True)) == []
    assert await desk.submissions.list(ROB, Wanted(reviewer_id=RITA.id)) == [claimed]


async def test_points_stay_what_they_were_when_the_rubric_changes(desk: Desk, view: View) -> None:
    assert await desk.tools.rubric(desk.project) == Rubric()
    await desk.tools.set_rubric(ANN, None, Rubric(criteria=RUBRIC.criteria[:1]))
    assert len((await desk.tools.rubric(desk.project)).criteria) == 1
    await desk.tools.set_rubric(ALICE, desk.project, RUBRIC)
    assert await desk.tools.rubric(desk.project) == RUBRIC
    given = [Given(criterion="words", points=2), Given(criterion="code", points=3.5, note="Nice.")]

    decided = await desk.submissions.decide(
        RITA,
        view.submission.id,
        number=1,
        verdict=Verdict.APPROVE,
        summary="",
        scores=rubric.scores(RUBRIC, given),
    )
    await desk.tools.set_rubric(ALICE, desk.project, Rubric())

    (decision,) = (await desk.submissions.get(ALICE, view.submission.id)).decisions
    assert decision == decided.decisions[0]
    assert decision.scores == (
        Score(criterion="code", title="Code", points=3.5, most=4, note="Nice."),
        Score(criterion="words", title="Words", points=2, most=2),
    )
    with pytest.raises(AccessDenied):
        await desk.tools.set_rubric(ALICE, None, RUBRIC)


@pytest.mark.parametrize(
    "given",
    [
        [Given(criterion="style", points=1)],
        [Given(criterion="code", points=5)],
        [Given(criterion="code", points=-1)],
        [Given(criterion="words", points=1)],
        [Given(criterion="code", points=1), Given(criterion="code", points=2)],
    ],
)
def test_points_that_cannot_be_are_refused(given: list[Given]) -> None:
    with pytest.raises(InvalidInput):
        rubric.scores(RUBRIC, given)


@pytest.mark.parametrize(
    "criteria",
    [
        [Criterion(id="a", title="A"), Criterion(id="a", title="B")],
        [Criterion(id="a", title=" ")],
        [Criterion(id="a", title="A", points=1, levels=(Level(points=2),))],
        [Criterion(id="a", title="A", points=1, levels=(Level(points=1), Level(points=1.0)))],
    ],
)
def test_a_rubric_that_cannot_be_used_is_refused(criteria: list[Criterion]) -> None:
    with pytest.raises(InvalidInput):
        rubric.check(Rubric(criteria=tuple(criteria)))


async def test_members_and_admins_see_whether_a_project_has_a_rubric_of_its_own(desk: Desk) -> None:
    await desk.tools.set_rubric(ANN, None, RUBRIC)
    assert await desk.tools.own_rubric(DAN, desk.project) is None

    await desk.tools.set_rubric(ALICE, desk.project, RUBRIC)

    for person in (ALICE, CAROL, DAN, ANN):
        assert await desk.tools.own_rubric(person, desk.project) == RUBRIC
    for person, project in ((BOB, desk.project), (RITA, desk.project), (ANN, ProjectId("nothing"))):
        with pytest.raises(ProjectNotFound):
            await desk.tools.own_rubric(person, project)


@pytest.mark.parametrize("of_all", [False, True])
async def test_nobody_saves_over_a_rubric_that_they_have_not_seen(desk: Desk, of_all: bool) -> None:  # noqa: FBT001
    project, less = None if of_all else desk.project, Rubric(criteria=RUBRIC.criteria[:1])
    seen = Rubric().version
    await desk.tools.set_rubric(ANN, project, less, seen)
    with pytest.raises(PreconditionFailed, match="rubric"):
        await desk.tools.set_rubric(ANN, project, RUBRIC, seen)
    assert await desk.tools.rubric(project) == less

    both = (Rubric(), RUBRIC)
    saves = [desk.tools.set_rubric(ANN, project, one, less.version) for one in both]
    first, second = await asyncio.gather(*saves, return_exceptions=True)
    assert isinstance(first or second, PreconditionFailed)
    assert None in {first, second}
    assert await desk.tools.rubric(project) == (RUBRIC if first else Rubric())
    await desk.tools.set_rubric(ANN, project, Rubric())
    blind = [desk.tools.set_rubric(ANN, project, one) for one in (RUBRIC, less) * 4]
    assert set(await asyncio.gather(*blind)) == {None}  # each replaces whatever is there
    await desk.tools.set_rubric(ANN, project, less)
    assert await desk.tools.rubric(project) == less


async def test_what_admins_do_to_reviews_of_others_is_kept_with_it(desk: Desk) -> None:
    await desk.tools.set_rubric(ALICE, desk.project, RUBRIC)  # her own project: no act
    await desk.tools.name(ALICE, desk.project, [ROB.id])
    less = Rubric(criteria=RUBRIC.criteria[:1])
    await desk.tools.set_rubric(ANN, desk.project, less)
    await desk.tools.name(ANN, desk.project, [RITA.id])
    await desk.tools.set_rubric(ANN, None, RUBRIC)
    await desk.tools.set_rubric(ANN, None, RUBRIC)
    await desk.tools.set_rubric(ANN, None, Rubric())

    kept = [one.act for one in reversed(await SqlActRepository(desk.database).find(ActQuery()))]
    assert {one.actor for one in kept} == {ANN.actor}
    full = {"criteria": len(RUBRIC.criteria), "points": sum(c.points for c in RUBRIC.criteria)}
    first = {"criteria": 1, "points": RUBRIC.criteria[0].points}
    assert [(one.name.value, one.target.name, one.before, one.after) for one in kept] == [
        ("project.rubric", "thesis", full, first),
        (
            "project.reviewers",
            "thesis",
            {"people": 1, "went": [ROB.email]},
            {"people": 1, "came": [RITA.email]},
        ),
        ("installation.rubric", "", {}, full),
        ("installation.rubric", "", full, {}),
    ]


async def test_everybody_has_their_own_saved_comments(desk: Desk) -> None:
    second = await desk.tools.save(RITA, "Units", "Say in which unit.")
    first = await desk.tools.save(RITA, "Names", "Name it after what it is.")
    await desk.tools.save(ROB, "Other", "x")

    assert await desk.tools.saved(RITA) == [first, second]
    with pytest.raises(ThreadNotFound):
        await desk.tools.drop(ROB, first.id)
    await desk.tools.drop(RITA, first.id)
    assert await desk.tools.saved(RITA) == [second]
