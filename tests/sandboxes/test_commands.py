"""Commands in a real sandbox."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from platform_server.sandboxes.agent_runtime import AgentRuntime
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
