"""Terminals through the front door, in real sandboxes: Jupyter's API, unmodified."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from platform_server.identity.model import Role
from platform_server.testing.screens import Screen
from platform_server.testing.serving import cookies_of, join, open_socket
from platform_server.testing.web_terminals import WebTerminal, attached, open_terminal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx

    from platform_server.testing.serving import Person, Server

PROJECT = "terminals"
FLOOD = 60_000_000  # bytes


@pytest.fixture(scope="module", autouse=True)
async def folder(image: str, alice: Person) -> None:  # noqa: ARG001 - the image has to be there
    """Alice's project has a folder."""
    project = await alice.project(PROJECT)
    await alice.http.put(f"/api/projects/{project['id']}/files/sub/notes.txt", content=b"here")


@pytest.fixture
async def name(alice: Person) -> AsyncIterator[str]:
    """A terminal of Alice's, closed after the test."""
    name = await open_terminal(alice, PROJECT)
    yield name
    await alice.http.delete(f"/api/terminals/{name}")


async def names_of(person: Person) -> list[str]:
    return [one["name"] for one in (await person.http.get("/api/terminals")).json()]


async def test_a_terminal_opens_in_the_projects_folder_and_shows_a_prompt(alice: Person) -> None:
    name = await open_terminal(alice, f"{PROJECT}/sub")
    async with attached(alice, name) as terminal:
        screen = Screen(terminal)
        await screen.shows("$ ")
        await screen.type("pwd; cat notes.txt; echo\r")
        await screen.shows("/workspace/sub\r\nhere\r\n")
    await alice.http.delete(f"/api/terminals/{name}")


async def test_the_answers_are_those_that_jupyters_clients_expect(alice: Person, name: str) -> None:
    shown = await alice.http.get(f"/api/terminals/{name}")
    assert shown.status_code == 200
    assert set(shown.json()) == {"name", "last_activity", "cwd"}
    assert name in await names_of(alice)
    created = await alice.http.post("/api/terminals", json={"cwd": PROJECT})
    assert created.status_code == 200
    again = created.json()["name"]
    assert (await alice.http.delete(f"/api/terminals/{again}")).status_code == 204
    assert (await alice.http.get(f"/api/terminals/{again}")).status_code == 404
    assert (await alice.http.delete(f"/api/terminals/{again}")).status_code == 404


async def test_without_a_folder_it_opens_in_the_project_changed_last(alice: Person) -> None:
    project = await alice.project("latest")
    await alice.http.put(f"/api/projects/{project['id']}/files/mark.txt", content=b"the latest")
    name = (await alice.http.post("/api/terminals")).json()["name"]
    async with attached(alice, name) as terminal:
        screen = Screen(terminal)
        await screen.type("cat mark.txt\r")
        await screen.shows("the latest")
    await alice.http.delete(f"/api/terminals/{name}")


async def test_who_has_no_project_is_told_to_make_one(server: Server) -> None:
    newcomer = await join(server, "without-project", Role.LEARNER)
    answer = await newcomer.http.post("/api/terminals", json={"cwd": ""})
    assert answer.status_code == 400
    assert "project" in answer.json()["message"]
    await newcomer.aclose()


@pytest.mark.parametrize("cwd", ["nowhere", "nowhere/sub", "../etc", "/etc/../..", "a\x00b"])
async def test_a_folder_of_no_project_is_refused(alice: Person, cwd: str) -> None:
    answer = await alice.http.post("/api/terminals", json={"cwd": cwd})
    assert answer.status_code in {400, 404}


async def test_a_client_decides_neither_what_runs_nor_what_it_is_called(alice: Person) -> None:
    body = {"cwd": PROJECT, "name": "1", "shell_command": ["touch", "x"], "env": {"A": "evil"}}
    name = (await alice.http.post("/api/terminals", json=body)).json()["name"]
    assert name != "1"
    async with attached(alice, name) as terminal:
        screen = Screen(terminal)
        await screen.type('echo "A=$A" "$0" $(id -u)\r')
        await screen.shows("A= -bash 1000")
    await alice.http.delete(f"/api/terminals/{name}")


