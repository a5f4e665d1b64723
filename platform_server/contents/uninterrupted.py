"""Steps that belong together are carried out together, whatever happens to who asked for them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

Result = TypeVar("Result")


async def uninterrupted(steps: Coroutine[None, None, Result]) -> Result:
    """Return what the steps return; a cancellation that comes meanwhile takes effect after them."""
    task = asyncio.ensure_future(steps)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
