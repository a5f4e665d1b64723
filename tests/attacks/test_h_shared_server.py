"""H. One server for many: nobody sees or changes what is another's, and the rest is off."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from websockets.exceptions import InvalidStatus

if TYPE_CHECKING:
    import httpx
    from websockets.asyncio.client import ClientConnection

    from platform_server.testing.serving import Person

PROJECT = "shared server"
WORKSPACE = {"metadata": {"id": "mine-alone"}, "data": {}}
SETTINGS = "/lab/api/settings/@jupyterlab/apputils-extension:themes"


async def listed(person: Person, path: str) -> str:
    answer = await person.http.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_090_lists_have_only_ones_own(alice: Person, bob: Person, image: str) -> None:
    del image  # it has to be there
    await alice.project(PROJECT)
    session = {
        "path": f"{PROJECT}/a.ipynb",
        "type": "notebook",
        "name": "a",
        "kernel": {"name": "python3"},
    }
    made = (await alice.http.post("/api/sessions", json=session)).json()
    terminal = (await alice.http.post("/api/terminals", json={"cwd": PROJECT})).json()
    own = {
        "/api/sessions": made["id"],
        "/api/kernels": made["kernel"]["id"],
        "/api/terminals": terminal["name"],
    }
    for path, name in own.items():
        assert name in await listed(alice, path)
        assert name not in await listed(bob, path)
    await alice.http.delete(f"/api/sessions/{made['id']}")
    await alice.http.delete(f"/api/terminals/{terminal['name']}")


async def test_091_workspaces_and_settings_are_everybodys_own(alice: Person, bob: Person) -> None:
    saved = await alice.http.put("/lab/api/workspaces/mine-alone", json=WORKSPACE)
    assert saved.status_code == 204, saved.text
    raw = json.dumps({"raw": '{"theme": "JupyterLab Dark"}'})
    saved = await alice.http.put(SETTINGS, content=raw)
    assert saved.status_code == 204, saved.text
    assert "mine-alone" in await listed(alice, "/lab/api/workspaces")
    assert "mine-alone" not in await listed(bob, "/lab/api/workspaces")
    assert "JupyterLab Dark" in (await alice.http.get(SETTINGS)).json()["raw"]
    assert "JupyterLab Dark" not in (await bob.http.get(SETTINGS)).json()["raw"]


@pytest.mark.parametrize("name", ["extensions", "plugins", "licenses", "build"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_091_what_would_change_the_page_of_all_is_off(
    admin: Person, name: str, method: str
) -> None:
    answer = await admin.http.request(method, f"/lab/api/{name}")
    assert answer.status_code == 404


async def heard_until(socket: ClientConnection, word: str) -> str:
    """Return all that was heard, up to the event that has the word in it."""
    heard = ""
    async with asyncio.timeout(30):
        while word not in heard:
            heard += str(await socket.recv())
    return heard


async def save(person: Person, path: str) -> httpx.Response:
    body = {"type": "file", "format": "text", "content": "x"}
    return await person.http.put(f"/api/contents/{path}", json=body)


async def test_092_events_tell_only_of_ones_own(alice: Person, bob: Person) -> None:
    await alice.project(PROJECT)
    await bob.project("of bob")
    async with (
        alice.socket("/api/events/subscribe") as hers,
        bob.socket("/api/events/subscribe") as his,
    ):
        assert (await save(alice, f"{PROJECT}/secret plan.txt")).status_code == 201
        assert "secret plan" in await heard_until(hers, "secret plan")
        assert (await save(bob, "of bob/own.txt")).status_code == 201
        assert "secret plan" not in await heard_until(his, "own.txt")


async def test_092_nobody_makes_events_up(bob: Person) -> None:
    event = {"schema_id": "https://events.jupyter.org/jupyter_server/contents_service/v1"}
    answer = await bob.http.post("/api/events", json=event)
    assert answer.status_code in {404, 405}


@pytest.mark.parametrize(
    "path",
    [
        "/api/shutdown",
        "/api/config/notebook",
        "/api/kernelspecs/python3/resources",
        "/api/security/csp-report",
        "/api/nbconvert",
        "/nbconvert/html/x.ipynb",
        "/view/x.ipynb",
        "/api/spec.yaml",
        "/edit/x",
        "/tree",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH"])
async def test_093_what_stock_servers_share_is_off(admin: Person, method: str, path: str) -> None:
    assert (await admin.http.request(method, path)).status_code in {404, 405}


@pytest.mark.parametrize("path", ["/metrics", "/api/status", "/api/admin/users/"])
async def test_093_the_whole_server_is_the_admins_to_see(
    alice: Person, reviewer: Person, admin: Person, stranger: httpx.AsyncClient, path: str
) -> None:
    assert (await admin.http.get(path)).status_code == 200
    for person in (alice, reviewer):
        assert (await person.http.get(path)).status_code == 403
    assert (await stranger.get(path)).status_code in {401, 403}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
@pytest.mark.parametrize("claim", ["role", "id", "email", "username", "scopes"])
async def test_094_nobody_makes_somebody_else_of_themselves(
    alice: Person, admin: Person, method: str, claim: str
) -> None:
    before = (await alice.http.get("/api/me")).json()["identity"]
    wanted: Any = admin.user.id if claim == "id" else admin.user.email
    body = {claim: "admin" if claim in {"role", "scopes"} else wanted}
    await alice.http.request(method, "/api/me", json=body)
    await alice.http.request(method, "/api/account/", json=body)
    assert (await alice.http.get("/api/me")).json()["identity"] == before
    assert (await alice.http.get("/api/admin/users/")).status_code == 403


async def test_095_one_users_mistakes_are_nobody_elses(alice: Person, bob: Person) -> None:
    async def err() -> None:
        await alice.http.put("/api/contents/x/y.ipynb", content="[" * 500_000)
        await alice.http.post("/api/sessions", content=b"\xff\xfe")
        with pytest.raises(InvalidStatus):
            await alice.socket("/api/kernels/../../x/channels").__aenter__()

    mistakes = asyncio.gather(*(err() for _ in range(10)))
    answers = [await bob.http.get("/api/me") for _ in range(50)]
    await mistakes
    assert {answer.status_code for answer in answers} == {200}
