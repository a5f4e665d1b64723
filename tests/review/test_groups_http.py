"""Groups over HTTP, by the names that scripts rely on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from platform_server.clock import new_id
from platform_server.testing.places import refused

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from platform_server.testing.serving import Person


@pytest.fixture
async def url(admin: Person, alice: Person, reviewer: Person) -> AsyncIterator[str]:
    """The address of a group: alice, whom the reviewer reviews."""
    made = await admin.http.post("/api/groups/", json={"name": f"group {new_id()}"})
    assert made.status_code == 201, made.text
    url = f"/api/groups/{made.json()['id']}"
    people = {"reviewers": [reviewer.user.id], "members": [alice.user.id]}
    for part, ids in people.items():
        answer = await admin.http.put(f"{url}/{part}", json={part: ids})
        assert answer.status_code == 200, answer.text
    yield url
    await admin.http.delete(url)


async def got(person: Person, url: str) -> Any:
    answer = await person.http.get(url)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_group_is_told_to_whom_it_concerns(
    admin: Person, alice: Person, bob: Person, reviewer: Person, url: str
) -> None:
    ids = {"id": url.rpartition("/")[2]}
    for person in (admin, reviewer):
        group = await got(person, url)
        assert group["members"] == [{"id": alice.user.id, "name": alice.user.name}]
        assert group["reviewers"] == [{"id": reviewer.user.id, "name": reviewer.user.name}]
        (listed,) = [
            one for one in await got(person, "/api/groups/") if one["name"] == group["name"]
        ]
        assert listed == ids | {"name": group["name"], "counts": {"members": 1, "reviewers": 1}}
    named = ids | {"name": group["name"]}
    nobody = {"members": None, "reviewers": None, "version": None}
    assert await got(alice, url) == named | nobody
    assert named | {"counts": None} in await got(alice, "/api/groups/")
    assert named["id"] not in [one["id"] for one in await got(bob, "/api/groups/")]
    assert refused(await bob.http.get(url), 404, "group_not_found")


async def test_a_group_is_changed_by_admins(admin: Person, reviewer: Person, url: str) -> None:
    name = f"renamed {new_id()}"
    answer = await admin.http.patch(url, json={"name": name})
    assert (answer.status_code, answer.json()["name"]) == (200, name)
    taken = await admin.http.post("/api/groups/", json={"name": name})
    assert refused(taken, 409, "name_taken")
    for body in ({"members": ["nobody"]}, {"members": "x"}, {"members": ["x" * 65]}, {}):
        answer = await admin.http.put(f"{url}/members", json=body)
        assert refused(answer, 400, "invalid_input"), body
    assert refused(await reviewer.http.delete(url), 403, "access_denied")
    assert (await admin.http.delete(url)).status_code == 204
    assert refused(await admin.http.delete(url), 404, "group_not_found")


async def test_the_queue_is_filtered_by_a_group_that_one_reviews(
    alice: Person, bob: Person, reviewer: Person, url: str
) -> None:
    group = url.rpartition("/")[2]
    made = []
    for person in (alice, bob):
        project = (await person.project(f"thesis {new_id()}"))["id"]
        await person.http.put(f"/api/projects/{project}/files/a.txt", content=b"a")
        answer = await person.http.post(f"/api/projects/{project}/submissions", json={})
        made.append(answer.json()["id"])

    listed = await got(reviewer, f"/api/submissions/?group={group}&limit=500")
    ids = [one["id"] for one in listed]
    assert made[0] in ids
    assert made[1] not in ids
    for person in (alice, bob):
        answer = await person.http.get("/api/submissions/", params={"group": group})
        assert refused(answer, 404, "group_not_found")
