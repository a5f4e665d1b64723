"""Groups of learners: who makes them, who sees them, and who reviews what their members make."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, func, insert, select

from platform_server.acts.model import ActQuery, Kind
from platform_server.errors import (
    AccessDenied,
    GroupNotFound,
    InvalidInput,
    NameTaken,
    PreconditionFailed,
    SubmissionNotFound,
)
from platform_server.identity.model import ALL_SCOPES, Role, Scope, UserId
from platform_server.review.groups.model import GroupId, Listed, Roster
from platform_server.review.model import Happening, Verdict
from platform_server.review.repository import Wanted
from platform_server.storage.acts import SqlActRepository
from platform_server.storage.identity import SqlUserRepository
from platform_server.storage.tables.groups import group_members, group_reviewers
from platform_server.storage.tables.identity import users
from platform_server.testing.people import person

from .conftest import ALICE, ANN, BOB, CAROL, DAN, RITA, ROB

if TYPE_CHECKING:
    from platform_server.identity.model import Principal
    from platform_server.review.rules import View

    from .conftest import Desk


async def made(
    desk: Desk, name: str, members: list[Principal], reviewers: list[Principal]
) -> GroupId:
    """Return a new group of these people."""
    group = await desk.groups.make(ANN, name)
    await desk.groups.set_members(ANN, group.id, [one.id for one in members])
    await desk.groups.set_reviewers(ANN, group.id, [one.id for one in reviewers])
    return group.id


async def submitted(desk: Desk, *, by: Principal = ALICE) -> View:
    """Return a submission of alice's project."""
    await desk.write("a.py", b"")
    return await desk.submit(by=by)


async def who_sees(desk: Desk, view: View) -> set[UserId]:
    """Return who finds a submission, by its address and in the list alike."""
    seeing = set()
    for one in (ALICE, BOB, CAROL, DAN, RITA, ROB, ANN):
        try:
            await desk.submissions.get(one, view.submission.id)
        except SubmissionNotFound:
            assert await desk.submissions.list(one) == []
        else:
            assert [found.id for found in await desk.submissions.list(one)] == [view.submission.id]
            seeing.add(one.id)
    return seeing - {ALICE.id, CAROL.id}  # whose work it is


async def test_what_members_make_is_their_groups_reviewers_alone(desk: Desk) -> None:
    await made(desk, "statistics", [ALICE], [RITA])
    view = await submitted(desk)

    assert await who_sees(desk, view) == {RITA.id, ANN.id}
    for attempt in (
        desk.submissions.claim(ROB, view.submission.id),
        desk.submissions.events(ROB, view.submission.id),
    ):
        with pytest.raises(SubmissionNotFound):
            await attempt
    claimed = await desk.submissions.claim(RITA, view.submission.id)
    assert claimed.is_reviewer


async def test_whom_the_project_names_counts_more_than_its_makers_groups(desk: Desk) -> None:
    await made(desk, "statistics", [ALICE], [RITA])
    view = await submitted(desk)

    await desk.tools.name(ALICE, desk.project, [ROB.id])
    assert await who_sees(desk, view) == {ROB.id, ANN.id}
    await desk.tools.name(ALICE, desk.project, [])
    assert await who_sees(desk, view) == {RITA.id, ANN.id}


async def test_the_reviewers_of_all_of_the_makers_groups_see_it(desk: Desk) -> None:
    everybody = {RITA.id, ROB.id, ANN.id}
    view = await submitted(desk, by=CAROL)  # in alice's project
    empty = await made(desk, "nobody reviews it", [ALICE, CAROL], [])
    await made(desk, "of others", [BOB, DAN], [RITA])
    assert await who_sees(desk, view) == everybody

    of_carol = await made(desk, "of who submitted", [CAROL], [RITA])
    assert await who_sees(desk, view) == {RITA.id, ANN.id}
    of_alice = await made(desk, "of the owner", [ALICE], [ROB])
    assert await who_sees(desk, view) == everybody
    await desk.groups.remove(ANN, of_carol)
    assert await who_sees(desk, view) == {ROB.id, ANN.id}
    await desk.groups.set_members(ANN, of_alice, [])
    await desk.groups.remove(ANN, empty)
    assert await who_sees(desk, view) == everybody


async def test_who_may_not_see_it_is_told_nothing(desk: Desk) -> None:
    view = await submitted(desk)
    await desk.submissions.claim(ROB, view.submission.id)
    await desk.submissions.decide(
        ROB, view.submission.id, number=1, verdict=Verdict.REQUEST_CHANGES, summary=""
    )
    group = await made(desk, "statistics", [ALICE], [RITA])
    await submitted(desk)  # the second round, of which the reviewer of the first would be told

    told = await desk.submissions.notices(RITA)
    assert [one.event.what for one in told] == [Happening.SUBMITTED]
    assert await desk.submissions.notices(ROB) == []
    assert len(await desk.submissions.notices(ALICE)) == 2
    await desk.groups.set_reviewers(ANN, group, [RITA.id, ROB.id])
    assert len(await desk.submissions.notices(ROB)) == 1


