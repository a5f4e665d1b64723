"""People and scripts on a server whose accounts are Supabase's."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from platform_server.testing.serving import Server, http_client, open_socket
from platform_server.testing.supabase_auth import ANON_KEY, JWT_SECRET, SERVICE_KEY, SupabaseAuth

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def project() -> Iterator[SupabaseAuth]:
    with SupabaseAuth().served() as project:
        yield project


@pytest.fixture(scope="module")
async def supabased(
    project: SupabaseAuth, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Server]:
    """A server with the environment of such a project."""
    variables = {
        "SUPABASE_URL": project.url,
        "SUPABASE_ANON_KEY": ANON_KEY,
        "SUPABASE_SERVICE_KEY": SERVICE_KEY,
        "JWT_SECRET": JWT_SECRET,
    }
    home = tmp_path_factory.mktemp("supabase") / "home"
    async with Server.start(home, variables=variables) as server:
        yield server


@pytest.fixture
async def browser(supabased: Server) -> AsyncIterator[httpx.AsyncClient]:
    async with http_client(supabased) as client:
        yield client


async def submit(browser: httpx.AsyncClient, path: str, **fields: str) -> httpx.Response:
    page = await browser.get(path)
    found = re.search(r'name="_xsrf" value="([^"]+)"', page.text)
    assert found is not None
    return await browser.post(path, data={"_xsrf": found[1], **fields})


async def test_a_forgotten_password_is_replaced(
    browser: httpx.AsyncClient, project: SupabaseAuth
) -> None:
    email = "forgetful@example.org"
    entered = await submit(browser, "/signup", email=email, password=PASSWORD, name="Ada")
    assert entered.status_code == httpx.codes.SEE_OTHER, entered.text
    browser.cookies.clear()
    assert "/forgot" in (await browser.get("/login")).text
    known = await submit(browser, "/forgot", email=email)
    unknown = await submit(browser, "/forgot", email="nobody@example.org")
    assert known.text == unknown.text
    (link,) = project.mails
    entered = await submit(browser, "/reset", token_hash=link, password="a new long password")
    assert entered.status_code == httpx.codes.SEE_OTHER, entered.text
    assert (await browser.get("/api/me")).json()["identity"]["email"] == email


async def test_072_a_ban_closes_open_websockets_within_seconds(
    supabased: Server, project: SupabaseAuth
) -> None:
    user_id = project.add("banned@example.org", PASSWORD)
    bearer = {"Authorization": f"Bearer {project.token(user_id)}"}
    async with http_client(supabased, **bearer) as client:
        assert (await client.get("/api/me")).json()["identity"]["id"] == user_id
        async with open_socket(supabased, "/api/events/subscribe", bearer) as socket:
            project.users[user_id]["is_banned"] = True
            with pytest.raises(ConnectionClosed):
                await asyncio.wait_for(socket.recv(), 10)
        assert (await client.get("/api/me")).status_code in {401, 403}
