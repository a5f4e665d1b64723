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
from platform_server.projects.model import Access, ProjectId
from platform_server.testing.screens import Screen

if TYPE_CHECKING:
    from conftest import Machines, Members, Time

    from platform_server.identity.model import Principal
    from platform_server.terminals.service import TerminalService

WONDER = ProjectId("wonder")


async def test_a_terminal_opens_in_the_projects_folder_and_answers(
    service: TerminalService, alice: Principal
):
    info = await service.open(alice, WONDER)
    screen = Screen(await service.attach(alice, info.name))
    await screen.type("basename $(dirname $PWD)\n")
    await screen.shows("wonder\r\n")


async def test_names_are_words_that_nobody_can_guess(service: TerminalService, alice: Principal):
    names = [(await service.open(alice, WONDER)).name for _ in range(3)]
    assert len(set(names)) == 3
    assert all(name.isalnum() and name.isascii() and len(name) >= 26 for name in names)


async def test_one_sees_ones_own_terminals_oldest_first(
    service: TerminalService, alice: Principal, bob: Principal
):
    opened = [await service.open(alice, WONDER), await service.open(alice, WONDER)]
    assert await service.list(alice) == opened
    assert await service.list(bob) == []


async def test_somebody_elses_terminal_is_not_found_whatever_one_does(
    service: TerminalService, alice: Principal, bob: Principal
):
    name = (await service.open(alice, WONDER)).name
    for verb in (service.get, service.attach, service.close):
        with pytest.raises(TerminalNotFound):
            await verb(bob, name)
    assert [info.name for info in await service.list(alice)] == [name]


async def test_an_unknown_terminal_is_not_found_and_not_made(
    service: TerminalService, alice: Principal, machines: Machines
):
    for verb in (service.get, service.attach, service.close):
        with pytest.raises(TerminalNotFound):
            await verb(alice, "1")
    assert machines.running == {}


async def test_only_who_may_run_code_in_a_project_opens_a_terminal_in_it(
    service: TerminalService, bob: Principal, victor: Principal, machines: Machines
):
    with pytest.raises(ProjectNotFound):
        await service.open(bob, WONDER)
    with pytest.raises(AccessDenied):
        await service.open(victor, WONDER)
    assert machines.running == {}


async def test_who_is_no_member_any_more_cannot_come_back_to_a_terminal(
    service: TerminalService, carol: Principal, members: Members
):
    name = (await service.open(carol, WONDER)).name
    members.access[("carol", WONDER)] = Access.VIEWER
    with pytest.raises(AccessDenied):
        await service.attach(carol, name)
    del members.access[("carol", WONDER)]
    with pytest.raises(TerminalNotFound):
        await service.attach(carol, name)


async def test_a_user_has_so_many_terminals_and_not_more(
    service: TerminalService, alice: Principal, carol: Principal
):
    opened = await asyncio.gather(
        *(service.open(alice, WONDER) for _ in range(4)), return_exceptions=True
    )
    assert [type(one) for one in opened].count(LimitReached) == 1
    assert len(await service.list(alice)) == 3
    await service.open(carol, WONDER)


async def test_a_closed_terminal_makes_room_for_another(service: TerminalService, alice: Principal):
    names = [(await service.open(alice, WONDER)).name for _ in range(3)]
    await service.close(alice, names[0])
    await service.open(alice, WONDER)


async def test_a_terminal_that_could_not_open_does_not_count(
    service: TerminalService, alice: Principal, machines: Machines
):
    sandbox = await machines.runtime(WONDER)
    await sandbox.end()
    for _ in range(4):
        with pytest.raises(SandboxGone):
            await service.open(alice, WONDER)
    del machines.running[WONDER]
    await service.open(alice, WONDER)


async def test_shells_that_ended_while_nobody_looked_are_forgotten(
    service: TerminalService, alice: Principal, machines: Machines
):
    name = (await service.open(alice, WONDER)).name
    kept = (await service.open(alice, WONDER)).name
    unseen = Screen(await (await machines.runtime(WONDER)).attach_terminal(name))
    await unseen.type("exit\n")
    await unseen.ends()
    assert [info.name for info in await service.list(alice)] == [kept]
    with pytest.raises(TerminalNotFound):
        await service.get(alice, name)


async def test_when_the_shell_exits_its_viewers_are_told_and_it_is_forgotten(
    service: TerminalService, alice: Principal
):
    name = (await service.open(alice, WONDER)).name
    screens = [Screen(await service.attach(alice, name)) for _ in range(2)]
    await screens[0].type("exit\n")
    for screen in screens:
        await screen.ends()
    assert await service.list(alice) == []


