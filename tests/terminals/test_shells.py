"""What the terminal verbs of every sandbox promise, the twin's and the real one's alike."""

from __future__ import annotations

import re
import signal
from typing import TYPE_CHECKING

import pytest

from platform_server.clock import new_id
from platform_server.errors import SandboxGone, TerminalNotFound
from platform_server.sandboxes.model import EndCause, TerminalName
from platform_server.testing.screens import Screen

if TYPE_CHECKING:
    from platform_server.testing.screens import EndableShells


async def opened(shells: EndableShells, cwd: str = "") -> TerminalName:
    name = TerminalName(new_id())
    await shells.open_terminal(name, cwd=cwd, rows=24, columns=80)
    return name


async def new_screen(shells: EndableShells, cwd: str = "") -> Screen:
    """Return the screen of a new shell that has shown its prompt."""
    screen = Screen(await shells.attach_terminal(await opened(shells, cwd)))
    await screen.shows("$ ")
    return screen


async def test_a_shell_starts_in_the_folder_asked_for(shells: EndableShells) -> None:
    screen = await new_screen(shells, "deep/er")
    await screen.type("basename $PWD; basename $(dirname $PWD)\n")
    await screen.shows("er\r\ndeep\r\n")


async def test_a_shell_is_interactive_in_a_terminal_with_colours(shells: EndableShells) -> None:
    screen = await new_screen(shells)
    await screen.type("[[ -t 0 && -t 1 && $- == *i* ]] && echo yes=$TERM\n")
    await screen.shows("yes=xterm-256color")


async def test_the_screen_has_the_size_it_was_opened_with(shells: EndableShells) -> None:
    screen = await new_screen(shells)
    await screen.type("stty size\n")
    await screen.shows("24 80")


async def test_a_new_size_reaches_the_program_at_once(shells: EndableShells) -> None:
    terminal = await shells.attach_terminal(await opened(shells))
    screen = Screen(terminal)
    await screen.type("trap 'stty size' WINCH; echo rea''dy\n")
    await screen.shows("ready")
    await terminal.resize(rows=11, columns=37)
    await screen.type("\n")
    await screen.shows("11 37")


async def test_control_c_interrupts_the_program_and_not_the_shell(shells: EndableShells) -> None:
    screen = await new_screen(shells)
    await screen.type("bash -c \"echo wai''ting; exec cat\"\n")
    await screen.shows("waiting")
    await screen.type("\x03")
    await screen.shows("^C")
    await screen.shows("$ ")
    await screen.type("echo status $?\n")
    await screen.shows("status 130")


async def test_a_shell_that_exits_ends_the_output_and_is_not_found_again(
    shells: EndableShells,
) -> None:
    name = await opened(shells)
    screen = Screen(await shells.attach_terminal(name))
    await screen.type("echo bye; exit\n")
    assert "bye\r\n" in await screen.ends()
    assert name not in await shells.terminals()
    with pytest.raises(TerminalNotFound):
        await shells.attach_terminal(name)


async def test_closing_ends_what_the_shell_started_in_the_background_too(
    shells: EndableShells,
) -> None:
    witness = await new_screen(shells)
    name = await opened(shells)
    screen = Screen(await shells.attach_terminal(name))
    await screen.type("(trap '' HUP; exec sleep 8642) & echo st''arted\n")
    await screen.shows("started")
    await shells.close_terminal(name)
    await screen.ends()
    await witness.type(
        "while grep -qsa 'sleep.8642' /proc/[0-9]*/cmdline; do :; done; echo go''ne\n"
    )
    await witness.shows("gone")


async def test_closing_twice_is_no_error(shells: EndableShells) -> None:
    name = await opened(shells)
    await shells.close_terminal(name)
    await shells.close_terminal(name)
    await shells.close_terminal(TerminalName("neverthere"))


async def test_a_shell_goes_on_while_nobody_looks_and_shows_its_recent_output(
    shells: EndableShells,
) -> None:
    name = await opened(shells)
    first = await shells.attach_terminal(name)
    await Screen(first).type("seq 300000; touch done; echo th''e end\n")
    await first.aclose()
    await first.aclose()
    witness = await new_screen(shells)
    await witness.type("until test -e done; do :; done; echo it w''ent on\n")
    await witness.shows("it went on")
    again = Screen(await shells.attach_terminal(name))
    lines = (await again.shows("the end")).split("\r\n")
    number = re.search(r"\d+$", lines[0])  # behind what clears the screen
    assert number is not None
    assert int(lines[1]) == int(number[0]) + 1  # the first line is a whole one
    assert lines[-3:-1] == ["299999", "300000"]


async def test_whoever_reads_slowly_loses_nothing(shells: EndableShells) -> None:
    screen = await new_screen(shells)
    await screen.type("seq 500000; echo th''e end\n")
    lines = (await screen.shows("the end")).split("\r\n")
    first = lines.index("2")
    assert lines[first : first + 499_999] == [str(number) for number in range(2, 500_001)]


async def test_a_large_paste_arrives_whole(shells: EndableShells) -> None:
    screen = await new_screen(shells)
    await screen.type("stty -echo; echo rea''dy; md5sum\n")
    await screen.shows("ready")
    await screen.type("0123456789abcdef\n" * 20_000 + "\x04")
    assert "72c731bc9507b019083c0138e5abcd4f" in await screen.shows("  -")


async def test_when_the_sandbox_ends_every_terminal_does(shells: EndableShells) -> None:
    name = await opened(shells)
    screen = Screen(await shells.attach_terminal(name))
    await screen.shows("$ ")
    await shells.end()
    await screen.ends()
    with pytest.raises(SandboxGone):
        await shells.attach_terminal(name)
    with pytest.raises(SandboxGone):
        await shells.terminals()


async def test_a_shell_that_was_killed_says_so(shells: EndableShells) -> None:
    name = await opened(shells)
    screen = Screen(await shells.attach_terminal(name))
    await screen.shows("$ ")
    await screen.type("kill -9 $$\n")
    await screen.ends()
    ended = await shells.shell_end(name)
    assert ended is not None
    assert (ended.cause, ended.signal) == (EndCause.KILLED, signal.SIGKILL)
