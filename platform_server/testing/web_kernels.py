"""Kernels of a real server, as people use them over HTTP and a websocket."""

from __future__ import annotations

import ast
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from platform_server.testing.conversations import text_of
from platform_server.testing.kernel_sockets import kernel_socket

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager

    from platform_server.testing.kernel_sockets import KernelSocket
    from platform_server.testing.serving import Person


async def start_kernel(person: Person, path: str, **more: Any) -> str:
    """Start a kernel in the folder at ``path``; returns its id."""
    answer = await person.http.post("/api/kernels", json={"path": path, **more})
    assert answer.is_success, answer.text
    return str(answer.json()["id"])


def connected(
    person: Person, kernel_id: str, **options: Any
) -> AbstractAsyncContextManager[KernelSocket]:
    """Connect to a kernel while the context lasts."""
    return kernel_socket(person.server.url, kernel_id, person.token, **options)


@asynccontextmanager
async def kernel_of(person: Person, path: str, **more: Any) -> AsyncIterator[KernelSocket]:
    """Start a kernel and connect to it; it is shut down at the end."""
    kernel_id = await start_kernel(person, path, **more)
    try:
        async with connected(person, kernel_id) as socket:
            yield socket
    finally:
        await person.http.delete(f"/api/kernels/{kernel_id}")


async def value_of(socket: KernelSocket, code: str) -> Any:
    """Run code whose last expression is a plain Python value, and return that."""
    answers = await socket.run(code)
    results = [one.content for one in answers if one.header.type == "execute_result"]
    assert results, text_of(answers) or [one.content for one in answers]
    return ast.literal_eval(results[-1]["data"]["text/plain"])
