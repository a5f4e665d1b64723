"""Submissions: what they are made of, who may do what with them, and in which order."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.exc import DBAPIError

from platform_server.contents.differ import DiffKind
from platform_server.errors import (
    AccessDenied,
    Conflict,
    FileMissing,
    InvalidInput,
    PlatformError,
    ProjectNotFound,
    SubmissionDamaged,
    SubmissionNotFound,
)
from platform_server.review.chain import first_broken
from platform_server.review.model import Happening, State, SubmissionId, Verdict
from platform_server.review.repository import Wanted
from platform_server.storage.tables.review import (
    review_events,
    submission_decisions,
    submission_files,
    submission_rounds,
)
from tests.review.conftest import ALICE, ANN, BOB, CAROL, DAN, RITA, ROB

if TYPE_CHECKING:
    from platform_server.identity.model import Principal
    from platform_server.review.rules import View
    from tests.review.conftest import Desk


async def decided(
    desk: Desk, view: View, verdict: Verdict = Verdict.REQUEST_CHANGES, *, by: Principal = RITA
) -> View:
    return await desk.submissions.decide(
        by, view.submission.id, number=view.submission.round, verdict=verdict, summary="so"
    )


async def test_a_submission_is_all_that_the_project_has(desk: Desk) -> None:
    await desk.write("a.py", b"print(1)\n")
    await desk.write("data/été 1 %#.csv", b"1,2\n")

    view = await desk.submit("Please look.")

    files = await desk.files.list(view, 1)
    assert [one.path for one in files] == ["a.py", "data/été 1 %#.csv"]
    assert await desk.files.read(view, files[1]) == b"1,2\n"
    assert view.submission.state is State.SUBMITTED
    assert (view.rounds[0].message, view.rounds[0].files, view.rounds[0].size) == (
        "Please look.",
        2,
        13,
    )


async def test_what_was_submitted_stays_when_the_project_changes_or_goes(desk: Desk) -> None:
    await desk.write("a.py", b"one")
    view = await desk.submit()
    await desk.write("a.py", b"two")
    await desk.contents.move(desk.project, "a.py", "b.py")
    await desk.contents.retention.thin()
    await desk.projects.delete(ALICE, desk.project)
    await desk.contents.forget_project(desk.project)

    for viewer in (RITA, ALICE):
        again = await desk.submissions.get(viewer, view.submission.id)
        (file,) = await desk.files.list(again, 1)
        assert (file.path, await desk.files.read(again, file)) == ("a.py", b"one")


async def test_an_empty_project_is_not_submitted(desk: Desk) -> None:
    await desk.contents.make_directory(desk.project, "empty")
    with pytest.raises(InvalidInput):
        await desk.submit()
    assert await desk.submissions.list(ALICE) == []


async def test_only_those_who_may_change_a_project_submit_it(desk: Desk) -> None:
    await desk.write("a.py", b"")
    with pytest.raises(AccessDenied):
        await desk.submit(by=DAN)
    for stranger in (BOB, RITA, ANN):
        with pytest.raises(ProjectNotFound):
            await desk.submit(by=stranger)
    assert (await desk.submit(by=CAROL)).submission.submitter_id == CAROL.id


async def test_a_project_has_one_open_submission(desk: Desk) -> None:
    await desk.write("a.py", b"")

    results = await asyncio.gather(
        *(desk.submit(by=one) for one in (ALICE, CAROL, ALICE, CAROL)), return_exceptions=True
    )

    assert sum(isinstance(one, Conflict) for one in results) == 3
    assert len(await desk.submissions.list(ALICE)) == 1


async def test_strangers_see_nothing_of_it(desk: Desk) -> None:
    await desk.write("a.py", b"")
    submission_id = (await desk.submit()).submission.id

    for stranger in (BOB, DAN):  # who may look at a project need not see what is submitted
        assert await desk.submissions.list(stranger) == []
        for attempt in (
            desk.submissions.get(stranger, submission_id),
            desk.submissions.events(stranger, submission_id),
            desk.submissions.withdraw(stranger, submission_id),
            desk.submissions.claim(stranger, submission_id),
            desk.submissions.release(stranger, submission_id),
        ):
            with pytest.raises(SubmissionNotFound):
                await attempt
    with pytest.raises(SubmissionNotFound):
        await desk.submissions.get(RITA, SubmissionId("nothing"))


async def test_makers_see_their_own_and_reviewers_all(desk: Desk) -> None:
    await desk.write("a.py", b"")
    view = await desk.submit()

    for viewer in (ALICE, CAROL, RITA, ROB, ANN):
        assert await desk.submissions.list(viewer) == [view.submission]
    assert await desk.submissions.list(RITA, own=True) == []
    assert await desk.submissions.list(RITA, Wanted(reviewer_id=RITA.id)) == []
    assert await desk.submissions.list(RITA, Wanted(states=frozenset({State.APPROVED}))) == []
    claimed = await desk.submissions.claim(RITA, view.submission.id)
    assert await desk.submissions.list(RITA, Wanted(reviewer_id=RITA.id)) == [claimed.submission]


async def test_from_submitted_to_approved_in_two_rounds(desk: Desk) -> None:
    await desk.write("a.py", b"one\n")
    first = await desk.submit("first")
    await desk.submissions.claim(RITA, first.submission.id)
    returned = await decided(desk, first)
    assert returned.submission.state is State.CHANGES_REQUESTED

    await desk.write("a.py", b"two\n")
    second = await desk.submit("second")
    assert (second.submission.id, second.submission.round) == (first.submission.id, 2)
    assert second.submission.reviewer_id == RITA.id
    diff = await desk.files.compare(second, "a.py", old=1, new=2)
    assert diff.kind is DiffKind.TEXT
    assert "-one" in (diff.unified or "")
    assert "+two" in (diff.unified or "")

    done = await decided(desk, second, Verdict.APPROVE)
    assert done.submission.state is State.APPROVED
    assert [one.verdict for one in done.decisions] == [Verdict.REQUEST_CHANGES, Verdict.APPROVE]
    third = await desk.submit("another one")
    assert third.submission.id != first.submission.id


async def test_nobody_reviews_their_own_work(desk: Desk) -> None:
    await desk.projects.add_member(
        ALICE,
        desk.project,
        RITA.email,
        (await desk.projects.members(ALICE, desk.project))[1].access,
    )
    await desk.write("a.py", b"")
    view = await desk.submit()

    for attempt in (
        desk.submissions.claim(RITA, view.submission.id),
        decided(desk, view),
        decided(desk, view, by=CAROL),
        desk.submissions.claim(ALICE, view.submission.id),
    ):
        with pytest.raises(AccessDenied):
            await attempt
    assert (await desk.submissions.get(ALICE, view.submission.id)).decisions == ()


async def test_of_two_reviewers_one_gets_it(desk: Desk) -> None:
    await desk.write("a.py", b"")
    view = await desk.submit()

    results = await asyncio.gather(
        *(desk.submissions.claim(one, view.submission.id) for one in (RITA, ROB)),
        return_exceptions=True,
    )

    (loser,) = [one for one in results if isinstance(one, BaseException)]
    (winner,) = [one for one in results if not isinstance(one, BaseException)]
    assert isinstance(loser, Conflict)
    assert winner.submission.reviewer_id in {RITA.id, ROB.id}
    other = ROB if winner.submission.reviewer_id == RITA.id else RITA
    with pytest.raises(Conflict):
        await decided(desk, view, by=other)
    with pytest.raises(AccessDenied):
        await desk.submissions.release(other, view.submission.id)
    await desk.submissions.release(ANN, view.submission.id)
    await desk.submissions.claim(other, view.submission.id)


async def test_a_decision_about_an_earlier_round_is_refused(desk: Desk) -> None:
    await desk.write("a.py", b"one")
    first = await desk.submit()
    await decided(desk, first)
    await desk.write("a.py", b"two")
    await desk.submit()

    with pytest.raises(Conflict):
        await decided(desk, first, Verdict.APPROVE)
    view = await desk.submissions.get(RITA, first.submission.id)
    assert view.submission.state is State.SUBMITTED


async def test_a_round_is_decided_once(desk: Desk) -> None:
    await desk.write("a.py", b"")
    view = await desk.submit()

    results = await asyncio.gather(
        *(
            decided(desk, view, verdict, by=by)
            for verdict, by in ((Verdict.APPROVE, RITA), (Verdict.REQUEST_CHANGES, ROB)) * 3
        ),
        return_exceptions=True,
    )

    assert sum(isinstance(one, Conflict) for one in results) == 5
    assert len((await desk.submissions.get(ALICE, view.submission.id)).decisions) == 1


async def test_what_is_undecided_can_be_withdrawn(desk: Desk) -> None:
    await desk.write("a.py", b"")
    view = await desk.submit()
    with pytest.raises(AccessDenied):
        await desk.submissions.withdraw(RITA, view.submission.id)

    withdrawn = await desk.submissions.withdraw(CAROL, view.submission.id)

    assert withdrawn.submission.state is State.WITHDRAWN
    for attempt in (
        decided(desk, view),
        desk.submissions.claim(RITA, view.submission.id),
        desk.submissions.withdraw(ALICE, view.submission.id),
    ):
        with pytest.raises(Conflict):
            await attempt
    assert (await desk.submit()).submission.id != view.submission.id


async def test_the_database_refuses_to_change_what_was_submitted_or_decided(desk: Desk) -> None:
    await desk.write("a.py", b"")
    await decided(desk, await desk.submit())

    for table, change in (
        (submission_files, {"blob": "0" * 64}),
        (submission_rounds, {"digest": "0" * 64}),
        (submission_decisions, {"verdict": "approve"}),
        (review_events, {"detail": "{}"}),
    ):
        for statement in (update(table).values(change), delete(table)):
            with pytest.raises((DBAPIError, PlatformError)):
                async with desk.database.transaction() as connection:
                    await connection.execute(statement)


async def test_a_round_that_was_tampered_with_is_not_shown(desk: Desk) -> None:
    await desk.write("a.py", b"one")
    await desk.write("b.py", b"two")
    view = await desk.submit()

    await without_triggers(desk, "DELETE FROM submission_files WHERE path = 'b.py'")

    with pytest.raises(SubmissionDamaged):
        await desk.files.list(view, 1)


async def test_events_are_sealed_one_after_the_other(desk: Desk) -> None:
    await desk.write("a.py", b"")
    view = await desk.submit()
    await desk.submissions.claim(RITA, view.submission.id)
    await decided(desk, view)

    events = await desk.submissions.events(ALICE, view.submission.id)

    assert [one.what for one in events] == [
        Happening.SUBMITTED,
        Happening.CLAIMED,
        Happening.DECIDED,
    ]
    assert [one.actor_id for one in events] == [ALICE.id, RITA.id, RITA.id]
    assert first_broken(events) is None
    assert first_broken(events[1:]) == 1
    await without_triggers(desk, "UPDATE review_events SET actor_id = 'rob' WHERE number = 2")
    assert first_broken(await desk.submissions.events(ALICE, view.submission.id)) == 2


async def test_everybody_is_told_what_others_did(desk: Desk) -> None:
    await desk.write("a.py", b"")
    view = await desk.submit()
    await desk.submissions.claim(RITA, view.submission.id)
    await decided(desk, view)

    notices = await desk.submissions.notices(ALICE)

    assert [one.event.what for one in notices] == [Happening.DECIDED, Happening.CLAIMED]
    assert {one.read_at for one in notices} == {None}
    assert await desk.submissions.notices(RITA) == []
    await desk.submissions.mark_read(ALICE)
    assert None not in {one.read_at for one in await desk.submissions.notices(ALICE)}
    await desk.submit()
    (told,) = await desk.submissions.notices(RITA)
    assert (told.event.what, told.project_name) == (Happening.SUBMITTED, "thesis")


async def test_files_are_compared_with_the_project_as_it_is(desk: Desk) -> None:
    await desk.write("a.py", b"one\n")
    view = await desk.submit()
    await desk.write("new.py", b"new\n")

    same = await desk.files.compare(view, "a.py", old=1, new=None)
    new = await desk.files.compare(view, "new.py", old=1, new=None)

    assert same.kind is DiffKind.SAME
    assert "+new" in (new.unified or "")
    with pytest.raises(FileMissing):
        await desk.files.compare(view, "none.py", old=1, new=None)
    with pytest.raises(SubmissionNotFound):
        await desk.files.compare(view, "a.py", old=1, new=2)


async def without_triggers(desk: Desk, statement: str) -> None:
    """Change what can only be changed by the database's owner."""
    if desk.database.is_sqlite:
        switch = [
            f"DROP TRIGGER keep_{table}_{change}"
            for table in ("submission_files", "review_events")
            for change in ("update", "delete")
        ]
    else:
        switch = ["SET session_replication_role = replica"]
    async with desk.database.transaction() as connection:
        for one in (*switch, statement):
            await connection.execute(text(one))
        if not desk.database.is_sqlite:
            await connection.execute(text("SET session_replication_role = DEFAULT"))