async def test_two_clients_share_one_terminal_and_its_smallest_screen(
    alice: Person, name: str
) -> None:
    async with attached(alice, name) as one, attached(alice, name) as other:
        await one.resize(rows=40, columns=70)
        await other.resize(rows=20, columns=90)
        first, second = Screen(one), Screen(other)
        await first.type("until [ \"$(stty size)\" = '20 70' ]; do :; done; echo it f''its\r")
        await first.shows("it fits")
        await second.shows("it fits")
        await second.type("echo he''re too\r")
        await first.shows("here too")


async def test_a_screen_editor_draws_itself_anew_when_its_size_changes(
    alice: Person, name: str
) -> None:
    async with attached(alice, name) as terminal:
        screen = Screen(terminal)
        await terminal.resize(rows=10, columns=60)
        await screen.shows("$ ")
        await screen.type("seq 100 > hundred; vi -u NONE hundred\r")
        await screen.shows("\x1b[?1049h")  # the alternate screen
        await screen.shows("8\r\n9")
        await terminal.resize(rows=16, columns=60)
        await screen.shows("14\r\n15")
        await screen.type(":q\r")
        await screen.shows("\x1b[?1049l")


async def test_colours_and_letters_cut_in_two_arrive_whole(alice: Person, name: str) -> None:
    async with attached(alice, name) as terminal:
        screen = Screen(terminal)
        await screen.type(r"printf '\033[31mr\303'; sleep 0.1; printf '\244d\033[0m\n'" + "\r")
        await screen.shows("\x1b[31mräd\x1b[0m")
        await screen.type(r"printf 'a\377b\n'" + "\r")
        await screen.shows("a\ufffdb")


async def test_who_comes_back_finds_the_shell_and_what_it_showed(alice: Person, name: str) -> None:
    async with attached(alice, name) as terminal:
        screen = Screen(terminal)
        await screen.type("value=ke''pt; echo be''fore\r")
        await screen.shows("before")
    async with attached(alice, name) as terminal:
        screen = Screen(terminal)
        await screen.shows("before")
        await screen.type("echo and $value\r")
        await screen.shows("and kept")


async def test_when_the_shell_exits_clients_are_told_and_it_is_gone(
    alice: Person, name: str
) -> None:
    async with attached(alice, name) as one, attached(alice, name) as other:
        await Screen(one).type("exit\r")
        for terminal in (one, other):
            await Screen(terminal).ends()
            assert terminal.is_ended
            with pytest.raises(ConnectionClosed):
                await terminal.socket.recv()
    assert name not in await names_of(alice)
    assert await refusal(alice, name) == 404


async def test_deleting_a_terminal_ends_everything_that_was_started_in_it(alice: Person) -> None:
    name = await open_terminal(alice, PROJECT)
    async with attached(alice, name) as terminal:
        screen = Screen(terminal)
        await screen.type("(trap '' HUP; exec sleep 9753) & echo st''arted\r")
        await screen.shows("started")
        await alice.http.delete(f"/api/terminals/{name}")
        await screen.ends()
        assert terminal.is_ended
    async with witness(alice) as screen:
        await screen.type("while pgrep -f 'sleep 975[3]'; do :; done; echo go''ne\r")
        await screen.shows("gone")


async def test_one_sees_and_reaches_nobody_elses_terminals(
    alice: Person, bob: Person, reviewer: Person, admin: Person, name: str
) -> None:
    for person in (bob, reviewer, admin):
        assert name not in await names_of(person)
        assert (await person.http.get(f"/api/terminals/{name}")).status_code == 404
        assert (await person.http.delete(f"/api/terminals/{name}")).status_code == 404
        assert await refusal(person, name) == 404
        answer = await person.http.post("/api/terminals", json={"cwd": PROJECT})
        assert answer.status_code == 404
    assert name in await names_of(alice)


