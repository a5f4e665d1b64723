"""Steps that belong together are carried out to their end, whatever happens meanwhile."""

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


async def together(*steps: Coroutine[None, None, Result]) -> list[Result]:
    """Return what the steps return; if one fails, raise that when all have come to their end."""
    outcomes = await asyncio.gather(*steps, return_exceptions=True)
    results: list[Result] = []
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
        results.append(outcome)
    return results
