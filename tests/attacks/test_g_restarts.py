"""G. Kernels that end as soon as they are started, by themselves or by those who use them.

``kernel_id``   a kernel of Alice's
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from platform_server.testing.conversations import text_of
from platform_server.testing.web_kernels import connected, start_kernel, value_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from platform_server.testing.kernel_sockets import KernelSocket
    from platform_server.testing.serving import Person

PROJECT = "storm"


@pytest.fixture
async def kernel_id(alice: Person, image: str) -> AsyncIterator[str]:
    del image  # it has to be there
    await alice.project(PROJECT)
    kernel_id = await start_kernel(alice, PROJECT)
    yield kernel_id
    await alice.http.delete(f"/api/kernels/{kernel_id}")


def states(socket: KernelSocket) -> list[str]:
    return [one.content.get("execution_state", "") for one in socket.messages]


async def test_089_a_kernel_that_ends_at_once_is_started_ever_more_slowly(
    alice: Person, kernel_id: str
) -> None:
    """Three ends in a row, and the third start comes seconds later; meanwhile all else goes on."""
    async with connected(alice, kernel_id) as socket:
        for _ in range(2):
            await socket.run("import os; os._exit(1)")
        await socket.execute("import os; os._exit(1)")
        await socket.until(lambda: states(socket).count("restarting") == 3)
        assert (await alice.http.get("/api/me")).status_code == 200
        assert text_of(await socket.run("print('again')")) == "again\n"


async def test_089_restarts_by_the_dozen_leave_one_kernel(alice: Person, kernel_id: str) -> None:
    async with connected(alice, kernel_id) as socket:
        before = await value_of(socket, "import psutil; len(psutil.pids())")
    answers = await asyncio.gather(
        *(alice.http.post(f"/api/kernels/{kernel_id}/restart") for _ in range(12))
    )
    assert {one.status_code for one in answers} <= {200, 409, 429, 503}
    assert 200 in {one.status_code for one in answers}
    async with connected(alice, kernel_id) as socket:
        after = await value_of(socket, "import psutil; len(psutil.pids())")
    assert after <= before