async def test_strangers_are_asked_to_sign_in(stranger: httpx.AsyncClient, name: str) -> None:
    for method, path in [
        ("GET", "/api/terminals"),
        ("POST", "/api/terminals"),
        ("GET", f"/api/terminals/{name}"),
        ("DELETE", f"/api/terminals/{name}"),
    ]:
        assert (await stranger.request(method, path)).status_code in {401, 403}


async def test_an_unknown_terminal_is_not_found_and_not_made(alice: Person) -> None:
    before = await names_of(alice)
    assert (await alice.http.get("/api/terminals/1")).status_code == 404
    assert await refusal(alice, "1") == 404
    assert await names_of(alice) == before


@pytest.mark.parametrize("address", ["/terminals/websocket/", "/ws/"])
async def test_a_page_of_another_origin_cannot_open_the_websocket(
    alice: Person, name: str, address: str
) -> None:
    cookie = cookies_of(await alice.browser())
    for origin in ("https://evil.example", "null"):
        with pytest.raises(InvalidStatus) as caught:
            async with alice.socket(address + name, Origin=origin, Cookie=cookie, Authorization=""):
                pass
        assert caught.value.response.status_code == 403


async def test_there_is_a_short_address_for_those_who_are_no_jupyter_client(
    alice: Person, bob: Person, server: Server, name: str
) -> None:
    async with alice.socket(f"/ws/{name}") as socket:
        screen = Screen(WebTerminal(socket))
        await screen.type("echo sh''ort\r")
        await screen.shows("short")
    for headers in ({}, {"Authorization": f"Bearer {bob.token}"}):
        with pytest.raises(InvalidStatus) as caught:
            async with open_socket(server, f"/ws/{name}", headers):
                pass
        assert caught.value.response.status_code == (404 if headers else 403)


@pytest.mark.parametrize(
    ("message", "code"), [("nonsense", 1003), ('["stdin", "' + "x" * 1_100_000 + '"]', 1009)]
)
async def test_what_is_no_message_closes_the_connection_and_not_the_shell(
    alice: Person, name: str, message: str, code: int
) -> None:
    async with attached(alice, name) as terminal:
        await terminal.socket.send(message)
        await Screen(terminal).ends()
        assert terminal.socket.close_code == code
    assert name in await names_of(alice)


async def test_there_is_a_limit_to_how_many_terminals_one_may_open(server: Server) -> None:
    person = await join(server, "collector", Role.LEARNER)
    await person.project("many")
    answers = await asyncio.gather(
        *(person.http.post("/api/terminals", json={"cwd": "many"}) for _ in range(25))
    )
    statuses = [answer.status_code for answer in answers]
    assert (statuses.count(200), statuses.count(429)) == (20, 5)
    assert len(await names_of(person)) == 20
    for name in await names_of(person):
        await person.http.delete(f"/api/terminals/{name}")
    assert (await person.http.post("/api/terminals", json={"cwd": "many"})).status_code == 200
    await person.aclose()


async def test_a_flood_of_output_arrives_whole_and_leaves_the_server_as_it_was(
    alice: Person, server: Server, name: str
) -> None:
    async with attached(alice, name) as terminal:
        screen = Screen(terminal)
        await screen.type(f"echo rea''dy; read; yes 0123456789 | head -c {FLOOD}; echo th''e end\r")
        await screen.shows("ready")
        before = memory_of(server)
        await screen.type("\r")
        seen = await screen.shows("the end")
    assert seen.count("0123456789\r\n") == FLOOD // 11
    assert memory_of(server) - before < 16_000_000


async def test_a_client_that_does_not_read_holds_nothing_in_the_server(
    alice: Person, server: Server, name: str
) -> None:
    async with attached(alice, name) as terminal:
        await Screen(terminal).shows("$ ")
        before = memory_of(server)
        terminal.socket.transport.pause_reading()
        await terminal.write(b"yes flooding\r")
        async with witness(alice) as screen:
            # The flood stands still once everything on the way to the idle client is full.
            await screen.type("last=-1; now=0; while [ $last != $now ]; do last=$now; sleep 0.5; ")
            await screen.type("read _ _ _ _ _ _ _ _ _ _ _ _ _ now _ < /proc/$(pgrep -x yes)/stat; ")
            await screen.type("done; echo it wa''its\r")
            await screen.shows("it waits")
            assert memory_of(server) - before < 16_000_000
        terminal.socket.transport.abort()


