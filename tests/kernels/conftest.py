"""Fixtures of the kernel tests.

zygote      forks kernels on this machine; one for all tests
runtime     a sandbox of its own for the test, without a container
connect     starts a kernel in it and returns a Conversation with it over a KernelLink
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import pytest

from platform_server.sandboxes.model import EndCause
from platform_server.testing.conversations import Conversation, Observer, launch, new_link
from platform_server.testing.runtime import LocalRuntime, Zygote

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path


@pytest.fixture(scope="session")
async def zygote() -> AsyncIterator[Zygote]:
    zygote = Zygote()
    await zygote.start()
    yield zygote
    await zygote.aclose()


@pytest.fixture
async def runtime(zygote: Zygote, tmp_path: Path) -> AsyncIterator[LocalRuntime]:
    runtime = LocalRuntime(zygote, tmp_path)
    yield runtime
    await runtime.stop(EndCause.USER)


@pytest.fixture
async def connect(
    runtime: LocalRuntime,
) -> AsyncIterator[Callable[..., Awaitable[Conversation]]]:
    async with AsyncExitStack() as stack:

        async def connect(**options: Any) -> Conversation:
            observer = Observer()
            link = new_link(observer, **options)
            stack.push_async_callback(link.aclose)
            process = await runtime.start_kernel(launch("one"))
            await link.connect(process.endpoints)
            return Conversation(link, observer, process)

        yield connect
