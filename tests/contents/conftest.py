"""Fixtures of the contents tests.

``world``     a contents service and the code in a sandbox beside it: in memory, and with a folder
              of blobs and a folder as workspace on SQLite and on PostgreSQL
``contents``  its service
``code``      its code: writes, reads, removes
``real``      the world on the disk only, for what the twins do not model
``place``     over HTTP: a new project of alice's
``box``       the running sandbox of that project
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from platform_server.clock import new_id
from platform_server.testing.databases import KINDS
from platform_server.testing.places import Box, Place
from platform_server.testing.worlds import (
    Code,
    World,
    memory_world,
    running,
    running_on_disk,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from platform_server.contents.service import ContentsService
    from platform_server.testing.databases import Databases
    from platform_server.testing.serving import Person


@pytest.fixture
async def real(databases: Databases, tmp_path: Path) -> AsyncIterator[World]:
    async with running_on_disk(databases, "sqlite", tmp_path) as world:
        yield world


@pytest.fixture(params=["memory", *KINDS])
async def world(
    request: pytest.FixtureRequest, databases: Databases, tmp_path: Path
) -> AsyncIterator[World]:
    if request.param == "memory":
        here = running(memory_world(tmp_path / "spool"))
    else:
        here = running_on_disk(databases, request.param, tmp_path)
    async with here as world:
        yield world


@pytest.fixture
def contents(world: World) -> ContentsService:
    return world.contents


@pytest.fixture
def code(world: World) -> Code:
    return world.code


@pytest.fixture
async def place(alice: Person) -> Place:
    name = f"place {new_id()}"
    await alice.project(name)
    return Place(alice, name)


@pytest.fixture
async def box(place: Place) -> AsyncIterator[Box]:
    project = await place.person.project(place.name)
    http = place.person.http
    started = await http.post("/api/containers/", json={"project": project["id"]})
    assert started.status_code == 201, started.text
    yield Box(place, started.json()["id"])
    await http.delete(f"/api/containers/{started.json()['id']}")
