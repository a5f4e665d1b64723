"""The platform, with a fresh PLATFORM_HOME."""

from __future__ import annotations

import os
import re
import secrets
import sys
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.processes import free_port, run, serving
from benchmarks.target import Target, client

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    import httpx
    from playwright.async_api import BrowserContext

PROJECT = "bench"
_COMMAND = str(Path(sys.executable).with_name("jupyter-platform"))


@asynccontextmanager
async def ours(
    folder: Path, *options: str, without_pool: Target | None = None
) -> AsyncIterator[Target]:
    """Run it with one user, who has one project."""
    address = f"127.0.0.1:{free_port()}"
    env = os.environ | {
        "PLATFORM_HOME": str(folder / "home"),
        "PLATFORM_PORT": address.rpartition(":")[2],
    }
    async with (
        serving([_COMMAND, *options], address=address, env=env, log=folder / "log") as pid,
        AsyncExitStack() as clients,
    ):
        installation = _Installation(
            address=address, pid=pid, env=env, clients=clients, without_pool=without_pool
        )
        yield await installation.new_user()


@dataclass(frozen=True, kw_only=True)
class _Installation:
    address: str
    pid: int
    env: Mapping[str, str]
    clients: AsyncExitStack  # closed with the server
    without_pool: Target | None
    admins: list[httpx.AsyncClient] = field(default_factory=list)  # signed up when needed

    async def waiting(self) -> int:
        """Return how many sandboxes wait for whoever comes."""
        if not self.admins:
            email, password = "admin@bench.example.org", secrets.token_urlsafe(16)
            token = await self._new_token(email, password, role="admin")
            admin = await self.clients.enter_async_context(client(self.address, token))
            self.admins.append(admin)
        overview = (await self.admins[0].get("/api/admin/overview")).raise_for_status().json()
        return int(overview["pool"]["waiting"])

    async def new_user(self) -> Target:
        """Sign up a user with a project."""
        email, password = f"user-{secrets.token_hex(4)}@example.org", secrets.token_urlsafe(16)
        token = await self._new_token(email, password)
        http = await self.clients.enter_async_context(client(self.address, token))
        answer = await http.post("/api/projects/", json={"name": PROJECT})
        answer.raise_for_status()
        return Target(
            name="ours",
            address=self.address,
            token=token,
            folder=PROJECT,
            pid=self.pid,
            http=http,
            cool=lambda: _stop_sandboxes(http),
            new_user=self.new_user,
            waiting=self.waiting,
            enter=lambda browser: _sign_in(browser, f"http://{self.address}", email, password),
            without_pool=self.without_pool,
        )

    async def _new_token(self, email: str, password: str, role: str = "learner") -> str:
        add_user = [_COMMAND, "user", "add", email, f"--role={role}", "--password-stdin"]
        await run(add_user, env=self.env, stdin=password)
        add_token = [_COMMAND, "token", "add", email, "--name=benchmarks"]
        return (await run(add_token, env=self.env)).strip()


async def _sign_in(browser: BrowserContext, url: str, email: str, password: str) -> None:
    page = await (await browser.request.get(f"{url}/login")).text()
    found = re.search(r'name="_xsrf" value="([^"]+)"', page)
    assert found is not None
    form = {"_xsrf": found[1], "email": email, "password": password}
    answer = await browser.request.post(f"{url}/login", form=form)
    assert answer.ok, answer.status


async def _stop_sandboxes(http: httpx.AsyncClient) -> None:
    for container in (await http.get("/api/containers/")).raise_for_status().json():
        if container["state"] == "running":
            (await http.delete(f"/api/containers/{container['id']}")).raise_for_status()