async def test_closing_a_terminal_ends_it_for_everyone_who_looks(
    service: TerminalService, alice: Principal
):
    name = (await service.open(alice, WONDER)).name
    screen = Screen(await service.attach(alice, name))
    await service.close(alice, name)
    await screen.ends()
    with pytest.raises(TerminalNotFound):
        await service.attach(alice, name)


async def test_when_its_sandbox_stops_a_terminal_ends(
    service: TerminalService, alice: Principal, machines: Machines
):
    name = (await service.open(alice, WONDER)).name
    screen = Screen(await service.attach(alice, name))
    await machines.stop(WONDER)
    await screen.ends()
    assert await service.list(alice) == []


async def test_a_terminal_whose_sandbox_stopped_can_still_be_closed(
    service: TerminalService, alice: Principal, machines: Machines
):
    name = (await service.open(alice, WONDER)).name
    await machines.stop(WONDER)
    await service.close(alice, name)
    assert await service.list(alice) == []


async def test_two_who_look_at_one_terminal_see_the_same(
    service: TerminalService, alice: Principal
):
    name = (await service.open(alice, WONDER)).name
    one, other = [Screen(await service.attach(alice, name)) for _ in range(2)]
    await one.type("echo from o''ne\n")
    await other.shows("from one")
    await other.type("echo from the o''ther\n")
    await one.shows("from the other")


async def test_who_joins_later_sees_what_was_shown_before(
    service: TerminalService, alice: Principal
):
    name = (await service.open(alice, WONDER)).name
    first = Screen(await service.attach(alice, name))
    await first.type("echo ear''lier\n")
    await first.shows("earlier")
    later = Screen(await service.attach(alice, name))
    await later.shows("earlier")
    await first.type("echo la''ter\n")
    await later.shows("later")


async def test_a_shell_lives_on_when_nobody_looks_and_is_found_again(
    service: TerminalService, alice: Principal
):
    name = (await service.open(alice, WONDER)).name
    terminal = await service.attach(alice, name)
    await Screen(terminal).type("value=kept\n")
    await terminal.aclose()
    again = Screen(await service.attach(alice, name))
    await again.type("echo it was $value\n")
    await again.shows("it was kept")


async def test_the_screen_is_as_small_as_the_smallest_of_its_viewers(
    service: TerminalService, alice: Principal
):
    name = (await service.open(alice, WONDER)).name
    large, small = [await service.attach(alice, name) for _ in range(2)]
    screen = Screen(large)
    await large.resize(rows=50, columns=90)
    await small.resize(rows=60, columns=30)
    await screen.type("stty size\n")
    await screen.shows("50 30")
    await small.aclose()
    await screen.type("stty size\n")
    await screen.shows("50 90")


async def test_a_viewer_who_does_not_read_holds_the_shell_until_it_is_closed(
    service: TerminalService, alice: Principal
):
    name = (await service.open(alice, WONDER)).name
    reader = Screen(await service.attach(alice, name))
    idler = await service.attach(alice, name)
    await reader.type("seq 300000; echo all do''ne\n")
    await reader.shows("20000\r\n")
    waiting = asyncio.ensure_future(reader.shows("all done"))
    await idler.read()
    assert not waiting.done()
    await idler.aclose()
    assert "300000\r\n" in await waiting


async def test_activity_is_when_something_was_typed_or_shown(
    service: TerminalService, alice: Principal, time: Time
):
    info = await service.open(alice, WONDER)
    screen = Screen(await service.attach(alice, info.name))
    await screen.shows("$ ")
    time.pass_by(minutes=5)
    await screen.type("\n")
    await screen.shows("$ ")
    assert (await service.get(alice, info.name)).last_activity == time.now
    assert info.created_at == time.now - timedelta(minutes=5)


async def test_terminals_without_activity_are_closed(
    service: TerminalService, alice: Principal, carol: Principal, time: Time
):
    stale = (await service.open(alice, WONDER)).name
    screen = Screen(await service.attach(alice, stale))
    await screen.shows("$ ")
    time.pass_by(minutes=45)
    fresh = await service.open(carol, WONDER)
    time.pass_by(minutes=45)
    assert list(await service.cull(timedelta(hours=1))) == [stale]
    await screen.ends()
    assert await service.list(alice) == []
    assert await service.list(carol) == [fresh]


async def test_when_the_server_stops_the_shells_live_on(
    service: TerminalService, alice: Principal, machines: Machines
):
    name = (await service.open(alice, WONDER)).name
    screen = Screen(await service.attach(alice, name))
    await service.aclose()
    await screen.ends()
    assert await (await machines.runtime(WONDER)).terminals() == [name]
