"""What is looked at again and again, whatever happens."""

from __future__ import annotations

import asyncio
import errno
import os

from platform_server.errors import EngineUnavailable
from platform_server.sandboxes.rounds import Rounds

PATIENCE = 30.0  # seconds


async def test_a_machine_that_is_short_of_something_ends_no_round() -> None:
    troubles = [OSError(errno.EMFILE, os.strerror(errno.EMFILE)), EngineUnavailable()]
    looked = asyncio.Event()

    async def look() -> None:
        if troubles:
            raise troubles.pop()
        looked.set()

    rounds = Rounds(look, every=0.0)
    rounds.start()
    async with asyncio.timeout(PATIENCE):
        await looked.wait()
    for _ in range(2):
        await rounds.aclose()
