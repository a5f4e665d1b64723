"""Fixtures: ``ask`` sends a kernel one request and returns its reply; see also sandbox_fixtures."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest_asyncio
import zmq
import zmq.asyncio
from jupyter_client.session import Session

if TYPE_CHECKING:
    from platform_server.sandboxes.runtime import KernelEndpoints

KEY = b"0123456789abcdef"
Ask: TypeAlias = Callable[..., Awaitable[dict[str, Any]]]


@pytest_asyncio.fixture
async def ask() -> AsyncIterator[Ask]:
    context = zmq.asyncio.Context()

    async def send(
        endpoints: KernelEndpoints, kind: str = "kernel_info_request", **content: Any
    ) -> dict[str, Any]:
        session, socket = Session(key=KEY), context.socket(zmq.DEALER)
        socket.connect(f"ipc://{endpoints.ip}-{endpoints.shell_port}")
        await socket.send_multipart(session.serialize(session.msg(kind, content)))
        async with asyncio.timeout(30):
            _, frames = session.feed_identities(await socket.recv_multipart())
        socket.close(0)
        return dict(session.deserialize(frames)["content"])

    yield send
    context.destroy(0)
