"""C. What uses up the server itself: connections, names, notebooks, kernels, comments.

``crowded``    a server with room for few connections
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import ConnectionClosed

from platform_extensions.sockets import SOCKETS_PER_USER
from platform_server.identity.model import Role
from platform_server.testing.places import Place, notebook
from platform_server.testing.processes import resident_bytes
from platform_server.testing.serving import COMMAND, Server, http_client, join

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from platform_server.testing.serving import Person

DESCRIPTORS, SILENT = 200, 400
MEBIBYTE = 2**20


@pytest.fixture(scope="module")
async def crowded(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    home = tmp_path_factory.mktemp("crowded") / "home"
    few = f"--nofile={DESCRIPTORS}:{DESCRIPTORS}"
    async with Server.start(home, command=("prlimit", few, str(COMMAND))) as server:
        yield server


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"GET /api/me HTTP/1.1\r\nHost: x\r\n",
        b"POST /login HTTP/1.1\r\nContent-Length: 99\r\n\r\nx",
    ],
    ids=["nothing", "half a head", "half a body"],
)
async def test_034_who_connects_and_says_nothing_keeps_nobody_out(
    crowded: Server, said: bytes
) -> None:
    address = urlsplit(crowded.url)
    person = await join(crowded, f"late-{len(said)}", Role.LEARNER)
    async with AsyncExitStack() as stack:
        for _ in range(SILENT):
            _, writer = await asyncio.open_connection(address.hostname, address.port)
            stack.callback(writer.close)
            writer.write(said)
        for _ in range(10):
            async with http_client(crowded, Authorization=f"Bearer {person.token}") as client:
                assert (await client.get("/api/me")).status_code == 200
    await person.aclose()


async def test_034_one_user_has_only_so_many_websockets(server: Server, bob: Person) -> None:
    flooder = await join(server, "flooder", Role.LEARNER)
    events = "/api/events/subscribe"
    async with AsyncExitStack() as stack:
        opened = [
            await stack.enter_async_context(flooder.socket(events))
            for _ in range(SOCKETS_PER_USER + 3)
        ]
        for one in opened[-3:]:
            with pytest.raises(ConnectionClosed):
                await asyncio.wait_for(one.recv(), 30)
            assert one.close_code == 1013
        async with bob.socket(events) as own:
            assert (await own.ping()) is not None
    await flooder.aclose()


async def test_035_a_notebook_of_twenty_thousand_cells_stops_nobody(
    server: Server, bob: Person
) -> None:
    author = await join(server, "author", Role.LEARNER)
    await author.project("huge")
    cells: list[dict[str, Any]] = [
        {"cell_type": "code", "id": f"c{number}", "metadata": {}, "source": "x" * 100}
        | {"outputs": [], "execution_count": None}
        for number in range(20_000)
    ]
    saving = asyncio.create_task(Place(author, "huge").ask("PUT", "a.ipynb", notebook(*cells)))
    answered = 0
    while not saving.done():
        assert (await bob.http.get("/api/me")).status_code == 200
        answered += 1
    assert (await saving).status_code in {201, 413}
    assert answered > 1
    await author.aclose()


async def declared(person: Person, size: int) -> int:
    """Begin to save a notebook that is said to have so many bytes; return the answer's status."""
    address = urlsplit(person.server.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(
        b"PUT /api/contents/huge/large.ipynb HTTP/1.1\r\nHost: x\r\n"
        b"Authorization: Bearer %b\r\nContent-Length: %d\r\n\r\n" % (person.token.encode(), size)
    )
    status = int((await reader.readline()).split()[1])
    writer.close()
    return status


async def test_035_what_is_no_notebook_by_its_size_or_depth_is_refused(alice: Person) -> None:
    await alice.project("huge")
    before = resident_bytes(alice.server.process.pid)
    deep = "[" * 200_000 + "]" * 200_000
    head = '{"type": "notebook", "format": "json", "content": '
    nested = await alice.http.put("/api/contents/huge/deep.ipynb", content=f"{head}{deep}}}")
    assert nested.status_code == 400
    line = await alice.http.put(
        "/api/contents/huge/line.txt",
        json={"type": "file", "format": "text", "content": "x" * (20 * MEBIBYTE)},
    )
    assert line.status_code in {201, 413}
    assert await declared(alice, 2**40) == 413
    assert resident_bytes(alice.server.process.pid) - before < 300 * MEBIBYTE


async def asked_often(person: Person, path: str, body: dict[str, Any]) -> dict[int, int]:
    """Ask for something sixty times at once; return how often each status came."""
    answers = await asyncio.gather(*(person.http.post(path, json=body) for _ in range(60)))
    statuses = [one.status_code for one in answers]
    return {status: statuses.count(status) for status in set(statuses)}


async def test_036_kernels_and_terminals_have_their_number(server: Server, image: str) -> None:
    del image  # it has to be there
    greedy = await join(server, "greedy", Role.LEARNER)
    project = await greedy.project("greedy")
    kernels = await asked_often(greedy, "/api/kernels", {"path": "greedy"})
    assert len((await greedy.http.get("/api/kernels")).json()) == 10
    assert kernels.pop(201) == 10
    assert kernels.keys() <= {403, 409, 429}
    terminals = await asked_often(greedy, "/api/terminals", {"cwd": "greedy"})
    assert len((await greedy.http.get("/api/terminals")).json()) == 20
    assert terminals.pop(200) == 20
    assert terminals.keys() <= {403, 409, 429}
    await greedy.http.delete(f"/api/projects/{project['id']}")
    await greedy.aclose()


async def test_037_a_name_of_megabytes_does_not_fill_the_log(server: Server) -> None:
    before = server.log.stat().st_size
    async with http_client(server) as client:
        page = await client.get("/login")
        token = client.cookies["_xsrf"]
        assert page.status_code == 200
        for size in (200_000, 10 * MEBIBYTE):
            form = {"_xsrf": token, "email": "x" * size, "password": "y" * size}
            answer = await client.post("/login", data=form)
            assert answer.status_code in {400, 401, 413, 429}
            assert len(answer.content) < 100_000
        for number in range(20):
            await client.get(f"/{'z' * 20_000}{number}")
            await client.get(
                "/api/me", headers={"Referer": "r" * 20_000, "User-Agent": "u" * 20_000}
            )
    assert server.log.stat().st_size - before < 200_000


# Text that makes careless patterns and parsers take for ever.
SLOW = [
    "[" * 4_000,
    "*a " * 8_000,
    "<" * 8_000 + ">",
    "![" * 4_000 + "](" * 4_000,
    "`" * 8_001 + "a" + "`" * 7_999,
    "$" + "{" * 8_000,
    "> " * 2_000 + "x",
    "- " * 2_000 + "x",
    "<a href='" + "&quot;" * 4_000,
    "a@" * 8_000,
    "|" + "-|" * 4_000 + "\n" + "|a" * 4_000,
    ("# x\n" + "=" * 200 + "\n") * 200,
]


@pytest.fixture(scope="module")
async def submission(server: Server) -> AsyncIterator[tuple[Person, str]]:
    author = await join(server, "slow-author", Role.LEARNER)
    project = await author.project("slow")
    place = Place(author, "slow")
    for number, text in enumerate(SLOW):
        await place.save(f"{number}.md", text)
    cells = [{"cell_type": "markdown", "id": "m", "metadata": {}, "source": "".join(SLOW)}]
    await place.ask("PUT", "all.ipynb", notebook(*cells))
    made = await author.http.post(f"/api/projects/{project['id']}/submissions/", json={})
    assert made.status_code == 201, made.text
    yield author, made.json()["id"]
    await author.aclose()


async def test_040_what_is_slow_to_show_is_shown_or_given_up_and_stops_nobody(
    submission: tuple[Person, str], bob: Person
) -> None:
    author, name = submission
    shown = asyncio.gather(
        *(
            author.http.get(f"/api/submissions/{name}/view/{path}")
            for path in [*(f"{number}.md" for number in range(len(SLOW))), "all.ipynb"]
        )
    )
    while not shown.done():
        assert (await bob.http.get("/api/me")).status_code == 200
    assert {one.status_code for one in await shown} <= {200, 413, 429}


async def test_040_a_comment_is_text_and_is_taken_at_once(
    submission: tuple[Person, str], bob: Person
) -> None:
    author, name = submission
    for text in SLOW:
        said = {"path": "0.md", "body": text[:10_000]}
        answer = await author.http.post(f"/api/submissions/{name}/comments/", json=said)
        assert answer.status_code == 201, answer.text
    assert (await bob.http.get("/api/me")).status_code == 200
