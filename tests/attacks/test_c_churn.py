"""C. Exhaustion by starting sandboxes: too many at once, or again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from platform_server.identity.model import Role
from platform_server.testing.serving import Server, join

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from platform_server.testing.serving import Person

LIMITS = ("--PlatformApp.max_sandboxes_per_user=2", "--PlatformApp.max_starts_per_user=4")


@pytest.fixture(scope="module")
async def mallory(image: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Person]:
    """Somebody at a server that lets a user have two sandboxes, and start four in ten minutes."""
    del image
    home = tmp_path_factory.mktemp("churn") / "home"
    async with Server.start(home, *LIMITS) as server:
        person = await join(server, "mallory", Role.LEARNER)
        yield person
        await person.aclose()


async def test_38_who_starts_and_stops_without_end_is_stopped_and_nothing_is_left(
    mallory: Person,
) -> None:
    projects = [await mallory.project(f"p{number}") for number in range(3)]
    http, place = mallory.http, "/api/containers/"
    answers = [await http.post(place, json={"project": one["id"]}) for one in projects]
    assert [one.status_code for one in answers] == [201, 201, 429]
    assert answers[-1].json()["reason"] == "limit_reached"
    for _ in range(3):
        for one in (await http.get(place)).json():
            await http.delete(f"/api/containers/{one['id']}")
        answers.append(await http.post(place, json={"project": projects[0]["id"]}))
    assert [one.status_code for one in answers[3:]] == [201, 201, 429]
    assert answers[-1].json()["reason"] == "too_many_requests"
    assert int(answers[-1].headers["Retry-After"]) > 0
    states = [one["state"] for one in (await http.get(place)).json()]
    assert set(states) == {"stopped"}
