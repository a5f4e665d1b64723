"""H and F. Secrets: the server's, those of the sign-in service, and who comes near the engine."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from platform_server.testing.processes import children_of
from platform_server.testing.serving import Server, http_client
from platform_server.testing.supabase_auth import ANON_KEY, JWT_SECRET, SERVICE_KEY, SupabaseAuth

if TYPE_CHECKING:
    import httpx

    from platform_server.testing.sandbox_fixtures import Inside
    from platform_server.testing.serving import Person

PASSWORD = "correct horse battery"


async def sign_up(browser: httpx.AsyncClient) -> httpx.Response:
    page = await browser.get("/signup")
    found = re.search(r'name="_xsrf" value="([^"]+)"', page.text)
    assert found is not None
    form = {"email": "eve@example.org", "password": PASSWORD, "name": "Eve", "_xsrf": found[1]}
    return await browser.post("/signup", data=form)


async def test_080_no_token_of_the_sign_in_service_is_ever_in_a_browser(tmp_path: Path) -> None:
    """A script that ran in the page would find nothing to steal: no cookie, no storage, no text."""
    with SupabaseAuth().served() as project:
        variables = {
            "SUPABASE_URL": project.url,
            "SUPABASE_ANON_KEY": ANON_KEY,
            "SUPABASE_SERVICE_KEY": SERVICE_KEY,
            "JWT_SECRET": JWT_SECRET,
        }
        async with (
            Server.start(tmp_path / "home", variables=variables) as server,
            http_client(server) as browser,
        ):
            entered = await sign_up(browser)
            assert entered.is_redirect, entered.text
            said = [entered, await browser.get("/lab"), await browser.get("/api/me")]
            said.append(await browser.get("/api/account/sessions/"))
            cookies = entered.headers.get_list("set-cookie")
    text = "".join(f"{one.headers} {one.text}" for one in said)
    assert said[2].status_code == 200
    assert "eyJ" not in text  # how every JWT begins
    assert not [key for key in (ANON_KEY, SERVICE_KEY, JWT_SECRET) if key in text]
    session = [one for one in cookies if not one.startswith("_xsrf")]
    assert session
    assert all("HttpOnly" in one for one in session)
    assert "localStorage" not in said[1].text


@pytest.mark.parametrize("place", ["environ", "maps", "cmdline", "fd", "root"])
async def test_096_code_in_a_sandbox_sees_no_process_of_the_hosts(
    inside: Inside, place: str
) -> None:
    pids = (await inside("ls /proc | grep -c '^[0-9]'")).stdout
    assert int(pids) < 30
    seen = await inside(f"cat /proc/*/{place} 2>/dev/null; ls -l /proc/*/{place} 2>/dev/null")
    assert b"jupyter-platform" not in seen.stdout
    assert b"docker.sock" not in seen.stdout


async def test_096_the_servers_state_is_its_users_alone(alice: Person) -> None:
    """Keys of kernels, hashes of tokens, everybody's files: closed to other users of the host."""
    home = alice.server.home
    assert home.stat().st_mode & 0o077 == 0
    open_to_others = [
        path for path in home.glob("*") if path.is_file() and path.stat().st_mode & 0o077
    ]
    assert open_to_others == []


async def test_096_no_request_reaches_the_engine_by_a_name_of_its_own(
    alice: Person, admin: Person
) -> None:
    """What is asked of the engine is made by the server: no field of a request gets into it."""
    project = await alice.project("engine")
    for person in (alice, admin):
        for more in (
            {"image": "evil"},
            {"command": ["sh"]},
            {"privileged": True},
            {"binds": ["/:/host"]},
            {"HostConfig": {"Privileged": True}},
            {"runtime": "runc"},
            {"user": "0:0"},
        ):
            body = {"project": project["id"], **more}
            answer = await person.http.post("/api/containers/", json=body)
            assert answer.status_code in {400, 404}, (more, answer.text)
        for path in ("/containers/json", "/v1.41/info", "/api/containers/../images"):
            assert (await person.http.get(path)).status_code == 404


async def test_096_the_server_starts_no_program_that_has_the_engines_socket(alice: Person) -> None:
    """Only its own process talks to the engine, and what it starts inherits no descriptor."""
    for child in children_of(alice.server.process.pid):
        links = [os.readlink(link) for link in Path(f"/proc/{child}/fd").glob("*")]
        sockets = [link for link in links if link.startswith("socket:")]
        assert sockets == []
