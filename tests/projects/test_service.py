"""What people may do with projects, in memory and in SQL alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from platform_server.errors import (
    AccessDenied,
    InvalidInput,
    InvalidName,
    NameTaken,
    ProjectNotFound,
    UserNotFound,
)
from platform_server.identity.model import UserId
from platform_server.projects.model import Access, ProjectId
from platform_server.testing.people import person, signed_in

if TYPE_CHECKING:
    from platform_server.projects.service import ProjectService

ALICE, BOB, CAROL, DAVE = (
    signed_in(person(name, called=called))
    for name, called in {"alice": "Alice", "bob": "Bob", "carol": "Alice", "dave": ""}.items()
)


async def test_a_new_project_is_its_makers(projects: ProjectService) -> None:
    view = await projects.create(ALICE, "demo")

    assert (view.label, view.access, view.project.owner_id) == ("demo", Access.OWNER, ALICE.id)
    assert await projects.list(ALICE) == [view]
    assert await projects.get(ALICE, view.project.id) == view
    assert await projects.by_label(ALICE, "demo") == view


async def test_to_others_it_is_not_there(projects: ProjectService) -> None:
    view = await projects.create(ALICE, "demo")
    project_id = view.project.id

    assert await projects.list(BOB) == []
    for attempt in (
        projects.get(BOB, project_id),
        projects.by_label(BOB, "demo"),
        projects.rename(BOB, project_id, "mine"),
        projects.archive(BOB, project_id),
        projects.delete(BOB, project_id),
        projects.members(BOB, project_id),
        projects.add_member(BOB, project_id, BOB.email, Access.EDITOR),
        projects.remove_member(BOB, project_id, ALICE.id),
        projects.remove_member(BOB, project_id, BOB.id),
    ):
        with pytest.raises(ProjectNotFound):
            await attempt


async def test_names_are_unique_per_owner(projects: ProjectService) -> None:
    await projects.create(ALICE, "demo")
    other = await projects.create(ALICE, "other")
    await projects.create(BOB, "demo")

    with pytest.raises(NameTaken):
        await projects.create(ALICE, "demo")
    with pytest.raises(NameTaken):
        await projects.rename(ALICE, other.project.id, "demo")
    assert (await projects.rename(ALICE, other.project.id, "other")).project.name == "other"


async def test_names_that_cannot_be_are_refused(projects: ProjectService) -> None:
    view = await projects.create(ALICE, "Cafe\u0301")
    assert view.project.name == "Caf\u00e9"

    for name in ("", "..", "a/b", "a\\b", " a", "a ", "a.", "a\0", "a\n", "x" * 256):
        with pytest.raises(InvalidName):
            await projects.create(ALICE, name)
        with pytest.raises(InvalidName):
            await projects.rename(ALICE, view.project.id, name)


async def test_a_deleted_project_is_gone_and_its_name_free(projects: ProjectService) -> None:
    view = await projects.create(ALICE, "demo")
    await projects.add_member(ALICE, view.project.id, BOB.email, Access.EDITOR)
    ended: list[ProjectId] = []

    async def end(project_id: ProjectId) -> None:
        ended.append(project_id)

    projects.on_deleted.append(end)
    await projects.delete(ALICE, view.project.id)

    assert ended == [view.project.id]
    assert await projects.list(ALICE) == await projects.list(BOB) == []
    with pytest.raises(ProjectNotFound):
        await projects.get(ALICE, view.project.id)
    assert (await projects.create(ALICE, "demo")).project.id != view.project.id


async def test_a_shared_project_says_whose_it_is(projects: ProjectService) -> None:
    view = await projects.create(ALICE, "demo")

    members = await projects.add_member(ALICE, view.project.id, BOB.email, Access.EDITOR)

    assert [(one.user_id, one.access) for one in members] == [
        (ALICE.id, Access.OWNER),
        (BOB.id, Access.EDITOR),
    ]
    (shared,) = await projects.list(BOB)
    assert (shared.label, shared.access) == ("demo (Alice)", Access.EDITOR)
    assert await projects.by_label(BOB, "demo (Alice)") == shared
    assert (await projects.get(ALICE, view.project.id)).label == "demo"


async def test_whose_projects_are_is_known_without_being_a_member(
    projects: ProjectService,
) -> None:
    of_alice = (await projects.create(ALICE, "demo")).project
    of_bob = (await projects.create(BOB, "demo")).project
    await projects.add_member(ALICE, of_alice.id, BOB.email, Access.EDITOR)
    gone = (await projects.create(ALICE, "gone")).project
    await projects.delete(ALICE, gone.id)

    owners = await projects.owners([of_alice.id, of_bob.id, gone.id, ProjectId("nothing")])

    assert {key: one.owner_email for key, one in owners.items()} == {
        of_alice.id: ALICE.email,
        of_bob.id: BOB.email,
    }


async def test_labels_never_stand_for_two_projects(projects: ProjectService) -> None:
    await projects.create(BOB, "demo (Alice)")
    for owner in (ALICE, CAROL, DAVE):  # Alice and Carol have the same name, Dave has none
        view = await projects.create(owner, "demo")
        await projects.add_member(owner, view.project.id, BOB.email, Access.VIEWER)

    labels = [view.label for view in await projects.list(BOB)]

    assert sorted(labels) == [
        "demo (Alice)",
        "demo (alice@example.org)",
        "demo (carol@example.org)",
        "demo (dave@example.org)",
    ]
    for label in labels:
        assert (await projects.by_label(BOB, label)).label == label


async def test_members_do_what_they_may_and_no_more(projects: ProjectService) -> None:
    view = await projects.create(ALICE, "demo")
    project_id = view.project.id
    await projects.add_member(ALICE, project_id, BOB.email, Access.VIEWER)

    await projects.get(BOB, project_id)
    for attempt in (
        projects.get(BOB, project_id, Access.EDITOR),
        projects.by_label(BOB, "demo (Alice)", Access.EDITOR),
        projects.rename(BOB, project_id, "mine"),
        projects.archive(BOB, project_id),
        projects.delete(BOB, project_id),
        projects.add_member(BOB, project_id, CAROL.email, Access.VIEWER),
        projects.remove_member(BOB, project_id, ALICE.id),
    ):
        with pytest.raises(AccessDenied):
            await attempt


async def test_access_can_be_raised_and_taken_away(projects: ProjectService) -> None:
    view = await projects.create(ALICE, "demo")
    project_id = view.project.id
    await projects.add_member(ALICE, project_id, BOB.email, Access.VIEWER)
    await projects.add_member(ALICE, project_id, BOB.email, Access.EDITOR)
    assert (await projects.get(BOB, project_id, Access.EDITOR)).access is Access.EDITOR

    await projects.remove_member(ALICE, project_id, BOB.id)
    with pytest.raises(ProjectNotFound):
        await projects.get(BOB, project_id)
    with pytest.raises(UserNotFound):
        await projects.remove_member(ALICE, project_id, BOB.id)


async def test_a_member_may_leave_but_the_owner_may_not(projects: ProjectService) -> None:
    view = await projects.create(ALICE, "demo")
    await projects.add_member(ALICE, view.project.id, BOB.email, Access.VIEWER)

    await projects.remove_member(BOB, view.project.id, BOB.id)
    assert await projects.list(BOB) == []
    with pytest.raises(InvalidInput):
        await projects.remove_member(ALICE, view.project.id, ALICE.id)


async def test_sharing_has_its_limits(projects: ProjectService) -> None:
    view = await projects.create(ALICE, "demo")

    with pytest.raises(UserNotFound):
        await projects.add_member(ALICE, view.project.id, "none@example.org", Access.VIEWER)
    with pytest.raises(InvalidInput):
        await projects.add_member(ALICE, view.project.id, BOB.email, Access.OWNER)
    with pytest.raises(InvalidInput):
        await projects.add_member(ALICE, view.project.id, ALICE.email, Access.VIEWER)
    with pytest.raises(UserNotFound):
        await projects.remove_member(ALICE, view.project.id, UserId("none"))


async def test_an_archived_project_can_be_read_and_brought_back(projects: ProjectService) -> None:
    view = await projects.create(ALICE, "demo")
    project_id = view.project.id

    await projects.archive(ALICE, project_id)

    assert await projects.list(ALICE) == []
    assert len(await projects.list(ALICE, archived=True)) == 1
    assert (await projects.by_label(ALICE, "demo")).project.archived_at is not None
    with pytest.raises(AccessDenied):
        await projects.get(ALICE, project_id, Access.EDITOR)
    await projects.unarchive(ALICE, project_id)
    assert (await projects.get(ALICE, project_id, Access.EDITOR)).project.archived_at is None
