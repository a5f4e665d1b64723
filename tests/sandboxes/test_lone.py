"""Sandboxes for work that nobody waits for stand back."""

from __future__ import annotations

import asyncio

from platform_server.sandboxes.turns import after


async def test_one_that_nobody_waits_for_starts_after_everybody_and_with_memory_left() -> None:
    person = asyncio.Event()
    starts = [asyncio.create_task(person.wait())]
    looks = iter([False, False, True])
    looked: list[bool] = []

    def has_room() -> bool:
        looked.append(next(looks))
        return looked[-1]

    turn = asyncio.create_task(after(lambda: starts, has_room, every=0.0))
    await asyncio.sleep(0)
    assert looked == []
    person.set()
    await asyncio.gather(*starts)
    starts.clear()

    await turn

    assert looked == [False, False, True]
