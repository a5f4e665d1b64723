"""Commands in a real sandbox."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from platform_server.sandboxes.agent_runtime import AgentRuntime
    from platform_server.sandboxes.model import CommandOutput
    from platform_server.testing.sandbox_fixtures import Inside


async def test_a_command_tells_its_outputs_apart_and_its_exit_code(inside: Inside) -> None:
    result = await inside("echo out; echo err >&2; exit 7")
    assert (result.stdout, result.stderr, result.exit_code) == (b"out\n", b"err\n", 7)


async def test_a_command_reads_its_input_to_the_end(sandbox: AgentRuntime) -> None:
    data = b"x" * 300_000
    result = await sandbox.execute(["wc", "-c"], cwd="", timeout=10, stdin=data, output_limit=100)
    assert result.stdout == b"300000\n"


async def test_output_beyond_the_limit_is_dropped_and_marked(sandbox: AgentRuntime) -> None:
    result = await sandbox.execute(
        ["head", "-c", "5000000", "/dev/zero"], cwd="", timeout=20, stdin=b"", output_limit=1000
    )
    assert (len(result.stdout), result.truncated, result.exit_code) == (1000, True, 0)


async def test_a_command_beyond_its_time_is_ended_with_its_children(
    sandbox: AgentRuntime, inside: Inside
) -> None:
    result = await sandbox.execute(
        ["bash", "-c", "sleep 1234 & sleep 1234"], cwd="", timeout=0.5, stdin=b"", output_limit=100
    )
    left = await inside("pgrep -f '^sleep 1234'")
    assert result.exit_code == 124
    assert left.stdout == b""


async def test_a_missing_command_is_told_as_the_shell_does(sandbox: AgentRuntime) -> None:
    result = await sandbox.execute(["nope"], cwd="", timeout=10, stdin=b"", output_limit=100)
    assert (result.exit_code, result.stderr) == (127, b"nope: command not found\n")


async def test_a_signal_shows_in_the_exit_code(inside: Inside) -> None:
    assert (await inside("kill -TERM $$")).exit_code == 143


async def test_many_commands_run_side_by_side(inside: Inside) -> None:
    results = await asyncio.gather(*(inside(f"echo {number}") for number in range(20)))
    assert [int(result.stdout) for result in results] == list(range(20))


async def test_output_is_handed_over_as_it_comes_and_waits_for_whoever_takes_it(
    sandbox: AgentRuntime,
) -> None:
    taken: list[CommandOutput] = []
    line = "echo err >&2; head -c 5000000 /dev/zero; exit 3"

    async def take(output: CommandOutput) -> None:
        await asyncio.sleep(0)
        taken.append(output)

    end = await sandbox.stream(
        ["bash", "-c", line], cwd="", timeout=30, stdin=b"", output_limit=10**9, take=take
    )
    out = [one.data for one in taken if one.stream == "stdout"]
    err = [one.data for one in taken if one.stream == "stderr"]
    assert (end.exit_code, end.truncated) == (3, False)
    assert b"".join(err) == b"err\n"
    assert sum(map(len, out)) == 5_000_000
    assert max(map(len, out)) <= 1 << 16


async def test_streamed_output_beyond_the_limit_is_dropped_and_marked(
    sandbox: AgentRuntime,
) -> None:
    taken: list[bytes] = []

    async def take(output: CommandOutput) -> None:
        taken.append(output.data)

    end = await sandbox.stream(
        ["head", "-c", "300000", "/dev/zero"],
        cwd="",
        timeout=30,
        stdin=b"",
        output_limit=1000,
        take=take,
    )
    assert (len(b"".join(taken)), end.truncated, end.exit_code) == (1000, True, 0)


async def test_a_command_that_nobody_listens_to_any_more_is_ended_with_its_children(
    sandbox: AgentRuntime, inside: Inside
) -> None:
    class GoneError(Exception):
        """Whoever took the output has gone."""

    async def take(_output: CommandOutput) -> None:
        raise GoneError

    line = "sleep 2345 & echo there; wait"
    with pytest.raises(GoneError):
        await sandbox.stream(
            ["bash", "-c", line], cwd="", timeout=300, stdin=b"", output_limit=100, take=take
        )
    async with asyncio.timeout(30):
        while (await inside("pgrep -f '^sleep 2345'")).stdout:
            pass
    assert not sandbox.is_executing
