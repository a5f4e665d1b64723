"""A real server in a process of its own, and people who use it over HTTP."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from websockets.asyncio.client import connect

from platform_server.app import make_identity
from platform_server.identity.model import ALL_SCOPES, Role, User
from platform_server.settings import settings_from
from platform_server.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence
    from contextlib import AbstractAsyncContextManager

    from websockets.asyncio.client import ClientConnection

    from platform_server.identity.model import Scope

PASSWORD = "correct horse battery"  # noqa: S105 - of accounts that live as long as a test
# What a server's environment may hold that nothing else may ever see; without an effect by itself.
SECRETS = {
    "JWT_SECRET": "jwt-of-the-server-alone",
    "SUPABASE_ANON_KEY": "anon-of-the-server-alone",
    "SUPABASE_SERVICE_KEY": "service-of-the-server-alone",
    "AWS_SECRET_ACCESS_KEY": "aws-of-the-server-alone",
}
RUNTIME = os.environ.get("SANDBOX_RUNTIME", "")  # of all sandboxes; empty: the engine's default
START_PATIENCE = 120.0  # seconds; a loaded machine is slow
_KEPT_AWAY = ("JUPYTER", "SUPABASE")  # of the environment in which the tests run
COMMAND = Path(sys.executable).with_name("jupyter-platform")
# Many servers share one machine, and one person stands for many.
_MODEST = (
    "--PlatformApp.warm_sandboxes=0",
    "--PlatformApp.checks_at_once=0",
    "--PlatformApp.max_sandboxes_per_user=0",
    "--PlatformApp.max_starts_per_user=0",
    f"--PlatformApp.sandbox_runtime={RUNTIME}",
)
_READY = re.compile(rb"The platform is served at (http://\S+)")


@dataclass(kw_only=True)
class Server:
    """A running server."""

    url: str  # without a slash at its end
    home: Path
    log: Path
    process: asyncio.subprocess.Process
    database_url: str  # empty: the one in its home

    @classmethod
    @asynccontextmanager
    async def start(
        cls,
        home: Path,
        *options: str,
        port: int | None = None,
        variables: dict[str, str] | None = None,
        command: Sequence[str] = (str(COMMAND),),
    ) -> AsyncIterator[Server]:
        """Start one with the command-line options, and stop it at the end."""
        log = home.with_name(f"{home.name}.log")
        with log.open("wb") as sink:
            process = await asyncio.create_subprocess_exec(
                *(*command, f"--port={port or free_port()}"),
                *("--LabApp.expose_app_in_browser=True", *_modest(options), *options),
                cwd=home.parent,
                env=_environ(home) | (variables or {}),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                start_new_session=True,
            )
        database_url = (variables or {}).get("DATABASE_URL", "")
        server = cls(url="", home=home, log=log, process=process, database_url=database_url)
        try:
            async with asyncio.timeout(START_PATIENCE):
                server.url = await server.wait_until_ready()
            yield server
        finally:
            await server.stop()

    async def wait_until_ready(self) -> str:
        """Return the address that the server says it is served at, once it says so."""
        while self.process.returncode is None:
            if found := _READY.search(self.log.read_bytes()):
                return found[1].decode()
            # There is no event for what another process writes into a file.
            await asyncio.sleep(0.05)
        raise AssertionError(f"the server did not start:\n{self.log.read_text()}")

    async def stop(self, number: int = signal.SIGTERM) -> int:
        """End it, and return its exit code."""
        if self.process.returncode is None:
            self.process.send_signal(number)
        return await self.process.wait()


@dataclass(kw_only=True)
class Person:
    """Somebody with an account, and a client that uses their API token."""

    user: User
    token: str
    http: httpx.AsyncClient
    server: Server
    browsers: list[httpx.AsyncClient] = field(default_factory=list)

    def socket(self, path: str, **headers: str) -> AbstractAsyncContextManager[ClientConnection]:
        """Open a websocket with the token."""
        return open_socket(self.server, path, {"Authorization": f"Bearer {self.token}"} | headers)

    async def browser(self) -> httpx.AsyncClient:
        """Return a client that signed in through the page: it has cookies, and no token."""
        client = http_client(self.server)
        page = await client.get("/login")
        found = re.search(r'name="_xsrf" value="([^"]+)"', page.text)
        assert found is not None
        form = {"_xsrf": found[1], "email": self.user.email, "password": PASSWORD}
        answer = await client.post("/login", data=form)
        assert answer.status_code == httpx.codes.SEE_OTHER, answer.text
        self.browsers.append(client)
        return client

    @asynccontextmanager
    async def at(self, server: Server) -> AsyncIterator[Person]:
        """Give the same person at a server that took over the installation."""
        client = http_client(server, Authorization=f"Bearer {self.token}")
        again = Person(user=self.user, token=self.token, http=client, server=server)
        yield again
        await again.aclose()

    async def project(self, name: str) -> dict[str, Any]:
        """Return their project of that name, made if it is missing."""
        for project in (await self.http.get("/api/projects/")).json():
            if project["name"] == name:
                return dict(project)
        answer = await self.http.post("/api/projects/", json={"name": name})
        assert answer.status_code == httpx.codes.CREATED, answer.text
        return dict(answer.json())

    async def aclose(self) -> None:
        """Close what is open."""
        for client in [self.http, *self.browsers]:
            await client.aclose()


async def join(
    server: Server, name: str, role: Role, scopes: Iterable[Scope] = ALL_SCOPES
) -> Person:
    """Make an account in the running server's database, with a token."""
    settings = settings_from(
        {"PLATFORM_HOME": str(server.home), "DATABASE_URL": server.database_url}
    )
    database = Database(settings.database_url)
    try:
        identity = make_identity(database, settings)
        user = await identity.add_user(f"{name}@example.org", PASSWORD, role, name.title())
        token, _ = await identity.create_token(user.id, "tests", scopes, None)
    finally:
        await database.aclose()
    client = http_client(server, Authorization=f"Bearer {token}")
    return Person(user=user, token=token, http=client, server=server)


def http_client(server: Server, **headers: str) -> httpx.AsyncClient:
    """Return a client of the server."""
    return httpx.AsyncClient(base_url=server.url, headers=headers, timeout=60, trust_env=False)


def open_socket(
    server: Server, path: str, headers: dict[str, str]
) -> AbstractAsyncContextManager[ClientConnection]:
    """Open a websocket; raises websockets' InvalidStatus when it is refused."""
    url = f"ws{server.url.removeprefix('http')}{path}"
    return connect(url, additional_headers=headers, proxy=None, max_size=2**24)


def cookies_of(client: httpx.AsyncClient) -> str:
    """Return a browser's cookies as the header that it would send."""
    return "; ".join(f"{name}={value}" for name, value in client.cookies.items())


def forgery_token(client: httpx.AsyncClient) -> dict[str, str]:
    """Return the header that JupyterLab sends with each change."""
    return {"X-XSRFToken": client.cookies["_xsrf"]}


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _modest(options: Sequence[str]) -> list[str]:
    """Return what a test's server is told unless the test says something else."""
    said = {one.partition("=")[0] for one in options}
    return [one for one in _MODEST if one.partition("=")[0] not in said]


def _environ(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_KEPT_AWAY)}
    return kept | {"PLATFORM_HOME": str(home), "HOME": str(home.parent)}


def messages(log: Path) -> str:
    """Return what the server logged."""
    return log.read_text(errors="replace")
