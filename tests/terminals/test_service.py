"""Terminals as their owners meet them."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from platform_server.errors import (
    AccessDenied,
    LimitReached,
    ProjectNotFound,
    SandboxGone,
    TerminalNotFound,
)
from platform_server.projects.model import Access
from platform_server.testing.screens import Screen
from platform_server.testing.terminal_worlds import WONDER

if TYPE_CHECKING:
    from platform_server.identity.model import Principal
    from platform_server.terminals.service import TerminalService
    from platform_server.testing.terminal_worlds import Machines, Members, Time


async def test_a_terminal_opens_in_the_projects_folder_and_answers(
    service: TerminalService, ada: Principal
) -> None:
    info = await service.open(ada, WONDER)
    screen = Screen(await service.attach(ada, info.name))
    await screen.type("basename $(dirname $PWD)\n")
    await screen.shows("wonder\r\n")


async def test_names_are_words_that_nobody_can_guess(
    service: TerminalService, ada: Principal
) -> None:
    names = [(await service.open(ada, WONDER)).name for _ in range(3)]
    assert len(set(names)) == 3
    assert all(name.isalnum() and name.isascii() and len(name) >= 26 for name in names)


async def test_one_sees_ones_own_terminals_oldest_first(
    service: TerminalService, ada: Principal, ben: Principal
) -> None:
    opened = [await service.open(ada, WONDER), await service.open(ada, WONDER)]
    assert await service.list(ada) == opened
    assert await service.list(ben) == []


async def test_somebody_elses_terminal_is_not_found_whatever_one_does(
    service: TerminalService, ada: Principal, ben: Principal
) -> None:
    name = (await service.open(ada, WONDER)).name
    for verb in (service.get, service.attach, service.close):
        with pytest.raises(TerminalNotFound):
            await verb(ben, name)
    assert [info.name for info in await service.list(ada)] == [name]


async def test_an_unknown_terminal_is_not_found_and_not_made(
    service: TerminalService, ada: Principal, machines: Machines
) -> None:
    for verb in (service.get, service.attach, service.close):
        with pytest.raises(TerminalNotFound):
            await verb(ada, "1")
    assert machines.shells == {}


async def test_only_who_may_run_code_in_a_project_opens_a_terminal_in_it(
    service: TerminalService, ben: Principal, victor: Principal, machines: Machines
) -> None:
    with pytest.raises(ProjectNotFound):
        await service.open(ben, WONDER)
    with pytest.raises(AccessDenied):
        await service.open(victor, WONDER)
    assert machines.shells == {}


async def test_who_is_no_member_any_more_cannot_come_back_to_a_terminal(
    service: TerminalService, carol: Principal, members: Members
) -> None:
    name = (await service.open(carol, WONDER)).name
    members.access[("carol", WONDER)] = Access.VIEWER
    with pytest.raises(AccessDenied):
        await service.attach(carol, name)
    del members.access[("carol", WONDER)]
    with pytest.raises(TerminalNotFound):
        await service.attach(carol, name)


async def test_a_user_has_so_many_terminals_and_not_more(
    service: TerminalService, ada: Principal, carol: Principal
) -> None:
    opened = await asyncio.gather(
        *(service.open(ada, WONDER) for _ in range(4)), return_exceptions=True
    )
    assert [type(one) for one in opened].count(LimitReached) == 1
    assert len(await service.list(ada)) == 3
    await service.open(carol, WONDER)


async def test_a_closed_terminal_makes_room_for_another(
    service: TerminalService, ada: Principal
) -> None:
    names = [(await service.open(ada, WONDER)).name for _ in range(3)]
    await service.close(ada, names[0])
    await service.open(ada, WONDER)


async def test_a_terminal_that_could_not_open_does_not_count(
    service: TerminalService, ada: Principal, machines: Machines
) -> None:
    sandbox = await machines.runtime(WONDER)
    await sandbox.end()
    for _ in range(4):
        with pytest.raises(SandboxGone):
            await service.open(ada, WONDER)
    del machines.shells[WONDER]
    await service.open(ada, WONDER)


async def test_shells_that_ended_while_nobody_looked_are_forgotten(
    service: TerminalService, ada: Principal, machines: Machines
) -> None:
    name = (await service.open(ada, WONDER)).name
    kept = (await service.open(ada, WONDER)).name
    unseen = Screen(await (await machines.runtime(WONDER)).attach_terminal(name))
    await unseen.type("exit\n")
    await unseen.ends()
    assert [info.name for info in await service.list(ada)] == [kept]
    with pytest.raises(TerminalNotFound):
        await service.get(ada, name)


async def test_when_the_shell_exits_its_viewers_are_told_and_it_is_forgotten(
    service: TerminalService, ada: Principal
) -> None:
    name = (await service.open(ada, WONDER)).name
    screens = [Screen(await service.attach(ada, name)) for _ in range(2)]
    await screens[0].type("exit\n")
    for screen in screens:
        await screen.ends()
    assert await service.list(ada) == []


async def test_closing_a_terminal_ends_it_for_everyone_who_looks(
    service: TerminalService, ada: Principal
) -> None:
    name = (await service.open(ada, WONDER)).name
    screen = Screen(await service.attach(ada, name))
    await service.close(ada, name)
    await screen.ends()
    with pytest.raises(TerminalNotFound):
        await service.attach(ada, name)


async def test_when_its_sandbox_stops_a_terminal_ends(
    service: TerminalService, ada: Principal, machines: Machines
) -> None:
    name = (await service.open(ada, WONDER)).name
    screen = Screen(await service.attach(ada, name))
    await machines.stop(WONDER)
    await screen.ends()
    assert await service.list(ada) == []


async def test_a_terminal_whose_sandbox_stopped_can_still_be_closed(
    service: TerminalService, ada: Principal, machines: Machines
) -> None:
    name = (await service.open(ada, WONDER)).name
    await machines.stop(WONDER)
    await service.close(ada, name)
    assert await service.list(ada) == []


async def test_two_who_look_at_one_terminal_see_the_same(
    service: TerminalService, ada: Principal
) -> None:
    name = (await service.open(ada, WONDER)).name
    one, other = [Screen(await service.attach(ada, name)) for _ in range(2)]
    await one.type("echo from o''ne\n")
    await other.shows("from one")
    await other.type("echo from the o''ther\n")
    await one.shows("from the other")


async def test_who_joins_later_sees_what_was_shown_before(
    service: TerminalService, ada: Principal
) -> None:
    name = (await service.open(ada, WONDER)).name
    first = Screen(await service.attach(ada, name))
    await first.type("echo ear''lier\n")
    await first.shows("earlier")
    later = Screen(await service.attach(ada, name))
    await later.shows("earlier")
    await first.type("echo la''ter\n")
    await later.shows("later")


async def test_a_shell_lives_on_when_nobody_looks_and_is_found_again(
    service: TerminalService, ada: Principal
) -> None:
    name = (await service.open(ada, WONDER)).name
    terminal = await service.attach(ada, name)
    await Screen(terminal).type("value=kept\n")
    await terminal.aclose()
    again = Screen(await service.attach(ada, name))
    await again.type("echo it was $value\n")
    await again.shows("it was kept")


async def test_the_screen_is_as_small_as_the_smallest_of_its_viewers(
    service: TerminalService, ada: Principal
) -> None:
    name = (await service.open(ada, WONDER)).name
    large, small = [await service.attach(ada, name) for _ in range(2)]
    screen = Screen(large)
    await large.resize(rows=50, columns=90)
    await small.resize(rows=60, columns=30)
    await screen.type("stty size\n")
    await screen.shows("50 30")
    await small.aclose()
    await screen.type("stty size\n")
    await screen.shows("50 90")


async def test_a_viewer_who_does_not_read_holds_the_shell_until_it_is_closed(
    service: TerminalService, ada: Principal
) -> None:
    name = (await service.open(ada, WONDER)).name
    reader = Screen(await service.attach(ada, name))
    idler = await service.attach(ada, name)
    await reader.type("seq 300000; echo all do''ne\n")
    await reader.shows("20000\r\n")
    waiting = asyncio.ensure_future(reader.shows("all done"))
    await idler.read()
    assert not waiting.done()
    await idler.aclose()
    assert "300000\r\n" in await waiting


async def test_activity_is_when_something_was_typed_or_shown(
    service: TerminalService, ada: Principal, time: Time
) -> None:
    info = await service.open(ada, WONDER)
    screen = Screen(await service.attach(ada, info.name))
    await screen.shows("$ ")
    time.pass_by(minutes=5)
    await screen.type("\n")
    await screen.shows("$ ")
    assert (await service.get(ada, info.name)).last_activity == time.now
    assert info.created_at == time.now - timedelta(minutes=5)


async def test_terminals_without_activity_are_closed(
    service: TerminalService, ada: Principal, carol: Principal, time: Time
) -> None:
    stale = (await service.open(ada, WONDER)).name
    screen = Screen(await service.attach(ada, stale))
    await screen.shows("$ ")
    time.pass_by(minutes=45)
    fresh = await service.open(carol, WONDER)
    time.pass_by(minutes=45)
    assert list(await service.cull(timedelta(hours=1))) == [stale]
    await screen.ends()
    assert await service.list(ada) == []
    assert await service.list(carol) == [fresh]


async def test_when_the_server_stops_the_shells_live_on(
    service: TerminalService, ada: Principal, machines: Machines
) -> None:
    name = (await service.open(ada, WONDER)).name
    screen = Screen(await service.attach(ada, name))
    await service.aclose()
    await screen.ends()
    assert await (await machines.runtime(WONDER)).terminals() == [name]
