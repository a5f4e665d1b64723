"""Files over HTTP at a whole server on PostgreSQL and Supabase Storage.

What is asked of the server on SQLite and a folder is asked of this one, too.

``storage``        the double of Supabase Storage that the server uses
``server``         the server; ``alice`` and ``bob`` are people there
"""

from __future__ import annotations

import asyncio
import json
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Engine
from sqlalchemy.event import listen, remove

from platform_server.identity.model import Role
from platform_server.testing.places import Place, code_cell, notebook
from platform_server.testing.reruns import rerun
from platform_server.testing.serving import Person, Server, join
from platform_server.testing.supabase_storage import SupabaseStorage, token
from platform_server.testing.worlds import ALICE, WONDER, folder_world, populate, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from platform_server.testing.databases import Databases
    from platform_server.testing.postgres import Cluster

_TESTS = Path(__file__).parents[1]
_HISTORY = {
    "test_a_file_has_a_history_in_pages",
    "test_a_deleted_file_is_restored_from_its_history",
    "test_a_revision_is_read_as_bytes_also_in_part",
    "test_notebooks_are_compared_cell_by_cell",
    "test_a_project_is_brought_back_to_a_checkpoint",
}
_ARCHIVES = {
    "test_what_goes_out_comes_in_again",
    "test_what_is_there_is_replaced_only_if_one_says_so",
}
globals().update(rerun(_TESTS / "contents" / "test_contents_api.py"))
globals().update(rerun(_TESTS / "projects" / "test_history_http.py", _HISTORY))
globals().update(rerun(_TESTS / "projects" / "test_archives_http.py", _ARCHIVES))


@pytest.fixture(scope="module")
def storage() -> Iterator[SupabaseStorage]:
    with SupabaseStorage.served() as storage:
        yield storage


@pytest.fixture(scope="module")
async def server(
    postgres: Cluster,
    storage: SupabaseStorage,
    tmp_path_factory: pytest.TempPathFactory,
    image: str,
) -> AsyncIterator[Server]:
    del image  # it has to be there
    variables = {
        "DATABASE_URL": postgres.url(await postgres.create()),
        "SUPABASE_URL": storage.url,
        "SUPABASE_SERVICE_KEY": token(),
        "SUPABASE_BUCKET": "platform",
    }
    home = tmp_path_factory.mktemp("supabase") / "home"
    async with Server.start(home, variables=variables) as server:
        yield server
    assert token() not in server.log.read_text()


@pytest.fixture(scope="module")
async def alice(server: Server) -> AsyncIterator[Person]:
    person = await join(server, "alice", Role.LEARNER)
    yield person
    await person.aclose()


@pytest.fixture(scope="module")
async def bob(server: Server) -> AsyncIterator[Person]:
    person = await join(server, "bob", Role.LEARNER)
    yield person
    await person.aclose()


def sixty_cells(last: str) -> dict[str, object]:
    cells = [code_cell(f"print({number})", id=f"cell{number}") for number in range(59)]
    return notebook(*cells, code_cell(last, id="last"))


async def test_saving_a_notebook_takes_one_request_to_the_store(
    place: Place, storage: SupabaseStorage
) -> None:
    await place.ask("PUT", "été 1 %#.ipynb", sixty_cells("1"))
    storage.calls.clear()

    answer = await place.ask("PUT", "été 1 %#.ipynb", sixty_cells("2"))

    assert answer.status_code == 200, answer.text
    assert [call.split("/")[:2] for call in storage.calls] == [["POST ", "object"]]
    cells = (await place.get("été 1 %#.ipynb"))["content"]["cells"]
    assert (len(cells), cells[-1]["source"]) == (60, "2")


async def test_saving_takes_one_transaction(databases: Databases, tmp_path: Path) -> None:
    commits: list[object] = []

    def note(connection: object) -> None:
        commits.append(connection)

    async with (
        databases.open("postgres", tmp_path, populate) as database,
        running(folder_world(database, tmp_path)) as world,
    ):
        await world.contents.write(WONDER, "a.ipynb", b"{}", author=ALICE.id)
        listen(Engine, "commit", note)
        try:
            await world.contents.write(WONDER, "a.ipynb", b"{ }", author=ALICE.id)
        finally:
            remove(Engine, "commit", note)
    assert len(commits) == 1


async def test_what_is_saved_is_in_the_bucket(place: Place, storage: SupabaseStorage) -> None:
    before = sum(row.size for row in storage.objects.buckets["platform"].rows.values())
    assert (await place.save("a.txt", "something new"))["stored"] == "project"
    after = sum(row.size for row in storage.objects.buckets["platform"].rows.values())
    assert after - before == len("something new")


async def test_what_is_saved_while_the_store_is_away_gets_there(
    place: Place, storage: SupabaseStorage
) -> None:
    await place.save("before.txt", "before")
    async with place.person.socket("/api/events/subscribe") as events:
        storage.is_down = True
        assert (await place.save("a.txt", "during the outage"))["stored"] == "server"
        assert (await place.get("a.txt"))["content"] == "during the outage"

        storage.is_down = False
        stored = ""
        async with asyncio.timeout(60):
            while stored != "project":
                event = json.loads(await events.recv())
                stored = event.get("stored", "")
    name = sha256(b"during the outage").hexdigest()
    assert any(key.endswith(name) for key in storage.objects.buckets["platform"].rows)
