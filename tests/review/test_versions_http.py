"""What several people edit, over HTTP: who has not seen the newest state saves over nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from platform_server.clock import new_id
from platform_server.testing.places import refused

if TYPE_CHECKING:
    from platform_server.testing.serving import Person


async def saved(person: Person, url: str, body: dict[str, Any], version: str) -> Any:
    return await person.http.put(url, json=body, headers={"If-Match": f'"{version}"'})


async def kept(person: Person, url: str) -> dict[str, Any]:
    """Return what is there."""
    model: dict[str, Any] = (await person.http.get(url)).json()
    return model


@pytest.mark.parametrize("of_all", [False, True])
async def test_a_rubric_is_saved_over_the_one_that_was_seen(
    admin: Person,
    alice: Person,
    of_all: bool,  # noqa: FBT001
) -> None:
    project = (await alice.project(f"essay {new_id()}"))["id"]
    url = "/api/rubric" if of_all else f"/api/projects/{project}/rubric"
    mine, theirs = (
        {"criteria": [{"id": "code", "title": title, "points": 4}]} for title in ("Mine", "Theirs")
    )
    seen = await kept(admin, url)

    first = await saved(admin, url, theirs, seen["version"])
    assert first.status_code == 200, first.text
    answer = await saved(admin, url, mine, seen["version"])
    assert refused(answer, 412, "revision_conflict")
    assert "Somebody else changed this rubric" in answer.json()["message"]
    now = await kept(admin, url)
    assert (now["criteria"], now["version"]) == (
        first.json()["criteria"],
        first.json()["version"],
    )
    again = await saved(admin, url, {"criteria": []}, now["version"])
    assert again.json()["version"] == seen["version"]
    await alice.http.delete(f"/api/projects/{project}")


async def test_people_of_a_group_are_saved_over_those_that_were_seen(
    admin: Person, alice: Person, bob: Person, reviewer: Person
) -> None:
    made = await admin.http.post("/api/groups/", json={"name": f"group {new_id()}"})
    url = f"/api/groups/{made.json()['id']}"
    seen = await kept(admin, url)

    reviewers = {"reviewers": [reviewer.user.id]}
    first = await saved(admin, f"{url}/reviewers", reviewers, seen["version"])
    members = {"members": [alice.user.id]}
    second = await saved(admin, f"{url}/members", members, first.json()["version"])
    assert second.status_code == 200, second.text
    assert (await alice.http.get(url)).json()["version"] is None
    for part, people in (("members", bob), ("reviewers", admin)):
        body = {part: [people.user.id]}
        for stale in (seen, first.json()):
            answer = await saved(admin, f"{url}/{part}", body, stale["version"])
            assert refused(answer, 412, "revision_conflict"), part
    assert await kept(admin, url) == second.json()
    nonsense = await saved(admin, f"{url}/members", members, "x")
    assert refused(nonsense, 400, "invalid_input")
    await admin.http.delete(url)
