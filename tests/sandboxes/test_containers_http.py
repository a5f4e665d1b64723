"""Sandboxes over HTTP: what they use, whether they answer."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from platform_server.testing.serving import Person


@pytest.fixture(scope="module")
async def box(image: str, alice: Person) -> AsyncIterator[str]:
    """The id of a running sandbox of alice's."""
    del image  # it has to be there
    project = await alice.project("figures")
    started = await alice.http.post("/api/containers/", json={"project": project["id"]})
    assert started.status_code == 201, started.text
    yield started.json()["id"]
    await alice.http.delete(f"/api/projects/{project['id']}")


async def shown(alice: Person, box: str) -> dict[str, Any]:
    return dict((await alice.http.get(f"/api/containers/{box}")).json())


async def test_what_it_uses_is_told_with_the_disk_and_the_limits(alice: Person, box: str) -> None:
    project = (await shown(alice, box))["project"]
    await alice.http.put(f"/api/projects/{project}/files/data.bin", content=b"x" * 5000)
    one = await shown(alice, box)
    usage = one["usage"]
    assert usage["memory_peak_bytes"] >= usage["memory_bytes"] > 2**20
    assert usage["cpu_seconds"] > 0
    assert usage["pids"] >= 1
    assert usage["disk"]["bytes"] >= 5000
    assert usage["disk"]["quota_bytes"] > 2**30
    assert one["limits"]["memory_bytes"] > usage["memory_bytes"]


async def test_the_list_tells_what_each_uses(alice: Person, box: str) -> None:
    listed = (await alice.http.get("/api/containers/")).json()
    found = next(one for one in listed if one["id"] == box)
    assert found["usage"]["memory_bytes"] > 2**20


async def test_one_that_answers_is_healthy(alice: Person, box: str) -> None:
    health = (await alice.http.get(f"/api/containers/{box}/health")).json()
    assert health == {
        "id": box,
        "state": "running",
        "healthy": True,
        "latency_ms": health["latency_ms"],
        "detail": "",
    }
    assert health["latency_ms"] > 0


async def test_one_that_was_stopped_is_not_healthy_and_uses_nothing(
    alice: Person, image: str
) -> None:
    del image
    project = await alice.project("over")
    body = {"project": project["id"]}
    box = (await alice.http.post("/api/containers/", json=body)).json()["id"]
    await alice.http.delete(f"/api/containers/{box}")
    health = (await alice.http.get(f"/api/containers/{box}/health")).json()
    assert (health["healthy"], health["state"]) == (False, "stopped")
    assert (await shown(alice, box))["usage"] is None
    await alice.http.delete(f"/api/projects/{project['id']}")


async def test_members_are_told_what_becomes_of_it_and_nobody_else(
    image: str, alice: Person, bob: Person
) -> None:
    del image
    project = await alice.project("told")
    async with (
        alice.socket("/api/events/subscribe") as hers,
        bob.socket("/api/events/subscribe") as his,
    ):
        started = await alice.http.post("/api/containers/", json={"project": project["id"]})
        box = started.json()["id"]
        await alice.http.delete(f"/api/containers/{box}")
        told = []
        async with asyncio.timeout(30):
            while "stopped" not in told:
                event = json.loads(await hers.recv())
                if event.get("project") == project["id"]:
                    assert event["id"] == box
                    told.append(event["state"])
        own = await bob.project("his own")  # an event of his comes after whatever came before
        await bob.http.post("/api/containers/", json={"project": own["id"]})
        async with asyncio.timeout(30):
            while (event := json.loads(await his.recv())).get("project") != own["id"]:
                assert event.get("project") != project["id"]
    assert told == ["starting", "running", "stopped"]
    await alice.http.delete(f"/api/projects/{project['id']}")
    await bob.http.delete(f"/api/projects/{own['id']}")
