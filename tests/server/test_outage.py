"""A whole server whose remote object store goes away, and comes back.

``remote``   the store, which can be sent away
``home``     the server's folder
"""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from platform_server.identity.model import Role
from platform_server.storage.blobs_supabase import SupabaseBlobStore
from platform_server.testing.places import Place, text
from platform_server.testing.remote_store import RemoteStore
from platform_server.testing.serving import Person, Server, free_port, join
from platform_server.testing.supabase_storage import SupabaseStorage, token

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from websockets.asyncio.client import ClientConnection

STORED = {"stored": "project", "projects": []}


@pytest.fixture
def remote(tmp_path: Path) -> RemoteStore:
    (tmp_path / "remote").mkdir()
    return RemoteStore(tmp_path / "remote")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@asynccontextmanager
async def serving(home: Path, *options: str) -> AsyncIterator[Server]:
    command = (sys.executable, "-m", "platform_server.testing.remote_store")
    folder = str(home.with_name("remote"))
    async with Server.start(home, *options, command=(*command, folder)) as server:
        yield server


@asynccontextmanager
async def person(server: Server, name: str) -> AsyncIterator[Person]:
    somebody = await join(server, name, Role.LEARNER)
    yield somebody
    await somebody.aclose()


async def storage_of(somebody: Person) -> dict[str, Any]:
    answer = await somebody.http.get("/api/storage")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def told(socket: ClientConnection) -> dict[str, Any]:
    """Return the next event about storage."""
    async with asyncio.timeout(60):
        while True:
            event: dict[str, Any] = json.loads(await socket.recv())
            if event["schema_id"].endswith("/project_storage/v1"):
                return event


async def test_110_an_outage_loses_nothing_and_is_told_truthfully(
    remote: RemoteStore, home: Path, image: str
) -> None:
    del image  # it has to be there
    async with serving(home) as server, person(server, "ada") as ada, person(server, "bob") as bob:
        project = await ada.project("engine")
        await ada.http.post(
            f"/api/projects/{project['id']}/members/", json={"email": bob.user.email}
        )
        place = Place(ada, "engine")
        before = await place.save("before.txt", "before")
        assert before["stored"] == "project"
        assert await storage_of(ada) == STORED

        async with (
            ada.socket("/api/events/subscribe") as hers,
            bob.socket("/api/events/subscribe") as his,
        ):
            remote.go_away()
            during = await place.save("during.txt", "during")
            assert during["stored"] == "server"
            for socket in (hers, his):
                event = await told(socket)
                assert (event["project_id"], event["stored"]) == (project["id"], "server")
        raw = await ada.http.put(f"/api/projects/{project['id']}/files/raw", content=b"raw")
        assert raw.json()["stored"] == "server"

        assert (await place.get("during.txt"))["content"] == "during"
        assert (await place.get("before.txt"))["content"] == "before"  # the workspace has it
        state = await storage_of(bob)
        assert state["stored"] == "server"
        assert state["projects"][0]["waiting"]["files"] == 2
        shown = (await ada.http.get(f"/api/projects/{project['id']}")).json()["storage"]
        assert shown["waiting"] == state["projects"][0]["waiting"]

    async with (
        serving(home) as server,
        person(server, "eve") as eve,
        ada.at(server) as again,
        again.socket("/api/events/subscribe") as hers,
    ):
        assert await storage_of(eve) == STORED
        assert (await storage_of(again))["projects"][0]["waiting"]["files"] == 2
        assert (await Place(again, "engine").get("during.txt"))["content"] == "during"

        remote.come_back()
        assert (await told(hers))["stored"] == "project"
        assert await storage_of(again) == STORED
    kept = {one.size async for one in remote.list(project["id"])}
    assert kept == {len("before"), len("during"), len("raw")}
    assert [path for path in (home / "outbox").rglob("*") if path.is_file()] == []


async def test_a_server_that_starts_without_supabase_catches_up_when_it_answers(
    home: Path, image: str
) -> None:
    del image
    port = free_port()
    variables = {
        "SUPABASE_URL": f"http://127.0.0.1:{port}",
        "SUPABASE_SERVICE_KEY": token(),
        "SUPABASE_BUCKET": "work",
    }
    async with Server.start(home, variables=variables) as server, person(server, "ada") as ada:
        project = await ada.project("engine")
        place = Place(ada, "engine")
        async with ada.socket("/api/events/subscribe") as hers:
            assert (await place.save("été 1 %#.txt", "first"))["stored"] == "server"
            assert (await told(hers))["stored"] == "server"
            with SupabaseStorage.served(port) as storage:
                assert (await told(hers))["stored"] == "project"
                assert (await place.save("b.txt", "second"))["stored"] == "project"
                async with aclosing(SupabaseBlobStore(storage.keys("work"))) as bucket:
                    kept = {one.size async for one in bucket.list(project["id"])}
        assert kept == {len("first"), len("second")}
        assert await storage_of(ada) == STORED


async def test_a_save_for_which_there_is_no_room_is_refused_and_changes_nothing(
    remote: RemoteStore, home: Path, image: str
) -> None:
    del image
    home.mkdir()
    async with (
        serving(home, "--PlatformApp.outbox_mb=1") as server,
        person(server, "ada") as ada,
    ):
        await ada.project("engine")
        place = Place(ada, "engine")
        await place.save("a.txt", "before")
        remote.go_away()
        refused = await place.ask("PUT", "a.txt", text("x" * (2 << 20)))
        assert refused.status_code == 503
        assert "not saved" in refused.json()["message"]
        assert (await place.get("a.txt"))["content"] == "before"
        assert (await place.save("a.txt", "small"))["stored"] == "server"
