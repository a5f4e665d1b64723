"""Signing in, up and out in a browser, as far as it can be seen without one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from platform_server.testing.serving import PASSWORD, Server, forgery_token, http_client

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import httpx

    from platform_server.testing.serving import Person


@pytest.fixture(scope="module")
async def closed_server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """A server where only the admin makes accounts."""
    home: Path = tmp_path_factory.mktemp("closed") / "home"
    async with Server.start(home, "--PlatformApp.sign_up=False") as server:
        yield server


async def form_of(client: httpx.AsyncClient, page: str = "/login") -> dict[str, str]:
    """Return the hidden fields of a page's form."""
    answer = await client.get(page)
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', answer.text))


async def sign_in(client: httpx.AsyncClient, email: str, **more: str) -> httpx.Response:
    form = await form_of(client) | {"email": email, "password": PASSWORD} | more
    return await client.post("/login", data=form)


class TestSigningIn:
    async def test_a_stranger_is_sent_to_the_form_and_from_there_to_the_page(
        self, stranger: httpx.AsyncClient, alice: Person
    ) -> None:
        sent = await stranger.get("/lab/tree/demo")
        assert sent.status_code == 302
        assert sent.headers["location"] == "/login?next=%2Flab%2Ftree%2Fdemo"
        form = await form_of(stranger, sent.headers["location"])
        assert form["next"] == "/lab/tree/demo"
        form |= {"email": alice.user.email, "password": PASSWORD}
        answer = await stranger.post("/login", data=form)
        assert (answer.status_code, answer.headers["location"]) == (303, "/lab/tree/demo")
        assert (await stranger.get("/api/me")).json()["identity"]["id"] == alice.user.id

    async def test_who_is_in_already_goes_on(self, alice: Person) -> None:
        browser = await alice.browser()
        answer = await browser.get("/login?next=/lab/tree/x")
        assert answer.headers["location"] == "/lab/tree/x"

    async def test_a_wrong_password_is_said_in_the_page_which_keeps_the_address(
        self, stranger: httpx.AsyncClient, alice: Person
    ) -> None:
        answer = await sign_in(stranger, alice.user.email, password="not my password")
        assert answer.status_code == 401
        assert 'role="alert"' in answer.text
        assert "The e-mail address or the password is not right." in answer.text
        assert f'value="{alice.user.email}"' in answer.text
        assert "not my password" not in answer.text
        assert not [name for name in stranger.cookies if "session" in name]

    async def test_what_was_typed_is_shown_as_text(self, stranger: httpx.AsyncClient) -> None:
        answer = await sign_in(stranger, '"><script>alert(1)</script>@example.org')
        assert "<script" not in answer.text
        assert "&lt;script&gt;" in answer.text

    async def test_a_form_that_is_not_ours_is_shown_again(
        self, stranger: httpx.AsyncClient, alice: Person
    ) -> None:
        form = {"email": alice.user.email, "password": PASSWORD, "_xsrf": "guessed"}
        answer = await stranger.post("/login", data=form)
        assert answer.status_code == 403
        assert "Please try again" in answer.text
        assert (await stranger.get("/api/me")).status_code == 401

    @pytest.mark.parametrize("page", ["/login", "/signup"])
    async def test_the_page_is_accessible_and_needs_nothing_but_this_server(
        self, stranger: httpx.AsyncClient, page: str
    ) -> None:
        answer = await stranger.get(page)
        assert answer.headers["content-security-policy"] == (
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
            "base-uri 'none'; frame-ancestors 'none'"
        )
        text = answer.text
        assert '<html lang="en">' in text
        assert "<script" not in text
        assert "style=" not in text
        assert not re.search(r"\son\w+=", text)
        fields = re.findall(r'<input id="(\w+)"', text)
        assert fields
        assert fields == re.findall(r'<label for="(\w+)"', text)
        for address in re.findall(r'(?:src|href)="([^"]+)"', text):
            assert address.startswith("/")
            assert not address.startswith("//")
            assert (await stranger.get(address)).status_code == 200


class TestSigningUp:
    async def test_it_makes_a_learner_who_is_in(self, stranger: httpx.AsyncClient) -> None:
        form = await form_of(stranger, "/signup?next=/lab/tree/new")
        form |= {"email": "Newcomer@example.org", "password": PASSWORD, "name": "New Comer"}
        answer = await stranger.post("/signup", data=form)
        assert (answer.status_code, answer.headers["location"]) == (303, "/lab/tree/new")
        me = (await stranger.get("/api/me")).json()["identity"]
        assert me["email"] == "newcomer@example.org"
        assert (me["name"], me["role"]) == ("New Comer", "learner")

    @pytest.mark.parametrize(
        ("change", "status", "said"),
        [
            ({"password": "short"}, 400, "at least 10 characters"),
            ({"email": "nonsense"}, 400, "not a complete e-mail address"),
            ({"name": "two\r\nlines"}, 400, "line breaks"),
            ({"email": "alice@example.org"}, 409, "sign in instead"),
            ({"_xsrf": ""}, 403, "try again"),
        ],
    )
    async def test_what_is_wrong_is_said_in_the_page(
        self,
        stranger: httpx.AsyncClient,
        alice: Person,
        change: dict[str, str],
        status: int,
        said: str,
    ) -> None:
        del alice  # is there
        form = await form_of(stranger, "/signup")
        form |= {"email": "x@example.org", "password": PASSWORD, "name": "X"} | change
        answer = await stranger.post("/signup", data=form)
        assert answer.status_code == status
        assert said in answer.text
        assert 'role="alert"' in answer.text
        assert (await stranger.get("/api/me")).status_code == 401

    async def test_it_can_be_switched_off(self, closed_server: Server) -> None:
        async with http_client(closed_server) as client:
            assert "/signup" not in (await client.get("/login")).text
            assert "made by its admin" in (await client.get("/signup")).text
            form = await form_of(client) | {"email": "x@example.org", "password": PASSWORD}
            answer = await client.post("/signup", data=form)
            assert answer.status_code == 403
            assert "closed" in answer.text
            assert (await sign_in(client, "x@example.org")).status_code == 401


class TestSigningOut:
    async def test_a_link_only_asks(self, alice: Person) -> None:
        browser = await alice.browser()
        assert "Sign out?" in (await browser.get("/logout")).text
        assert (await browser.get("/api/me")).status_code == 200

    async def test_the_button_ends_the_session_on_the_server_too(self, alice: Person) -> None:
        browser = await alice.browser()
        kept = dict(browser.cookies)
        answer = await browser.post("/logout", data=await form_of(browser, "/logout"))
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")
        assert (await browser.get("/api/me")).status_code == 401
        browser.cookies.update(kept)
        assert (await browser.get("/api/me")).status_code == 401

    async def test_jupyterlab_signs_out_by_a_request(self, alice: Person) -> None:
        browser = await alice.browser()
        answer = await browser.post("/logout", json={}, headers=forgery_token(browser))
        assert answer.status_code == 204
        assert (await browser.get("/api/me")).status_code == 401

    async def test_a_forged_form_does_not(self, alice: Person) -> None:
        browser = await alice.browser()
        assert (await browser.post("/logout", data={})).status_code == 403
        assert (await browser.get("/api/me")).status_code == 200

    async def test_who_is_not_in_is_asked_to_sign_in(self, stranger: httpx.AsyncClient) -> None:
        answer = await stranger.get("/logout")
        assert answer.headers["location"] == "/login"