async def test_only_who_may_see_it_is_given_it(desk: Desk) -> None:
    await made(desk, "statistics", [ALICE], [RITA])
    view = await submitted(desk)
    view = await desk.submissions.get(ANN, view.submission.id)

    assert set(await desk.tools.reviewers()) == {RITA.id, ROB.id, ANN.id}
    assert set(await desk.tools.reviewers(view)) == {RITA.id, ANN.id}
    for one in (ALICE, RITA):  # RITA has not taken it
        with pytest.raises(AccessDenied):
            await desk.tools.reviewers(await desk.submissions.get(one, view.submission.id))
    with pytest.raises(InvalidInput):
        await desk.tools.assign(view, ROB.id)
    for one in (RITA, ANN):
        assigned = await desk.tools.assign(view, one.id)
        assert assigned.submission.reviewer_id == one.id


async def test_nobody_reviews_their_own_work_as_their_groups_reviewer(desk: Desk) -> None:
    await made(desk, "statistics", [RITA], [RITA, ROB])
    project = await desk.projects.create(RITA, "mine")
    await desk.contents.write(project.project.id, "a.py", b"", author=RITA.id)
    view = await desk.submissions.submit(RITA, project.project.id, "")

    assert not view.is_reviewer
    with pytest.raises(AccessDenied):
        await desk.submissions.claim(RITA, view.submission.id)
    assert (await desk.submissions.claim(ROB, view.submission.id)).is_reviewer


async def test_what_waits_is_filtered_by_group(desk: Desk) -> None:
    of_alice = await made(desk, "of the owner", [ALICE, BOB], [RITA])
    of_carol = await made(desk, "of who submitted", [CAROL], [])
    of_bob = await made(desk, "of others", [BOB], [RITA])
    view = await submitted(desk, by=CAROL)

    for group, found in (
        (of_alice, [view.submission]),
        (of_carol, [view.submission]),
        (of_bob, []),
        (GroupId("nothing"), []),
    ):
        wanted = Wanted(group_id=group)
        assert await desk.submissions.list(RITA, wanted) == found, group
        assert await desk.submissions.list(ROB, wanted) == []


async def test_a_group_is_seen_by_its_reviewers_and_by_name_by_its_members(desk: Desk) -> None:
    both = await made(desk, "Statistics", [ALICE, BOB], [RITA])
    other = await made(desk, "algebra", [RITA], [ROB])

    roster = Roster(members=(ALICE.id, BOB.id), reviewers=(RITA.id,))
    full = Listed(id=both, name="Statistics", members=2, reviewers=1)
    named = replace(full, members=None, reviewers=None)
    algebra = Listed(id=other, name="algebra", members=1, reviewers=1)
    assert await desk.groups.list(ANN) == [algebra, full]
    assert await desk.groups.list(RITA) == [
        replace(algebra, members=None, reviewers=None),
        full,
    ]
    assert await desk.groups.list(ALICE) == [named]
    assert await desk.groups.list(CAROL) == []
    for one in (ANN, RITA):
        assert (await desk.groups.get(one, both)).roster == roster
        assert await desk.groups.roster(one, both) == roster
    assert (await desk.groups.get(ALICE, both)).roster is None
    reading = replace(RITA, scopes=frozenset({Scope.READ}))
    demoted = replace(RITA, role=Role.LEARNER)
    for one in (CAROL, ROB, reading, demoted):
        with pytest.raises(GroupNotFound):
            await desk.groups.get(one, both)
    with pytest.raises(GroupNotFound):
        await desk.groups.roster(ALICE, both)


