"""Fixtures for all areas.

``server``      a real server with an empty home and the real container engine, one for all tests
``server_url``  its address
``offered``     the package index of that server: nothing is on offer but what tests add
``alice``, ``bob``          learners: ``.http`` is a client with an API token, ``.browser()`` one
                            that signed in, ``.socket(path)`` a websocket, ``.project(name)``
``reviewer``, ``admin``     people of those roles
``stranger``    a client without any credential
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from platform_server.identity.model import Role
from platform_server.testing.package_index import LocalIndex
from platform_server.testing.serving import SECRETS, Person, Server, http_client, join

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    import httpx


@pytest.fixture(scope="session")
def offered() -> Iterator[LocalIndex]:
    with LocalIndex().served() as index:
        yield index


@pytest.fixture(scope="session")
async def server(
    offered: LocalIndex, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Server]:
    home = tmp_path_factory.mktemp("server") / "home"
    index = f"--PlatformApp.package_index={offered.url}"
    async with Server.start(home, index, variables=SECRETS) as server:
        yield server


@pytest.fixture(scope="session")
def server_url(server: Server) -> str:
    return server.url


@pytest.fixture(scope="session")
async def alice(server: Server) -> AsyncIterator[Person]:
    person = await join(server, "alice", Role.LEARNER)
    yield person
    await person.aclose()


@pytest.fixture(scope="session")
async def bob(server: Server) -> AsyncIterator[Person]:
    person = await join(server, "bob", Role.LEARNER)
    yield person
    await person.aclose()


@pytest.fixture(scope="session")
async def reviewer(server: Server) -> AsyncIterator[Person]:
    person = await join(server, "reviewer", Role.REVIEWER)
    yield person
    await person.aclose()


@pytest.fixture(scope="session")
async def admin(server: Server) -> AsyncIterator[Person]:
    person = await join(server, "admin", Role.ADMIN)
    yield person
    await person.aclose()


@pytest.fixture
async def stranger(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    async with http_client(server) as client:
        yield client
