"""Whether a sandbox answers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from platform_server.errors import PlatformError, SandboxBusy
from platform_server.sandboxes.model import Health

if TYPE_CHECKING:
    from platform_server.sandboxes.agent_runtime import AgentRuntime

_PATIENCE = 3.0  # seconds


async def look_at(runtime: AgentRuntime, *, patience: float = _PATIENCE) -> Health:
    """Ask a sandbox's agent something, and return how that went."""
    try:
        async with asyncio.timeout(patience):
            seconds = await runtime.ping()
    except TimeoutError:
        return Health(answers=False, latency_ms=None, detail=SandboxBusy().message)
    except PlatformError as error:
        return Health(answers=False, latency_ms=None, detail=error.message)
    return Health(answers=True, latency_ms=round(seconds * 1000, 2))
