"""Terminals in a real sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from platform_server.clock import new_id
from platform_server.errors import TerminalNotFound
from platform_server.sandboxes.model import TerminalName

if TYPE_CHECKING:
    from platform_server.sandboxes.agent_runtime import AgentRuntime
    from platform_server.sandboxes.runtime import Terminal


async def read_until(terminal: Terminal, wanted: bytes) -> bytes:
    seen = b""
    while wanted not in seen:
        data = await terminal.read()
        assert data, seen
        seen += data
    return seen


async def opened(sandbox: AgentRuntime) -> TerminalName:
    name = TerminalName(new_id())
    await sandbox.open_terminal(name, cwd="", rows=30, columns=100)
    return name


async def test_a_shell_is_a_real_terminal(sandbox: AgentRuntime) -> None:
    name = await opened(sandbox)
    terminal = await sandbox.attach_terminal(name)
    await terminal.write(b"tty; stty size; pwd\n")
    seen = await read_until(terminal, b"/workspace\r\n")
    await sandbox.close_terminal(name)
    assert b"/dev/pts/" in seen
    assert b"30 100" in seen


async def test_a_resize_reaches_the_shell(sandbox: AgentRuntime) -> None:
    name = await opened(sandbox)
    terminal = await sandbox.attach_terminal(name)
    await terminal.resize(rows=12, columns=34)
    await terminal.write(b"stty size\n")
    assert await read_until(terminal, b"12 34")
    await sandbox.close_terminal(name)


async def test_a_shell_outlives_its_viewers_and_shows_what_they_missed(
    sandbox: AgentRuntime,
) -> None:
    name = await opened(sandbox)
    first = await sandbox.attach_terminal(name)
    await first.write(b"echo first-$((20+1)); read -t 60 line; echo got-$line\n")
    await read_until(first, b"first-21")
    await first.aclose()
    second = await sandbox.attach_terminal(name)
    assert await read_until(second, b"first-21")
    await second.write(b"back\n")
    assert await read_until(second, b"got-back")
    await sandbox.close_terminal(name)


async def test_closing_ends_the_shell_and_what_it_started(sandbox: AgentRuntime) -> None:
    name = await opened(sandbox)
    terminal = await sandbox.attach_terminal(name)
    await terminal.write(b"sleep 4321 & echo started-$((1+1))\n")
    await read_until(terminal, b"started-2")
    await sandbox.close_terminal(name)
    while await terminal.read():
        pass
    assert name not in await sandbox.terminals()
    with pytest.raises(TerminalNotFound):
        await sandbox.attach_terminal(name)


async def test_a_slow_reader_stops_the_writer_and_loses_nothing(sandbox: AgentRuntime) -> None:
    name = await opened(sandbox)
    terminal = await sandbox.attach_terminal(name)
    await terminal.write(b"seq 1 200000 | md5sum; seq 1 200000; echo end-$((1+1))\n")
    seen = await read_until(terminal, b"end-2")
    await sandbox.close_terminal(name)
    assert all(f"\n{number}\r".encode() in seen for number in range(1000, 200000, 997))
