"""Sandboxes over HTTP: what they use, whether they answer."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from platform_server.testing.serving import Person

NAMES = ("stdout", "stderr")


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


async def test_a_command_is_answered_in_lines_while_it_runs(alice: Person, box: str) -> None:
    project = (await shown(alice, box))["project"]
    line = "echo first; while [ ! -e go ]; do sleep 0.05; done; cat; printf 'caf\\303' >&2; exit 4"
    body = {"command": line, "stdin": "second\n"}
    place = f"/api/containers/{box}/execute?stream=1"
    said: list[dict[str, Any]] = []
    async with alice.http.stream("POST", place, json=body) as answer:
        assert answer.headers["Content-Type"] == "application/x-ndjson"
        async for text in answer.aiter_lines():
            said.append(json.loads(text))
            if len(said) == 1:  # it waits for this
                await alice.http.put(f"/api/projects/{project}/files/go", content=b"")
    end = said.pop()
    assert said[0] == {"event": "stdout", "text": "first\n"}
    whole = {name: "".join(one["text"] for one in said if one["event"] == name) for name in NAMES}
    assert whole == {"stdout": "first\nsecond\n", "stderr": "caf\ufffd"}
    assert (end["event"], end["exit_code"], end["truncated"]) == ("exit", 4, False)


async def test_a_command_whose_client_has_gone_is_ended(alice: Person, box: str) -> None:
    execute = f"/api/containers/{box}/execute"
    headers = {"Accept": "application/x-ndjson"}
    body = {"command": "echo there; sleep 3456", "timeout": 500}
    async with alice.http.stream("POST", execute, json=body, headers=headers) as answer:
        assert await anext(answer.aiter_lines())
    async with asyncio.timeout(30):
        while (
            await alice.http.post(execute, json={"command": ["pgrep", "-f", "^sleep 3456"]})
        ).json()["stdout"]:
            pass
