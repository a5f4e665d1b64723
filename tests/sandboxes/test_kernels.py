"""Kernels in a real sandbox."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

import pytest

from platform_server.clock import new_id
from platform_server.identity.model import UserId
from platform_server.projects.model import ProjectId
from platform_server.sandboxes.model import EndCause, KernelId, KernelLaunch

if TYPE_CHECKING:
    from platform_server.sandboxes.agent_runtime import AgentRuntime
    from platform_server.sandboxes.service import SandboxService
    from tests.sandboxes.conftest import Ask

KEY = b"0123456789abcdef"


def launch(kernel_id: str | None = None, cwd: str = "") -> KernelLaunch:
    return KernelLaunch(
        kernel_id=KernelId(kernel_id or new_id()),
        kernel_name="python3",
        owner_id=UserId("somebody"),
        key=KEY,
        cwd=cwd,
        env={"JPY_SESSION_NAME": "a.ipynb"},
    )


async def evaluate(ask: Ask, kernel: object, expression: str) -> str:
    """Return what an expression is in the kernel, as text."""
    reply = await ask(
        kernel.endpoints,  # type: ignore[attr-defined]  # any kernel
        "execute_request",
        code="",
        user_expressions={"it": expression},
    )
    return str(reply["user_expressions"]["it"]["data"]["text/plain"])


async def test_a_kernel_is_forked_by_the_agent(sandbox: AgentRuntime, ask: Ask) -> None:
    kernel = await sandbox.start_kernel(launch())
    parent = await evaluate(ask, kernel, "__import__('os').getppid()")
    await kernel.kill()
    assert parent == "1"


async def test_a_first_tab_offers_what_is_there_and_loads_no_analyser(
    sandbox: AgentRuntime, ask: Ask
) -> None:
    kernel = await sandbox.start_kernel(launch())
    await evaluate(ask, kernel, "globals().update(math=__import__('math'))")

    offered = await ask(
        kernel.endpoints, "complete_request", code="math.isq", cursor_pos=len("math.isq")
    )

    is_analysed = await evaluate(ask, kernel, "'parso.python.tree' in __import__('sys').modules")
    await kernel.kill()
    assert [match.rpartition(".")[2] for match in offered["matches"]] == ["isqrt"]
    assert is_analysed == "False"


async def test_a_kernel_finds_its_folder_and_no_secret(sandbox: AgentRuntime, ask: Ask) -> None:
    await sandbox.execute(
        ["mkdir", "-p", "deep/er"], cwd="", timeout=10, stdin=b"", output_limit=100
    )
    kernel = await sandbox.start_kernel(launch(cwd="deep/er"))
    folder = await evaluate(ask, kernel, "__import__('os').getcwd()")
    names = await evaluate(ask, kernel, "sorted(__import__('os').environ)")
    await kernel.kill()
    assert folder == "'/workspace/deep/er'"
    assert not {"KEY", "SECRET", "TOKEN", "DATABASE", "SUPABASE"} & set(names.upper().split("_"))


async def test_a_restart_keeps_the_endpoints_and_forgets_the_variables(
    sandbox: AgentRuntime, ask: Ask
) -> None:
    first = await sandbox.start_kernel(launch("again"))
    await ask(first.endpoints, "execute_request", code="x = 1")
    second = await sandbox.start_kernel(launch("again"))
    forgotten = await evaluate(ask, second, "'x' in globals()")
    await second.kill()
    assert first.endpoints == second.endpoints
    assert first.poll() is not None
    assert forgotten == "False"


async def test_a_kernel_that_is_killed_from_inside_says_so(sandbox: AgentRuntime, ask: Ask) -> None:
    kernel = await sandbox.start_kernel(launch())
    pid = await evaluate(ask, kernel, "__import__('os').getpid()")
    await sandbox.execute(["kill", "-9", pid], cwd="", timeout=10, stdin=b"", output_limit=100)
    ended = await kernel.wait()
    assert (ended.cause, ended.signal) == (EndCause.KILLED, signal.SIGKILL)


async def test_killing_a_kernel_ends_what_it_started(sandbox: AgentRuntime, ask: Ask) -> None:
    kernel = await sandbox.start_kernel(launch())
    child = await evaluate(ask, kernel, "__import__('subprocess').Popen(['sleep', '1000']).pid")
    await kernel.kill()
    left = await sandbox.execute(
        ["test", "-e", f"/proc/{child}/cwd"], cwd="", timeout=10, stdin=b"", output_limit=100
    )
    assert left.exit_code == 1
    assert (await kernel.wait()).cause is EndCause.USER


MEMORY = "b = bytearray(3 * 10**9)\nfor at in range(0, len(b), 4096): b[at] = 1"
EXIT = "import os; os._exit(3)"
DISK = f"""
with open("/tmp/full", "wb") as file:
    try:
        while file.write(bytes(1 << 20)): pass
    except OSError: {EXIT}
"""
PROCESSES = f"""
import subprocess
try:
    while subprocess.Popen(["sleep", "9"]): pass
except OSError: {EXIT}
"""


@pytest.mark.parametrize(
    ("code", "cause", "words"),
    [
        (EXIT, EndCause.EXITED, "exit code 3"),
        (MEMORY, EndCause.OUT_OF_MEMORY, "all of its 512 MB"),
        (PROCESSES, EndCause.PROCESS_LIMIT, "256 processes"),
        (DISK, EndCause.DISK_FULL, "no room left in /tmp"),
    ],
)
async def test_the_cause_of_an_end_is_told(
    sandboxes: SandboxService, ask: Ask, code: str, cause: EndCause, words: str
) -> None:
    runtime = await sandboxes.runtime(ProjectId("dying"))
    kernel = await runtime.start_kernel(launch())
    await ask(kernel.endpoints)
    waiting = asyncio.ensure_future(ask(kernel.endpoints, "execute_request", code=code))
    ended = await kernel.wait()
    waiting.cancel()
    assert ended.cause is cause
    assert words in ended.detail
    assert ended.evidence is not None
    assert ended.evidence.memory_limit_bytes == 512 * 2**20
    if cause is EndCause.OUT_OF_MEMORY:
        assert ended.evidence.memory_peak_bytes > 500 * 2**20


async def test_the_sandbox_outlives_a_kernel_without_memory(sandboxes: SandboxService) -> None:
    runtime = await sandboxes.runtime(ProjectId("dying"))
    result = await runtime.execute(["true"], cwd="", timeout=10, stdin=b"", output_limit=10)
    assert result.exit_code == 0
