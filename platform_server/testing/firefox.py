"""A Firefox without a window, driven over its own websocket (WebDriver BiDi).

It reaches this machine alone: whatever it asks any other host for goes to a door that notes who was
asked for, and refuses.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from websockets.asyncio.client import connect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from http.cookiejar import CookieJar
    from pathlib import Path

    from websockets.asyncio.client import ClientConnection

FIREFOX = shutil.which("firefox-esr")  # Debian's; None where there is none
START_PATIENCE = 60.0  # seconds; a loaded machine is slow
PATIENCE = 60.0  # seconds until a command counts as failed
_READY = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
_ASKING = "network.beforeRequestSent"
_SAYING = "log.entryAdded"
# Values go in and out as JSON.
_CALL = "async given => JSON.stringify(await ({function})(...JSON.parse(given)))"
# It looks for nothing by itself, and shows what it is sent as any page.
_SETTINGS: Mapping[str, bool | int | str] = {
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "app.update.enabled": False,
    "browser.newtabpage.enabled": False,
    "browser.region.network.url": "",
    "browser.region.update.enabled": False,
    "browser.safebrowsing.blockedURIs.enabled": False,
    "browser.safebrowsing.downloads.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.safebrowsing.update.enabled": False,
    "browser.search.update": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "devtools.jsonview.enabled": False,
    "dom.push.connection.enabled": False,
    "extensions.getAddons.cache.enabled": False,
    "extensions.systemAddon.update.enabled": False,
    "extensions.update.enabled": False,
    "geo.enabled": False,
    "layout.frame_rate": 240,  # nobody looks, and tests wait for what is drawn
    "media.gmp-manager.updateEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.trr.mode": 5,  # never
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "toolkit.telemetry.enabled": False,
    "toolkit.telemetry.server": "data:,",
}
_ENVIRONMENT = {
    "MOZ_CRASHREPORTER_DISABLE": "1",
    "MOZ_REMOTE_SETTINGS_DEVTOOLS": "1",  # or it would not take another server of settings
}


class CommandFailed(Exception):
    """The browser did not carry out a command, or a script of ours threw something."""


class Door:
    """All that can be reached besides this machine: it notes what is asked for, and refuses."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[int]:
        """Open it; gives its port."""
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        async with server:
            yield int(server.sockets[0].getsockname()[1])

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked.append((await reader.readline()).decode(errors="replace").strip())
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()


@dataclass(kw_only=True)
class Firefox:
    """One page in a Firefox of its own. What it notes is complete once a call has come back."""

    connection: ClientConnection
    door: Door
    page: str = ""  # the id of its page
    requests: list[str] = field(default_factory=list)  # the addresses of all that its pages sent
    said: list[str] = field(default_factory=list)  # in the console, and what was kept from loading
    _number: int = 0  # of the last command

    @classmethod
    @asynccontextmanager
    async def start(cls, folder: Path) -> AsyncIterator[Firefox]:
        """Start one that keeps its profile in the folder, and end it."""
        door = Door()
        async with (
            door.opened() as port,
            _running(_profile(folder, port)) as address,
            connect(f"{address}/session", proxy=None, max_size=2**26) as connection,
        ):
            firefox = cls(connection=connection, door=door)
            await firefox.command("session.new", capabilities={})
            await firefox.command("session.subscribe", events=[_ASKING, _SAYING])
            tree = await firefox.command("browsingContext.getTree")
            firefox.page = tree["contexts"][0]["context"]
            yield firefox

    async def command(self, method: str, **parameters: Any) -> Any:
        """Carry out a command of WebDriver BiDi; returns its result. Raises CommandFailed."""
        self._number += 1
        command = {"id": self._number, "method": method, "params": parameters}
        await self.connection.send(json.dumps(command))
        async with asyncio.timeout(PATIENCE):
            while True:
                message = json.loads(await self.connection.recv())
                if message.get("id") == self._number:
                    break
                self._note(message)
        if message["type"] != "success":
            raise CommandFailed(f"{method}: {message['error']}: {message['message']}")
        return message["result"]

    async def keep(self, cookies: CookieJar) -> None:
        """Have the cookies, as if their hosts had set them."""
        for one in cookies:
            cookie = {
                "name": one.name,
                "value": {"type": "string", "value": one.value},
                "domain": one.domain,
                "path": one.path,
                "httpOnly": one.has_nonstandard_attr("HttpOnly"),
            }
            await self.command("storage.setCookie", cookie=cookie)

    async def open(self, url: str) -> None:
        """Open a page, and wait until all of it is there. Raises CommandFailed for a download."""
        await self.command("browsingContext.navigate", context=self.page, url=url, wait="complete")

    async def run(self, function: str, *arguments: Any) -> Any:
        """Call a function in the page; returns what it gives, or promises. Raises CommandFailed."""
        result = await self.command(
            "script.callFunction",
            functionDeclaration=_CALL.format(function=function),
            arguments=[{"type": "string", "value": json.dumps(arguments)}],
            target={"context": self.page},
            awaitPromise=True,
        )
        if result["type"] != "success":
            raise CommandFailed(result["exceptionDetails"]["text"])
        return json.loads(result["result"].get("value", "null"))

    def _note(self, event: dict[str, Any]) -> None:
        if event.get("method") == _ASKING:
            self.requests.append(event["params"]["request"]["url"])
        elif event.get("method") == _SAYING:
            self.said.append(str(event["params"]["text"]))


def _profile(folder: Path, port: int) -> Path:
    """Make a profile whose door to other hosts is at that port; returns its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    door = {
        "network.proxy.type": 1,
        "network.proxy.http": "127.0.0.1",
        "network.proxy.http_port": port,
        "network.proxy.ssl": "127.0.0.1",
        "network.proxy.ssl_port": port,
        "network.proxy.no_proxies_on": "localhost, 127.0.0.1",
    }
    lines = (
        f"user_pref({json.dumps(name)}, {json.dumps(value)});\n"
        for name, value in {**_SETTINGS, **door}.items()
    )
    (folder / "user.js").write_text("".join(lines))
    return folder


@asynccontextmanager
async def _running(profile: Path) -> AsyncIterator[str]:
    """Run a Firefox with that profile; gives the address of its websocket."""
    assert FIREFOX is not None, "there is no firefox-esr"
    with (profile / "said").open("wb") as sink:
        process = await asyncio.create_subprocess_exec(
            *(FIREFOX, "--headless", "--no-remote", "--profile", str(profile)),
            "--remote-debugging-port=0",
            env=os.environ | _ENVIRONMENT | {"HOME": str(profile)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            start_new_session=True,
        )
    try:
        async with asyncio.timeout(START_PATIENCE):
            address = await _address(process, profile)
        yield address
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _address(process: asyncio.subprocess.Process, profile: Path) -> str:
    while process.returncode is None:
        if found := _READY.search(_said(profile)):
            return found[1]
        # There is no event for what another process writes into a file.
        await asyncio.sleep(0.05)
    raise AssertionError(f"Firefox did not start:\n{_said(profile)}")


def _said(profile: Path) -> str:
    return (profile / "said").read_text(errors="replace")
