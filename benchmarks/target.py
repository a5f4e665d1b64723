"""A server to be measured, and how to speak to it. The same code for stock and ours."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
from websockets.asyncio.client import connect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from playwright.async_api import BrowserContext
    from websockets.asyncio.client import ClientConnection
    from websockets.typing import Subprotocol

PATIENCE = 60.0  # seconds until a step of a measurement is given up


@dataclass(frozen=True, kw_only=True)
class Target:
    """One signed-in user of one running server."""

    name: str  # "ours" or "stock"
    address: str  # host:port
    token: str
    folder: str  # where this user's documents are: a project, or "" for the root
    pid: int  # of the server
    http: httpx.AsyncClient
    cool: Callable[[], Awaitable[None]]  # ends everything that makes the next start faster
    waiting: Callable[[], Awaitable[int]]  # how many sandboxes wait for whoever comes
    new_user: Callable[[], Awaitable[Target]]  # signs up one more user
    enter: Callable[[BrowserContext], Awaitable[None]]  # signs a browser in
    without_pool: Target | None = None  # the same, on a server where no sandbox ever waits
    with_page: Target | None = None  # the same, with JupyterLab's page; None: this one has it

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        """Make a request; return the JSON of its answer. Raises httpx.HTTPStatusError."""
        response = await self.http.request(method, path, json=body)
        response.raise_for_status()
        return response.json() if response.content else None

    @property
    def url(self) -> str:
        """Where a browser goes, without a slash at the end."""
        return f"http://{self.address}"

    def place(self, name: str) -> str:
        """Return the path of a document of this user."""
        return f"{self.folder}/{name}".strip("/")

    def contents(self, name: str) -> str:
        """Return where the contents API has a document of this user."""
        return f"/api/contents/{quote(self.place(name))}"

    @asynccontextmanager
    async def socket(
        self, path: str, subprotocol: Subprotocol | None = None
    ) -> AsyncIterator[ClientConnection]:
        """Open a websocket."""
        async with connect(
            f"ws://{self.address}{path}",
            additional_headers={"Authorization": f"Bearer {self.token}"},
            subprotocols=[subprotocol] if subprotocol else None,
            compression=None,
            max_size=None,
            open_timeout=PATIENCE,
        ) as socket:
            yield socket


def client(address: str, token: str) -> httpx.AsyncClient:
    """Return an HTTP client that is signed in by a token."""
    return httpx.AsyncClient(
        base_url=f"http://{address}",
        headers={"Authorization": f"Bearer {token}"},
        timeout=PATIENCE,
        trust_env=False,
    )