async def refusal(person: Person, name: str) -> int:
    """Return the status with which the websocket of a terminal is refused."""
    with pytest.raises(InvalidStatus) as caught:
        async with attached(person, name):
            pass
    body = json.loads(caught.value.response.body)
    assert set(body) == {"message", "reason"}
    return caught.value.response.status_code


@asynccontextmanager
async def witness(person: Person) -> AsyncIterator[Screen]:
    """Open a second terminal, to see what goes on in the sandbox."""
    name = await open_terminal(person, PROJECT)
    async with attached(person, name) as terminal:
        screen = Screen(terminal)
        await screen.shows("$ ")
        yield screen
    await person.http.delete(f"/api/terminals/{name}")


def memory_of(server: Server) -> int:
    """Return the bytes that the server's process takes."""
    rollup = Path(f"/proc/{server.process.pid}/smaps_rollup").read_text()
    line = next(line for line in rollup.splitlines() if line.startswith("Pss:"))
    return int(line.split()[1]) * 1024


async def commands_of(person: Person, project: str, **query: str) -> list[dict[str, Any]]:
    answer = await person.http.get(f"/api/projects/{project}/commands", params=query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["commands"])


async def test_what_was_typed_is_found_again_in_the_next_sandbox(
    alice: Person, bob: Person
) -> None:
    project = (await alice.project("typed"))["id"]
    name = await open_terminal(alice, "typed")
    async with attached(alice, name) as terminal:
        screen = Screen(terminal)
        await screen.shows("$ ")
        await screen.type(
            " echo sec''ret\rmkdir -p deep/er; cd deep\rfalse\rsleep 0.3; echo 'two\rlines'\r"
        )
        await screen.shows("two\r\nlines\r\n")
        await screen.type("echo en''d\recho en''d\r")
        await screen.shows("end\r\n")
        await screen.shows("end\r\n")
        await screen.shows("$ ")
    async with asyncio.timeout(30):
        while len(found := await commands_of(alice, project)) < 5:
            pass
    told = [(one["text"], one["cwd"], one["exit_code"]) for one in found]
    assert told == [
        ("echo en''d", "deep", 0),
        ("echo en''d", "deep", 0),
        ("sleep 0.3; echo 'two\nlines'", "deep", 0),
        ("false", "deep", 1),
        ("mkdir -p deep/er; cd deep", "", 0),
    ]
    assert found[2]["duration_ms"] >= 300
    shown = await alice.http.get(f"/api/terminals/{name}")
    assert shown.json()["cwd"] == "typed/deep"

    for one in (await alice.http.get("/api/containers/")).json():
        if one["project"] == project:
            await alice.http.delete(f"/api/containers/{one['id']}")
    name = await open_terminal(alice, "typed/deep/er")
    async with attached(alice, name) as terminal:
        screen = Screen(terminal)
        await screen.shows("$ ")
        await screen.type("\x12mkdir")  # Ctrl-R
        await screen.shows("mkdir -p deep/er; cd deep")
    assert [one["text"] for one in await commands_of(alice, project, q="FALSE")] == ["false"]
    assert (await bob.http.get(f"/api/projects/{project}/commands")).status_code == 404
    one = f"/api/projects/{project}/commands/{found[0]['id']}"
    assert (await bob.http.delete(one)).status_code == 404
    assert (await alice.http.delete(one)).status_code == 204
    assert (await alice.http.delete(one)).status_code == 404
    assert (await alice.http.delete(f"/api/projects/{project}/commands")).status_code == 204
    assert await commands_of(alice, project) == []


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "limit=501", "q=" + "x" * 201])
async def test_a_search_that_makes_no_sense_is_refused(alice: Person, query: str) -> None:
    project = (await alice.project("typed"))["id"]
    answer = await alice.http.get(f"/api/projects/{project}/commands?{query}")
    assert answer.status_code == 400
