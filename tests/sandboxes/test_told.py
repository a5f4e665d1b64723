"""What became of code, and of a sandbox, reaches its people over HTTP and their websockets."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from platform_extensions.containers.notices import EVENT
from platform_server.testing.screens import Screen
from platform_server.testing.web_kernels import kernel_of, value_of
from platform_server.testing.web_terminals import attached, open_terminal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from websockets.asyncio.client import ClientConnection

    from platform_server.testing.serving import Person

PROJECT = "told"
MEBIBYTE = 2**20
# Each page is written to: only then it takes memory.
ARRAY = "array = bytearray({size}); array[::4096] = bytes(len(array[::4096]))"
TOO_MUCH = ARRAY.format(size=3 * 10**9)


@pytest.fixture(scope="module")
async def container(image: str, alice: Person) -> dict[str, Any]:  # noqa: ARG001 - has to be there
    project = await alice.project(PROJECT)
    made = await alice.http.post("/api/containers/", json={"project": project["id"]})
    return dict(made.json())


@pytest.fixture
async def events(alice: Person, container: dict[str, Any]) -> AsyncIterator[ClientConnection]:
    del container
    async with alice.socket("/api/events/subscribe") as socket:
        yield socket


async def notice(events: ClientConnection, kind: str) -> dict[str, Any]:
    """Return the next notice of the kind."""
    async with asyncio.timeout(30):
        async for message in events:
            event = json.loads(message)
            if event["schema_id"] == EVENT and event["kind"] == kind:
                return dict(event)
    raise AssertionError(kind)


async def test_memory_that_is_nearly_used_up_is_told_before_it_is(
    alice: Person, events: ClientConnection
) -> None:
    # The first one: who was warned is warned again only when there was enough for a while.
    async with kernel_of(alice, PROJECT) as kernel:
        await kernel.run(ARRAY.format(size=400 * MEBIBYTE))
        told = await notice(events, "memory")
        assert await value_of(kernel, "len(array)") == 400 * MEBIBYTE
    assert 0.85 * 512 * MEBIBYTE < told["used"] < told["limit"] == 512 * MEBIBYTE


async def test_a_kernel_without_memory_says_so_and_the_next_cell_runs(
    alice: Person, container: dict[str, Any]
) -> None:
    async with kernel_of(alice, PROJECT) as kernel:
        answers = await kernel.run(TOO_MUCH)
        told = await kernel.first(lambda one: "ended" in one.content)
        assert await value_of(kernel, "1 + 1") == 2
        model = (await alice.http.get("/api/kernels")).json()[0]
    (error,) = [one.content for one in answers if one.header.type == "error"]
    assert "ran out of memory" in error["evalue"]
    assert "512 MB" in error["evalue"]
    ended = told.content["ended"]
    assert (told.content["execution_state"], ended["cause"]) == ("restarting", "out_of_memory")
    assert ended["evidence"]["memory_limit_bytes"] == 512 * MEBIBYTE
    assert ended["evidence"]["memory_peak_bytes"] > 500 * MEBIBYTE
    assert model["ended"] == ended
    shown = (await alice.http.get(f"/api/containers/{container['id']}")).json()
    assert shown["state"] == "running"


async def test_a_process_without_memory_is_told_though_its_kernel_lives(
    alice: Person, events: ClientConnection
) -> None:
    code = (
        f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {TOO_MUCH!r}]).returncode"
    )
    async with kernel_of(alice, PROJECT) as kernel:
        assert await value_of(kernel, code) == -9
        told = await notice(events, "out_of_memory")
        assert await value_of(kernel, "'alive'") == "alive"
    assert "Kernels and terminals go on" in told["detail"]
    assert told["limit"] == 512 * MEBIBYTE


async def test_a_terminal_without_memory_says_so_in_its_last_lines(
    alice: Person, container: dict[str, Any]
) -> None:
    del container
    name = await open_terminal(alice, PROJECT)
    async with attached(alice, name) as terminal:
        screen = Screen(terminal)
        await screen.shows("$ ")
        await screen.type(f"exec python -c '{TOO_MUCH}'\r")
        last = await screen.ends()
    gone = await alice.http.get(f"/api/terminals/{name}")
    assert "The shell ran out of memory" in last
    assert gone.status_code == 404
    assert "The shell ran out of memory" in gone.json()["message"]


async def test_a_sandbox_says_when_it_will_stop_and_who_goes_on_with_it_moves_that(
    alice: Person, container: dict[str, Any]
) -> None:
    path = f"/api/containers/{container['id']}"
    before = (await alice.http.get(path)).json()["stops"]
    answer = await alice.http.post(f"{path}/activity")
    after = (await alice.http.get(path)).json()["stops"]
    assert answer.status_code == 204
    assert before["idle_seconds"] == 7200
    assert before["idle_at"] < after["idle_at"]
    assert (before["expires_at"], before["most_seconds"]) == (None, None)


async def test_the_end_of_a_sandbox_is_told_with_what_was_measured(
    alice: Person, container: dict[str, Any], events: ClientConnection
) -> None:
    path = f"/api/containers/{container['id']}"
    await alice.http.delete(path)
    told = await notice(events, "ended")
    shown = (await alice.http.get(path)).json()
    assert told["container_id"] == container["id"]
    assert told["ended"] == shown["ended"]
    assert shown["ended"]["cause"] == "user"
    assert shown["ended"]["evidence"]["oom_kills"] >= 3
    assert (shown["usage"], shown["stops"]) == (None, None)