async def test_only_admins_change_groups_and_the_log_says_what(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    group = await made(desk, "statistics", [ALICE], [RITA])
    assert caplog.messages[-3:] == [
        f"ann made the group {group}",
        f"ann changed the members of the group {group}: came ['alice'], went []",
        f"ann changed the reviewers of the group {group}: came ['rita'], went []",
    ]
    limited = replace(ANN, scopes=ALL_SCOPES - {Scope.ADMIN})
    for one in (ALICE, RITA, limited):
        for attempt in (
            desk.groups.make(one, "mine"),
            desk.groups.rename(one, group, "mine"),
            desk.groups.set_members(one, group, []),
            desk.groups.set_reviewers(one, group, [one.id]),
            desk.groups.remove(one, group),
        ):
            with pytest.raises(AccessDenied):
                await attempt
    assert (await desk.groups.rename(ANN, group, "  Statistics 1 ")).name == "Statistics 1"


async def test_nobody_saves_over_people_that_they_have_not_seen(desk: Desk) -> None:
    group = await made(desk, "statistics", [ALICE], [RITA])
    seen = await desk.groups.roster(ANN, group)
    await desk.groups.set_members(ANN, group, [ALICE.id, BOB.id], seen.version)
    for attempt in (
        desk.groups.set_members(ANN, group, [CAROL.id], seen.version),
        desk.groups.set_reviewers(ANN, group, [], seen.version),
    ):
        with pytest.raises(PreconditionFailed, match="this group"):
            await attempt
    now = await desk.groups.roster(ANN, group)
    assert now == Roster(members=(ALICE.id, BOB.id), reviewers=(RITA.id,))

    saves = [desk.groups.set_members(ANN, group, [one.id], now.version) for one in (CAROL, DAN)]
    done = await asyncio.gather(*saves, return_exceptions=True)
    refused = [isinstance(one, PreconditionFailed) for one in done]
    assert sorted(refused) == [False, True]
    kept = (await desk.groups.roster(ANN, group)).members
    assert kept == (DAN.id if refused[0] else CAROL.id,)


async def test_what_admins_do_to_groups_is_kept_with_it(desk: Desk) -> None:
    group = await made(desk, "statistics", [ALICE, BOB], [RITA])
    await desk.groups.set_members(ANN, group, [BOB.id, CAROL.id])
    await desk.groups.set_members(ANN, group, [CAROL.id, BOB.id])  # the same people
    await desk.groups.rename(ANN, group, "algebra")
    with pytest.raises(GroupNotFound):
        await desk.groups.rename(ANN, GroupId("nothing"), "x")
    await desk.groups.make(ANN, "statistics")
    with pytest.raises(NameTaken):
        await desk.groups.rename(ANN, group, "statistics")
    await desk.groups.remove(ANN, group)

    kept = await SqlActRepository(desk.database).find(ActQuery(target=group))
    assert {(one.act.actor, one.act.target.kind) for one in kept} == {(ANN.actor, Kind.GROUP)}
    came = [ALICE.email, BOB.email]
    assert [
        (one.act.name.value, one.act.target.name, one.act.before, one.act.after)
        for one in reversed(kept)
    ] == [
        ("group.make", "statistics", {}, {}),
        ("group.members", "statistics", {"people": 0}, {"people": 2, "came": came}),
        ("group.reviewers", "statistics", {"people": 0}, {"people": 1, "came": [RITA.email]}),
        (
            "group.members",
            "statistics",
            {"people": 2, "went": [ALICE.email]},
            {"people": 2, "came": [CAROL.email]},
        ),
        ("group.rename", "statistics", {"name": "statistics"}, {"name": "algebra"}),
        ("group.remove", "algebra", {"members": 2, "reviewers": 1}, {}),
    ]


async def test_what_cannot_be_is_refused(desk: Desk) -> None:
    group = await made(desk, "statistics", [ALICE], [RITA])
    await desk.groups.make(ANN, "algebra")
    for name in ("", "  ", "a\nb", "x" * 101):
        with pytest.raises(InvalidInput):
            await desk.groups.make(ANN, name)
    for attempt in (
        desk.groups.make(ANN, "algebra"),
        desk.groups.rename(ANN, group, " algebra"),
    ):
        with pytest.raises(NameTaken):
            await attempt
    for people in ([UserId("nobody")], [ALICE.id, UserId("nobody")]):
        with pytest.raises(InvalidInput):
            await desk.groups.set_members(ANN, group, people)
    with pytest.raises(InvalidInput):
        await desk.groups.set_reviewers(ANN, group, [BOB.id])
    for attempt in (
        desk.groups.rename(ANN, GroupId("nothing"), "x"),
        desk.groups.set_members(ANN, GroupId("nothing"), [ALICE.id]),
        desk.groups.set_reviewers(ANN, GroupId("nothing"), []),
    ):
        with pytest.raises(GroupNotFound):
            await attempt
    with pytest.raises(GroupNotFound):
        await desk.groups.remove(ANN, GroupId("nothing"))
    kept = await desk.groups.get(ANN, group)
    assert kept.roster == Roster(members=(ALICE.id,), reviewers=(RITA.id,))


async def test_nothing_is_left_of_who_and_what_is_removed(desk: Desk) -> None:
    zoe = person("zoe", role=Role.REVIEWER)
    await SqlUserRepository(desk.database).add(zoe, None)
    group = await made(desk, "statistics", [ALICE], [RITA])
    async with desk.database.transaction() as connection:
        for table in (group_members, group_reviewers):
            row = insert(table).values(group_id=group, user_id=zoe.id)
            await connection.execute(row)
        await connection.execute(delete(users).where(users.c.id == zoe.id))
    kept = await desk.groups.get(ANN, group)
    assert kept.roster == Roster(members=(ALICE.id,), reviewers=(RITA.id,))

    await desk.groups.remove(ANN, group)
    async with desk.database.read() as connection:
        for table in (group_members, group_reviewers):
            counted = select(func.count()).select_from(table)
            assert (await connection.execute(counted)).scalar_one() == 0
    assert await desk.groups.list(ANN) == []
