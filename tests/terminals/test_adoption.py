"""Terminals outlive the server: the next one knows them, and nothing that nobody knows of."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from platform_server.errors import TerminalNotFound
from platform_server.sandboxes.model import (
    Limits,
    Sandbox,
    SandboxId,
    SandboxState,
    TerminalName,
)
from platform_server.storage.sandboxes import SqlSandboxRepository
from platform_server.storage.terminals import SqlTerminalRepository
from platform_server.terminals.model import TerminalInfo
from platform_server.terminals.repository import TerminalRecord
from platform_server.terminals.service import TerminalService
from platform_server.testing.databases import KINDS
from platform_server.testing.people import BEGAN
from platform_server.testing.screens import Screen
from platform_server.testing.terminal_records import MemoryTerminalRepository
from platform_server.testing.terminal_worlds import WONDER
from platform_server.testing.worlds import ALICE, populate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from platform_server.identity.model import Principal
    from platform_server.terminals.repository import TerminalRepository
    from platform_server.testing.databases import Databases
    from platform_server.testing.terminal_worlds import Machines, Members

BOX = Sandbox(
    id=SandboxId("box"),
    project_id=WONDER,
    state=SandboxState.STARTING,
    limits=Limits(),
    created_at=BEGAN,
)


@pytest.fixture
async def successor(
    machines: Machines, members: Members, records: MemoryTerminalRepository
) -> AsyncIterator[TerminalService]:
    """The server process after the one that was killed."""
    successor = TerminalService(machines, members, records)
    yield successor
    await successor.aclose()


async def test_the_next_server_goes_on_with_the_same_shell(
    service: TerminalService, successor: TerminalService, ada: Principal, ben: Principal
) -> None:
    info = await service.open(ada, WONDER, "")
    screen = Screen(await service.attach(ada, info.name))
    await screen.type("x=42; echo re''ady\n")
    await screen.shows("ready\r\n")

    await successor.adopt()

    (found,) = await successor.list(ada)
    assert (found.name, found.cwd, found.created_at) == (info.name, info.cwd, info.created_at)
    assert await successor.list(ben) == []
    again = Screen(await successor.attach(ada, info.name))
    await again.shows("ready\r\n")
    await again.type("echo $x\n")
    await again.shows("42\r\n")


async def test_what_ended_meanwhile_is_forgotten(
    service: TerminalService,
    successor: TerminalService,
    machines: Machines,
    records: MemoryTerminalRepository,
    ada: Principal,
) -> None:
    info = await service.open(ada, WONDER)
    await machines.shells[WONDER].close_terminal(info.name)

    await successor.adopt()

    with pytest.raises(TerminalNotFound):
        await successor.get(ada, info.name)
    assert await records.all() == []


async def test_a_shell_that_nobody_was_told_of_is_closed(
    service: TerminalService, successor: TerminalService, machines: Machines, ada: Principal
) -> None:
    info = await service.open(ada, WONDER)
    shells = machines.shells[WONDER]
    await shells.open_terminal(TerminalName("nobodys"), cwd="", rows=24, columns=80)

    await successor.adopt()

    assert await shells.terminals() == [info.name]


async def test_terminals_of_a_sandbox_that_is_late_are_taken_over_with_it(
    service: TerminalService, successor: TerminalService, machines: Machines, ada: Principal
) -> None:
    info = await service.open(ada, WONDER)
    machines.late[WONDER] = machines.shells.pop(WONDER)
    await successor.adopt()
    assert WONDER in machines.late  # the start of a server waits for nobody

    assert (await successor.get(ada, info.name)).name == info.name
    assert [one.name for one in await successor.list(ada)] == [info.name]


async def test_terminals_of_a_sandbox_that_does_not_come_are_forgotten(
    service: TerminalService,
    successor: TerminalService,
    machines: Machines,
    records: MemoryTerminalRepository,
    ada: Principal,
) -> None:
    await service.open(ada, WONDER)
    gone = machines.shells.pop(WONDER)
    await successor.adopt()

    assert len(await records.all()) == 1  # it may yet come
    assert await successor.list(ada) == []
    assert await records.all() == []
    await gone.end()


async def test_closed_terminals_are_not_remembered(
    service: TerminalService, records: MemoryTerminalRepository, machines: Machines, ada: Principal
) -> None:
    closed, ended, left = [(await service.open(ada, WONDER)).name for _ in range(3)]
    await service.close(ada, closed)
    await machines.shells[WONDER].close_terminal(ended)
    await service.list(ada)
    await service.list(ada)

    assert [one.info.name for one in await records.all()] == [left]


@pytest.fixture(params=["memory", *KINDS])
async def stored(
    request: pytest.FixtureRequest, databases: Databases, tmp_path: Path
) -> AsyncIterator[TerminalRepository]:
    if request.param == "memory":
        yield MemoryTerminalRepository()
        return
    async with databases.open(request.param, tmp_path, populate) as database:
        await SqlSandboxRepository(database).save(BOX)
        yield SqlTerminalRepository(database)


async def test_a_store_keeps_terminals_until_they_are_removed(stored: TerminalRepository) -> None:
    first, second = record("first", 1), record("second", 2)
    await stored.add(second)
    await stored.add(first)
    assert await stored.all() == [first, second]
    await stored.remove(first.info.name)
    await stored.remove(TerminalName("none"))
    assert await stored.all() == [second]


def record(name: str, seconds: int) -> TerminalRecord:
    at = BEGAN + timedelta(seconds=seconds)
    info = TerminalInfo(
        name=TerminalName(name),
        project_id=WONDER,
        owner_id=ALICE.id,
        cwd="data/\u00e9t\u00e9",
        created_at=at,
        last_activity=at,
    )
    return TerminalRecord(info=info, sandbox_id=SandboxId("box"))
