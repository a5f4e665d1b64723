"""What one more person costs: in the server, and in the sandbox."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from benchmarks.kernels import running_kernel
from benchmarks.processes import children, pss
from benchmarks.rounds import Goal, Measure

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from benchmarks.target import Target

USERS = 6
_MB = 1_000_000


async def work(target: Target, stack: AsyncExitStack) -> None:
    """Do what makes somebody a user: look at files, have a kernel, listen to events."""
    await target.call("GET", target.contents(""))
    await stack.enter_async_context(running_kernel(target, "user.ipynb"))
    await stack.enter_async_context(target.socket("/api/events/subscribe"))


async def another_user(target: Target) -> AsyncGenerator[float, None]:
    """How much the server grows for each additional user with an idle kernel."""
    async with AsyncExitStack() as stack:
        await work(target, stack)
        before = pss(target.pid)
        for _ in range(USERS):
            await work(await target.new_user(), stack)
        yield (pss(target.pid) - before) / USERS / _MB


async def another_server(target: Target) -> AsyncGenerator[float, None]:
    """Weigh a whole server, without its kernel: a stock one serves one user."""
    async with AsyncExitStack() as stack:
        await work(target, stack)
        yield pss(target.pid) / _MB


async def idle_sandbox(target: Target) -> AsyncGenerator[float, None]:
    """Weigh a sandbox with one idle kernel, as its memory limit counts it."""
    await target.cool()
    async with running_kernel(target, "idle.ipynb"):
        containers = await target.call("GET", "/api/containers/")
        running = next(one for one in containers if one["state"] == "running")
        shown = await target.call("GET", f"/api/containers/{running['id']}")
        yield shown["usage"]["memory_bytes"] / _MB


async def idle_kernel(target: Target) -> AsyncGenerator[float, None]:
    """Weigh a local kernel's process."""
    others = set(children(target.pid))
    async with running_kernel(target, "idle.ipynb"):
        yield sum(pss(pid) for pid in set(children(target.pid)) - others) / _MB


MEASURES = (
    Measure(
        title="server memory for one more user with an idle kernel",
        unit="MB",
        ours=another_user,
        stock=another_server,
        rounds=1,
        quick_rounds=1,
        goal=Goal(value=5),
    ),
    Measure(
        title="idle sandbox with a kernel (stock: the kernel's process)",
        unit="MB",
        ours=idle_sandbox,
        stock=idle_kernel,
        rounds=1,
        quick_rounds=1,
        goal=Goal(value=65),
    ),
)
