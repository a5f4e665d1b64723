"""A whole server on PostgreSQL, which goes away and comes back.

``cluster``  a PostgreSQL of these tests' own: they stop it
``ada``      somebody with an account on the server
``project``  the label of a project of hers
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import pytest

from platform_server.identity.model import Role
from platform_server.testing.places import Place, text
from platform_server.testing.postgres import Cluster
from platform_server.testing.serving import PASSWORD, Person, Server, http_client, join
from platform_server.testing.web_kernels import kernel_of, value_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import httpx

WAITS = b"waiting for the database"


@pytest.fixture(scope="module")
async def cluster() -> AsyncIterator[Cluster]:
    async with Cluster.running() as cluster:
        yield cluster


@pytest.fixture(scope="module")
async def ada(
    image: str, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Person]:
    del image  # it has to be there
    home = tmp_path_factory.mktemp("postgres") / "home"
    variables = {"DATABASE_URL": cluster.url(await cluster.create())}
    async with Server.start(home, variables=variables) as server:
        person = await join(server, "ada", Role.LEARNER)
        yield person
        await person.aclose()


@pytest.fixture(scope="module")
async def project(ada: Person) -> str:
    return str((await ada.project("engine"))["name"])


def saved(answer: httpx.Response) -> bool:
    return answer.status_code in {200, 201}


def is_unavailable(answer: httpx.Response) -> bool:
    refusal: dict[str, Any] = answer.json()
    return answer.status_code == 503 and refusal["reason"] == "storage_unavailable"


async def test_one_signs_up_makes_a_project_saves_reads_and_runs(ada: Person) -> None:
    async with http_client(ada.server) as visitor:
        page = await visitor.get("/signup")
        form = {"email": "grace@example.org", "password": PASSWORD, "name": "Grace"}
        answer = await visitor.post("/signup", data=form | {"_xsrf": visitor.cookies["_xsrf"]})
        assert (page.status_code, answer.status_code) == (200, 303), answer.text
        me = await visitor.get("/api/me")
        assert me.json()["identity"]["username"]

    await ada.project("wonder")
    place = Place(ada, "wonder")
    await place.save("été 1 %#.txt", "first")
    await place.save("été 1 %#.txt", "second")
    assert (await place.get("été 1 %#.txt"))["content"] == "second"
    async with kernel_of(ada, f"{place.name}/a.ipynb") as kernel:
        assert await value_of(kernel, "6 * 7") == 42


@pytest.mark.parametrize("part", ["nul \0", "long " * 1000, "\U0001f40d" * 300])
async def test_what_cannot_be_stored_is_a_refusal_and_no_failure(
    ada: Person, project: str, part: str
) -> None:
    document = {"path": f"{project}/x.ipynb", "type": part, "name": part, "kernel": {}}
    answers = [
        await ada.http.post("/api/account/tokens", json={"name": part}),
        await ada.http.post("/api/projects/", json={"name": part}),
        await ada.http.put(f"/api/contents/{project}/{quote(part)}", json=text("x")),
        await ada.http.put("/lab/api/settings/@jupyterlab/a:b", json={"raw": part}),
        await ada.http.post("/api/sessions", json=document),
        await ada.http.get(f"/api/contents/{quote(part)}/x"),
        await ada.http.get(f"/api/projects/{quote(part)}"),
    ]
    assert [f"{one.url} {one.text}" for one in answers if one.status_code >= 500] == []


async def test_requests_fail_while_the_database_is_away_and_work_when_it_is_back(
    ada: Person, cluster: Cluster, project: str
) -> None:
    path = f"/api/contents/{project}/kept.txt"
    assert saved(await ada.http.put(path, json=text("before")))

    await cluster.stop()
    try:
        assert is_unavailable(await ada.http.get(path))
        assert is_unavailable(await ada.http.put(path, json=text("lost")))
        assert is_unavailable(await ada.http.get("/api/projects/"))
        async with http_client(ada.server) as stranger:
            assert (await stranger.get("/api/health")).json() == {"status": "ok"}
    finally:
        await cluster.start()

    assert (await ada.http.get(path)).json()["content"] == "before"
    assert saved(await ada.http.put(path, json=text("after")))
    assert (await ada.http.get(path)).json()["content"] == "after"


async def test_while_the_database_is_frozen_requests_end_and_what_runs_goes_on(
    ada: Person, cluster: Cluster, project: str
) -> None:
    path = f"/api/contents/{project}/kept.txt"
    assert saved(await ada.http.put(path, json=text("before")))
    async with kernel_of(ada, f"{project}/a.ipynb") as kernel:
        assert await value_of(kernel, "6 * 7") == 42
        with cluster.frozen():
            answers = await asyncio.gather(
                ada.http.get(path),
                ada.http.put(path, json=text("lost")),
                ada.http.get("/api/projects/"),
            )
            assert [is_unavailable(answer) for answer in answers] == [True] * 3
            assert await value_of(kernel, "open('made.txt', 'w').write('by code')") == 7

        assert (await ada.http.get(path)).json()["content"] == "before"
        assert saved(await ada.http.put(path, json=text("after")))
        made = await ada.http.get(f"/api/contents/{project}/made.txt")
        assert made.json()["content"] == "by code"
        assert made.json()["hash"]  # it is kept, and not in the sandbox only


async def test_no_acknowledged_save_is_lost_while_connections_end(
    ada: Person, cluster: Cluster, project: str
) -> None:
    database = urlsplit(ada.server.database_url).path[1:]
    last: dict[int, int] = {}

    async def write(number: int) -> None:
        for round_ in range(12):
            path = f"/api/contents/{project}/{number}.txt"
            answer = await ada.http.put(path, json=text(str(round_)))
            assert saved(answer) or is_unavailable(answer), answer.text
            if saved(answer):
                last[number] = round_

    async def disturb() -> None:
        while not writers.done():
            await cluster.end_connections(database)
            await asyncio.sleep(0.1)  # between two faults

    writers = asyncio.gather(*(write(number) for number in range(6)))
    await asyncio.gather(writers, disturb())

    for number, acknowledged in last.items():
        answer = await ada.http.get(f"/api/contents/{project}/{number}.txt")
        assert int(answer.json()["content"]) >= acknowledged
    assert last


async def test_a_server_that_is_started_before_its_database_waits_for_it(
    image: str, cluster: Cluster, tmp_path: Path
) -> None:
    del image
    variables = {"DATABASE_URL": cluster.url(await cluster.create())}
    home = tmp_path / "home"
    await cluster.stop()

    async def come_back() -> None:
        log = home.with_name("home.log")
        while not (log.exists() and WAITS in log.read_bytes()):  # noqa: ASYNC110 - a file
            await asyncio.sleep(0.05)
        await cluster.start()

    back = asyncio.ensure_future(come_back())
    async with Server.start(home, variables=variables) as server, http_client(server) as client:
        await back
        assert (await client.get("/api/health")).json() == {"status": "ok"}
