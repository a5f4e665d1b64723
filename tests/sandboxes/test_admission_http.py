"""Places, the queue and the limits of one user, over HTTP. One sandbox at a time may run."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from platform_server.identity.model import Role
from platform_server.testing.serving import Person, Server, join

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx

OPTIONS = ("max_sandboxes=1", "max_sandboxes_per_user=1")
QUEUE = ("max_waiting_starts=1", "start_patience_seconds=100")
PATIENCE = 60.0  # seconds


@pytest.fixture(scope="module")
async def people(
    image: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[list[Person]]:
    """Ada, Ben and Cara, at a server with one place for a sandbox and one in the queue."""
    del image
    home = tmp_path_factory.mktemp("narrow") / "home"
    options = [f"--PlatformApp.{option}" for option in OPTIONS + QUEUE]
    async with Server.start(home, *options) as server:
        joined = [await join(server, name, Role.LEARNER) for name in ("ada", "ben", "cara")]
        yield joined
        for person in joined:
            await person.aclose()


async def start(person: Person, name: str) -> httpx.Response:
    project = await person.project(name)
    return await person.http.post("/api/containers/", json={"project": project["id"]})


async def stop(person: Person) -> None:
    for one in (await person.http.get("/api/containers/")).json():
        if one["state"] in {"starting", "running"}:
            await person.http.delete(f"/api/containers/{one['id']}")


async def waiting(person: Person) -> dict[str, Any]:
    """Return somebody's sandbox that waits for a place, once it does."""
    async with asyncio.timeout(PATIENCE):
        while True:
            for one in (await person.http.get("/api/containers/")).json():
                if one["queue"] and one["queue"]["waits_for"] == "place":
                    return dict(one)
            await asyncio.sleep(0.02)


async def test_a_start_without_a_place_waits_visibly_until_there_is_one(
    people: list[Person],
) -> None:
    ada, ben, cara = people
    assert (await start(ada, "first")).status_code == 201
    more = await start(ada, "second")
    assert (more.status_code, more.json()["reason"]) == (429, "limit_reached")

    async with ben.socket("/api/events/subscribe") as events:
        starting = asyncio.create_task(start(ben, "waits"))
        shown = await waiting(ben)
        assert shown["state"] == "starting"
        assert shown["queue"] == {"position": 1, "before": 0, "length": 1, "waits_for": "place"}
        turned_away = await start(cara, "too late")
        assert (turned_away.status_code, turned_away.json()["reason"]) == (503, "places_taken")
        assert int(turned_away.headers["Retry-After"]) > 0
        await stop(ada)
        started = await starting
        told: list[tuple[str, str | None]] = []
        async with asyncio.timeout(PATIENCE):
            while not told or told[-1][0] != "running":
                event = json.loads(await events.recv())
                if event.get("id") == shown["id"]:
                    told.append((event["state"], (event["queue"] or {}).get("waits_for")))
    assert (started.status_code, started.json()["id"]) == (201, shown["id"])
    assert started.json()["queue"] is None
    assert ("starting", "place") in told
    await stop(ben)


async def test_a_start_that_waits_can_be_stopped(people: list[Person]) -> None:
    _ada, ben, cara = people
    assert (await start(cara, "holds")).status_code == 201
    starting = asyncio.create_task(start(ben, "given up"))
    shown = await waiting(ben)
    await stop(ben)
    assert (await starting).json()["reason"] == "sandbox_gone"
    ended = (await ben.http.get(f"/api/containers/{shown['id']}")).json()
    assert (ended["state"], ended["queue"]) == ("failed", None)
    await stop(cara)
