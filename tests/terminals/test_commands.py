"""The command lines that people have typed: kept, found again, and shown to nobody else."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from agent.notes import parse

from platform_server.errors import ProjectNotFound
from platform_server.sandboxes import messages
from platform_server.sandboxes.model import TerminalName, TypedCommand
from platform_server.storage.commands import SqlCommandRepository
from platform_server.terminals.commands import Command, CommandHistory, CommandId
from platform_server.terminals.service import TerminalService
from platform_server.testing.command_records import MemoryCommandRepository
from platform_server.testing.databases import KINDS
from platform_server.testing.people import BEGAN
from platform_server.testing.terminal_worlds import BUILDER, WONDER
from platform_server.testing.worlds import ALICE, BOB, populate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from platform_server.identity.model import Principal
    from platform_server.terminals.commands import CommandRepository
    from platform_server.testing.databases import Databases
    from platform_server.testing.terminal_records import MemoryTerminalRepository
    from platform_server.testing.terminal_worlds import Machines, Members, Time

NOW = 1_767_225_600.0  # when the tests' clock stands


@pytest.fixture
def kept() -> MemoryCommandRepository:
    return MemoryCommandRepository()


@pytest.fixture
async def history(
    kept: MemoryCommandRepository, members: Members, time: Time
) -> AsyncIterator[CommandHistory]:
    history = CommandHistory(kept, members, clock=time)
    history.start()
    yield history
    await history.aclose()


@pytest.fixture
async def terminals(
    machines: Machines,
    members: Members,
    records: MemoryTerminalRepository,
    history: CommandHistory,
    time: Time,
) -> AsyncIterator[TerminalService]:
    service = TerminalService(machines, members, records, commands=history, clock=time)
    yield service
    await service.aclose()


def typed(terminal: str, number: int, text: str, *, began: float = NOW) -> TypedCommand:
    return TypedCommand(
        number=number,
        terminal=TerminalName(terminal),
        text=text,
        cwd="sub",
        exit_code=0,
        began=began,
        duration=1.5,
    )


async def texts(history: CommandHistory, who: Principal, text: str = "") -> list[str]:
    await history.aclose()
    found = await history.search(who, WONDER, text=text, limit=500, before=None)
    return [one.text for one in found]


async def test_what_shells_tell_of_belongs_to_who_opened_the_terminal(
    terminals: TerminalService,
    history: CommandHistory,
    machines: Machines,
    ada: Principal,
    carol: Principal,
) -> None:
    adas, carols = [(await terminals.open(one, WONDER)).name for one in (ada, carol)]
    tell = machines.shells[WONDER].tell
    tell(typed(adas, 1, "make thesis", began=NOW - 2))
    tell(typed(carols, 2, "make coffee"))
    tell(typed("nobodys", 3, "rm -rf /"))
    assert await texts(history, ada) == ["make thesis"]
    assert await texts(history, carol) == ["make coffee"]


async def test_who_is_no_member_finds_no_project(history: CommandHistory, ben: Principal) -> None:
    with pytest.raises(ProjectNotFound):
        await texts(history, ben)
    with pytest.raises(ProjectNotFound):
        await history.forget(ben, WONDER)


async def test_what_is_told_again_is_kept_once(
    terminals: TerminalService, history: CommandHistory, machines: Machines, ada: Principal
) -> None:
    name = (await terminals.open(ada, WONDER)).name
    for _ in range(2):
        machines.shells[WONDER].tell(typed(name, 1, "make"))
    machines.shells[WONDER].tell(typed(name, 2, "make"))
    assert await texts(history, ada) == ["make", "make"]


async def test_a_sandbox_that_talks_without_end_is_not_listened_to(
    terminals: TerminalService,
    history: CommandHistory,
    machines: Machines,
    ada: Principal,
    time: Time,
) -> None:
    name = (await terminals.open(ada, WONDER)).name
    for number in range(5000):
        machines.shells[WONDER].tell(typed(name, number, "flood"))
    time.pass_by(seconds=2)
    machines.shells[WONDER].tell(typed(name, 6000, "calm"))
    found = await texts(history, ada)
    assert len(found) == 101
    assert found[-1] == "flood" or found[0] == "calm"


async def test_nothing_that_is_shown_does_something_to_a_page_or_a_terminal(
    terminals: TerminalService, history: CommandHistory, machines: Machines, ada: Principal
) -> None:
    name = (await terminals.open(ada, WONDER)).name
    evil = "echo \x1b[2J\u202egnp.exe\n\tdone\x00"
    machines.shells[WONDER].tell(typed(name, 1, evil, began=1e12))
    machines.shells[WONDER].tell(typed(name, 2, "  ", began=0))
    await history.aclose()
    (found,) = await history.search(ada, WONDER, text="", limit=5, before=None)
    assert found.text == "echo \ufffd[2J\ufffdgnp.exe\n\tdone\ufffd"
    assert found.began_at.timestamp() == NOW
    assert found.duration_ms == 1500


@pytest.fixture(params=["memory", *KINDS])
async def stored(
    request: pytest.FixtureRequest, databases: Databases, tmp_path: Path
) -> AsyncIterator[CommandRepository]:
    if request.param == "memory":
        yield MemoryCommandRepository()
        return
    async with databases.open(request.param, tmp_path, populate) as database:
        yield SqlCommandRepository(database)


def command(number: int, text: str, **changes: object) -> Command:
    fields = {
        "id": CommandId(f"c{number}"),
        "project_id": WONDER,
        "user_id": ALICE.id,
        "source": f"box:{number}",
        "text": text,
        "cwd": "",
        "exit_code": 0,
        "began_at": BEGAN + timedelta(seconds=number // 2),
        "duration_ms": 2**40,
    }
    return Command(**(fields | changes))  # type: ignore[arg-type]  # of several types


async def test_a_store_finds_what_has_all_the_words(stored: CommandRepository) -> None:
    lines = ["git commit -m 'First 100%'", "GIT push", "ls _x", "gitk; commit"]
    for number, line in enumerate(lines):
        await stored.add(command(number, line), keep=10)

    async def found(*words: str, limit: int = 10, before: str | None = None) -> list[str]:
        start = CommandId(before) if before else None
        some = await stored.search(WONDER, ALICE.id, words=words, limit=limit, before=start)
        return [one.text for one in some]

    assert await found() == lines[::-1]
    assert await found("git", "COMMIT") == [lines[3], lines[0]]
    assert await found("0%") == [lines[0]]
    assert await found("_") == [lines[2]]
    assert await found(limit=2) == [lines[3], lines[2]]
    assert await found(limit=2, before="c2") == [lines[1], lines[0]]
    assert await found(before="unknown") == []
    assert (await stored.search(WONDER, BOB.id, words=[], limit=5, before=None)) == []


async def test_a_store_keeps_the_latest_and_nothing_twice(stored: CommandRepository) -> None:
    for number in range(5):
        await stored.add(command(number, f"line {number}"), keep=3)
    await stored.add(command(9, "again", source="box:4"), keep=3)
    await stored.add(command(8, "elsewhere", project_id="nowhere"), keep=3)
    left = await stored.search(WONDER, ALICE.id, words=[], limit=9, before=None)
    assert left == [command(number, f"line {number}") for number in (4, 3, 2)]


async def test_a_store_forgets_ones_own(stored: CommandRepository) -> None:
    for number in range(3):
        await stored.add(command(number, "x"), keep=9)
    assert not await stored.remove(WONDER, BOB.id, CommandId("c1"))
    assert not await stored.remove(BUILDER, ALICE.id, None)
    assert await stored.remove(WONDER, ALICE.id, CommandId("c1"))
    assert not await stored.remove(WONDER, ALICE.id, CommandId("c1"))
    assert len(await stored.search(WONDER, ALICE.id, words=[], limit=9, before=None)) == 2
    assert await stored.remove(WONDER, ALICE.id, None)
    assert not await stored.remove(WONDER, ALICE.id, None)


def test_the_agent_takes_what_is_a_note_and_nothing_else() -> None:
    line = b"2\t1000000\t3500000\t/workspace/sub\tfor x in 1\x1edo echo $x\tdone"
    assert parse(line) == {
        "text": "for x in 1\ndo echo $x\tdone",
        "cwd": "sub",
        "code": 2,
        "began": 1.0,
        "duration": 2.5,
    }
    for bad in (b"", b"x", b"1\t2\t3\t4", b"256\t1\t2\t/\tx", b"0\t2\t1\t/\tx", b"0\t1\t2\t/\t  "):
        assert parse(bad) is None
    assert parse(b"0\t1\t2\t/\xff\t\xff") is not None
    huge = parse(b"0\t1\t2\t/" + b"d" * 5000 + b"\t" + b"x" * 5000)
    assert huge is not None
    told = {"event": "command.typed", "number": 1, "terminal": "t", **huge}
    assert isinstance(messages.parse(json.dumps(told).encode()), messages.CommandTyped)
