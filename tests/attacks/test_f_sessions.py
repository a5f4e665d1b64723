"""F. Attacks on sessions, tokens, websockets and the sign-in page.

``guarded``     a server of its own behind what seems to be a proxy, so that a test can come from
                any address, by https, and fail to sign in as often as it likes
``victim``      somebody new for each test
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import re
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from platform_extensions.sockets import INTERVAL, NO_LONGER_ALLOWED
from platform_server.app import make_identity
from platform_server.clock import new_id
from platform_server.identity.lookups import REMEMBERED
from platform_server.identity.model import Role, SessionId
from platform_server.settings import settings_from
from platform_server.storage.database import Database
from platform_server.testing.serving import (
    PASSWORD,
    Server,
    cookies_of,
    forgery_token,
    http_client,
    join,
    messages,
    open_socket,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from websockets.asyncio.client import ClientConnection

    from platform_server.identity.service import IdentityService
    from platform_server.testing.serving import Person

EVENTS = "/api/events/subscribe"
PATIENCE = 60.0  # seconds; what is promised is asserted by the constants, see test_072
SERVER_SIDE = {"Origin": "http://evil.example"}


@pytest.fixture(scope="module")
async def guarded(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    home: Path = tmp_path_factory.mktemp("guarded") / "home"
    async with Server.start(home, "--ServerApp.trust_xheaders=True") as server:
        yield server


@pytest.fixture
async def victim(server: Server) -> AsyncIterator[Person]:
    person = await join(server, f"victim-{new_id()}", Role.LEARNER)
    yield person
    await person.aclose()


@asynccontextmanager
async def another_process(server: Server) -> AsyncIterator[IdentityService]:
    """The accounts as the command line has them: past the server, in its database."""
    settings = settings_from({"PLATFORM_HOME": str(server.home)})
    database = Database(settings.database_url)
    try:
        yield make_identity(database, settings)
    finally:
        await database.aclose()


async def eventually(question: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await question():  # noqa: ASYNC110 - another process gives no sign
            await asyncio.sleep(0.1)


async def form_of(client: httpx.AsyncClient) -> dict[str, str]:
    page = await client.get("/login")
    found = re.search(r'name="_xsrf" value="([^"]+)"', page.text)
    assert found is not None
    return {"_xsrf": found[1]}


async def session_of(browser: httpx.AsyncClient) -> SessionId:
    shown = (await browser.get("/api/account/sessions")).json()
    return SessionId(next(one["id"] for one in shown if one["current"]))


async def refusal(server: Server, headers: dict[str, str], query: str = "") -> int:
    with pytest.raises(InvalidStatus) as refused:
        async with open_socket(server, EVENTS + query, headers):
            pass
    return refused.value.response.status_code


class Test68WebsocketsOfStrangers:
    async def test_068_nobody_connects_without_a_credential(self, server: Server) -> None:
        assert await refusal(server, {}) == 403

    @pytest.mark.parametrize("secret", ["", "x", "A" * 43, "pxp_" + "A" * 43, "../../etc"])
    async def test_068_nobody_connects_with_a_guess(self, server: Server, secret: str) -> None:
        port = server.url.rpartition(":")[2]
        assert await refusal(server, {"Cookie": f"platform-session-{port}={secret}"}) == 403
        assert await refusal(server, {"Authorization": f"Bearer {secret}"}) == 403
        assert await refusal(server, {}, f"?token={secret}") == 403

    @pytest.mark.parametrize(
        "origin",
        [
            "http://evil.example",
            "null",
            "https://{host}.evil.example",
            "http://evil.example/{host}",
            "http://{host}@evil.example",
            "http://{host}0",
            "http://127.0.0.1",
            "file://",
            "",
        ],
    )
    async def test_068_no_other_sites_page_connects_with_a_persons_cookie(
        self, victim: Person, origin: str
    ) -> None:
        cookie = {"Cookie": cookies_of(await victim.browser())}
        host = victim.server.url.removeprefix("http://")
        async with open_socket(victim.server, EVENTS, cookie | {"Origin": f"http://{host}"}):
            pass
        assert await refusal(victim.server, cookie | {"Origin": origin.format(host=host)}) == 403

    async def test_068_a_bad_token_is_not_healed_by_a_good_cookie(self, victim: Person) -> None:
        cookie = {"Cookie": cookies_of(await victim.browser())}
        bad = {"Authorization": f"Bearer pxp_{'A' * 43}"}
        assert await refusal(victim.server, cookie | bad) == 403
        assert await refusal(victim.server, cookie, f"?token=pxp_{'A' * 43}") == 403


CHANGES = [
    ("POST", "/api/projects/"),
    ("PATCH", "/api/projects/x"),
    ("DELETE", "/api/projects/x"),
    ("PUT", "/api/projects/x/files/a.txt"),
    ("POST", "/api/contents/x"),
    ("PUT", "/api/contents/x/a.txt"),
    ("PATCH", "/api/contents/x/a.txt"),
    ("DELETE", "/api/contents/x/a.txt"),
    ("POST", "/api/kernels"),
    ("POST", "/api/sessions"),
    ("POST", "/api/terminals"),
    ("POST", "/api/containers/"),
    ("POST", "/api/account/tokens"),
    ("PATCH", "/api/account"),
    ("DELETE", "/api/account/sessions/x"),
    ("POST", "/api/admin/users"),
    ("PATCH", "/api/me"),
    ("PUT", "/lab/api/workspaces/x"),
    ("PUT", "/lab/api/settings/@jupyterlab/apputils-extension:themes"),
]


class Test69Forgery:
    @pytest.mark.parametrize(("method", "path"), CHANGES)
    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"Sec-Fetch-Mode": "no-cors"},
            {"Content-Type": "text/plain"},
            {"Content-Type": "application/x-www-form-urlencoded"},
            {"X-XSRFToken": "guessed"},
            {"X-XSRFToken": ""},
            {"X-HTTP-Method-Override": "GET"},
        ],
    )
    async def test_069_a_cookie_alone_changes_nothing(
        self, admin: Person, method: str, path: str, headers: dict[str, str]
    ) -> None:
        browser = admin.browsers[0] if admin.browsers else await admin.browser()
        answer = await browser.request(method, path, content=b'{"name": "x"}', headers=headers)
        assert answer.status_code == 403

    @pytest.mark.parametrize(("method", "path"), CHANGES)
    async def test_069_another_sites_page_changes_nothing_even_with_the_forgery_token(
        self, admin: Person, method: str, path: str
    ) -> None:
        browser = admin.browsers[0] if admin.browsers else await admin.browser()
        headers = forgery_token(browser) | {"Origin": "http://evil.example"}
        answer = await browser.request(method, path, content=b"{}", headers=headers)
        assert answer.status_code in {403, 404}
        assert "access-control-allow-origin" not in answer.headers

    async def test_069_nobody_is_signed_in_as_the_attacker(
        self, server: Server, victim: Person
    ) -> None:
        async with http_client(server) as browser:
            form = await form_of(browser)
            form |= {"email": victim.user.email, "password": PASSWORD}
            without = {name: text for name, text in form.items() if name != "_xsrf"}
            for data, headers in ((without, {}), (form, {"Origin": "http://evil.example"})):
                answer = await browser.post("/login", data=data, headers=headers)
                assert answer.status_code == 403
                assert "set-cookie" not in answer.headers
            assert (await browser.get("/api/me")).status_code == 401

    async def test_069_a_jwt_or_token_in_a_cookie_is_no_bearer(self, victim: Person) -> None:
        port = victim.server.url.rpartition(":")[2]
        cookie = f"platform-session-{port}={victim.token}; Authorization={victim.token}"
        async with http_client(victim.server, Cookie=cookie) as client:
            assert (await client.get("/api/me")).status_code == 401


class Test70LeaksOfSecrets:
    async def test_070_no_log_and_no_error_page_contains_a_secret(self, victim: Person) -> None:
        server, token = victim.server, victim.token
        browser = await victim.browser()
        session = next(text for name, text in browser.cookies.items() if "session" in name)
        secrets = [token, session, PASSWORD, "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2ln"]
        shown = [await attempt(browser, secret) for secret in secrets]
        assert await refusal(server, {}, f"?token={secrets[3]}") == 403
        async with open_socket(server, EVENTS + f"?token={token}", {}):
            pass
        log = messages(server.log)
        for secret in secrets:
            assert secret not in log
            assert not [text for text in shown if secret in text]
        assert "access_token=e" not in log

    async def test_070_a_token_in_the_address_lets_nobody_in_but_to_websockets(
        self, victim: Person, stranger: httpx.AsyncClient
    ) -> None:
        for path in ("/api/me", "/api/contents", "/lab", "/api/account/tokens"):
            answer = await stranger.get(path, params={"token": victim.token})
            assert answer.status_code in {401, 302}
        upgrade = {"Upgrade": "websocket", "Connection": "Upgrade"}
        answer = await stranger.get("/api/me", params={"token": victim.token}, headers=upgrade)
        assert answer.status_code == 401
        answer = await stranger.post("/api/projects/", data={"token": victim.token})
        assert answer.status_code in {401, 403}
        async with open_socket(victim.server, f"{EVENTS}?token={victim.token}", {}):
            pass

    async def test_070_a_token_mints_no_cookie(self, victim: Person) -> None:
        for path in ("/api/me", "/api/contents", "/api/kernels", "/login"):
            answer = await victim.http.get(path)
            cookies = answer.headers.get_list("set-cookie")
            assert not [one for one in cookies if "session" in one]
        form = {"email": victim.user.email, "password": "the token will do"}
        answer = await victim.http.post("/login", data=form)
        assert not [one for one in answer.headers.get_list("set-cookie") if "session" in one]

    async def test_070_pages_send_no_referrer_to_others(self, stranger: httpx.AsyncClient) -> None:
        for path in ("/login", "/signup", "/api/me"):
            answer = await stranger.get(path)
            assert answer.headers["referrer-policy"] == "same-origin"
            assert answer.headers["cache-control"] == "no-store"


async def attempt(browser: httpx.AsyncClient, secret: str) -> str:
    """Send a secret in every place where one might; return all that was answered."""
    headers = {"Referer": f"http://127.0.0.1/lab?token={secret}", "User-Agent": secret}
    answers = [
        await browser.get("/lab", params={"token": secret, "access_token": secret}),
        await browser.get(f"/nothing?token={secret}", headers=headers),
        await browser.get(f"/api/contents/{new_id()}?token={secret}", headers=headers),
        await browser.get("/api/me", headers=headers | {"Authorization": f"Bearer {secret}x"}),
        await browser.post(f"/api/kernels?token={secret}", json={"name": secret}, headers=headers),
        await browser.post("/login", data={"email": "x", "password": secret}, headers=headers),
    ]
    return "".join(answer.text for answer in answers)


def jwt(header: dict[str, str], claims: dict[str, object], key: bytes = b"secret") -> str:
    parts = [encoded(json.dumps(part).encode()) for part in (header, claims)]
    signature = hmac.new(key, ".".join(parts).encode(), hashlib.sha256).digest()
    return ".".join([*parts, encoded(signature)])


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


CLAIMS: dict[str, object] = {"sub": "root", "role": "service_role", "exp": 4_000_000_000}
FORGED = [
    jwt({"alg": "none"}, CLAIMS).rpartition(".")[0] + ".",
    jwt({"alg": "None", "typ": "JWT"}, CLAIMS),
    jwt({"alg": "HS256"}, CLAIMS),
    jwt({"alg": "HS256"}, CLAIMS, b""),
    jwt({"alg": "HS256", "kid": "../../../../dev/null"}, CLAIMS, b""),
    jwt({"alg": "RS256", "jku": "http://127.0.0.1:1/keys"}, CLAIMS),
    jwt({"alg": "HS256"}, CLAIMS | {"user_metadata": {"role": "admin"}}),
    "a.b.c",
]


@pytest.mark.parametrize("token", FORGED)
async def test_071_a_forged_jwt_is_nobody(stranger: httpx.AsyncClient, token: str) -> None:
    for scheme in ("Bearer", "bearer", "token", "TOKEN"):
        answer = await stranger.get("/api/me", headers={"Authorization": f"{scheme} {token}"})
        assert answer.status_code == 401


class Test72LostRights:
    def test_072_what_is_promised_is_five_seconds(self) -> None:
        assert INTERVAL + REMEMBERED < 5

    async def test_072_signing_out_closes_what_is_open_and_nothing_of_others(
        self, victim: Person, bob: Person
    ) -> None:
        browser, other = await victim.browser(), await victim.browser()
        async with (
            open_socket(victim.server, EVENTS, {"Cookie": cookies_of(browser)}) as socket,
            open_socket(victim.server, EVENTS, {"Cookie": cookies_of(other)}) as others,
            bob.socket(EVENTS) as bobs,
        ):
            answer = await browser.post("/logout", json={}, headers=forgery_token(browser))
            assert answer.status_code == 204
            assert await closing_code(socket) == NO_LONGER_ALLOWED
            await (await others.ping())
            await (await bobs.ping())

    @pytest.mark.parametrize("event", ["password", "ban", "revoked", "role", "token"])
    async def test_072_whatever_the_command_line_takes_away_is_closed(
        self, victim: Person, bob: Person, event: str
    ) -> None:
        browser = await victim.browser()
        session = await session_of(browser)
        by_token = {"Authorization": f"Bearer {victim.token}"}
        headers = by_token if event == "token" else {"Cookie": cookies_of(browser)}
        async with (
            open_socket(victim.server, EVENTS, headers) as socket,
            bob.socket(EVENTS) as bobs,
        ):
            async with another_process(victim.server) as identity:
                await take_away(identity, victim, session, event)
            assert await closing_code(socket) == NO_LONGER_ALLOWED
            await (await bobs.ping())


async def take_away(
    identity: IdentityService, victim: Person, session: SessionId, event: str
) -> None:
    user = victim.user.id
    if event == "password":
        await identity.set_password(user, "another password")
    elif event == "ban":
        await identity.disable(user)
    elif event == "revoked":
        await identity.revoke_session(user, session)
    elif event == "role":
        await identity.set_role(user, Role.REVIEWER)
    else:
        await identity.revoke_token(user, (await identity.tokens(user))[0].id)


async def closing_code(socket: ClientConnection) -> int | None:
    async with asyncio.timeout(PATIENCE):
        await socket.wait_closed()
    return socket.close_code


class Test73Fixation:
    async def test_073_signing_in_makes_a_new_secret_and_ends_the_old_session(
        self, server: Server, victim: Person, bob: Person
    ) -> None:
        planted = await bob.browser()  # the attacker's session, planted into the victim's browser
        async with http_client(server) as browser:
            browser.cookies.update(planted.cookies)
            await browser.get("/logout")
            form = {"_xsrf": planted.cookies["_xsrf"], "password": PASSWORD}
            answer = await browser.post("/login", data=form | {"email": victim.user.email})
            assert answer.status_code == 303
            assert (await browser.get("/api/me")).json()["identity"]["id"] == victim.user.id
        assert (await planted.get("/api/me")).status_code == 401

    async def test_073_over_https_the_cookie_is_this_hosts_alone(self, guarded: Server) -> None:
        person = await join(guarded, "secure", Role.LEARNER)
        proxy = {"X-Forwarded-Proto": "https", "X-Scheme": "https"}
        async with http_client(guarded, **proxy) as browser:
            form = await form_of(browser) | {"email": person.user.email, "password": PASSWORD}
            answer = await browser.post("/login", data=form)
            cookie = next(one for one in answer.headers.get_list("set-cookie") if "session" in one)
        name, _, rest = cookie.partition("=")
        secret = rest.partition(";")[0]
        assert name.startswith("__Host-platform-session")
        assert {"HttpOnly", "Secure", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
        assert "Domain" not in cookie
        tossed = f"{name.removeprefix('__Host-')}={secret}"
        assert await status_of_me(guarded, proxy | {"Cookie": f"{name}={secret}"}) == 200
        assert await status_of_me(guarded, proxy | {"Cookie": tossed}) == 401
        await person.aclose()

    async def test_073_over_http_scripts_cannot_read_it(self, victim: Person) -> None:
        async with http_client(victim.server) as browser:
            form = await form_of(browser) | {"email": victim.user.email, "password": PASSWORD}
            answer = await browser.post("/login", data=form)
        cookie = next(one for one in answer.headers.get_list("set-cookie") if "session" in one)
        assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))


async def status_of_me(server: Server, headers: dict[str, str]) -> int:
    async with http_client(server, **headers) as client:
        return (await client.get("/api/me")).status_code


REDIRECTS = [
    "//evil.example",
    "///evil.example",
    "http://evil.example/lab",
    "https:///evil.example",
    "https:evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/%0d%0aSet-Cookie:x=y",
    "javascript:alert(1)",
    "/lab\r\nX-Injected: yes",
    "evil.example",
]


@pytest.mark.parametrize("wanted", REDIRECTS)
async def test_074_signing_in_leads_nowhere_else(victim: Person, wanted: str) -> None:
    async with http_client(victim.server) as browser:
        form = await form_of(browser) | {"email": victim.user.email, "password": PASSWORD}
        answers = [
            await browser.post("/login", data=form | {"next": wanted}),
            await browser.get("/login", params={"next": wanted}),
        ]
    for answer in answers:
        target = httpx.URL(victim.server.url).join(answer.headers["location"])
        assert str(target).startswith(f"{victim.server.url}/")
        assert "evil" not in str(target)
        assert "x-injected" not in answer.headers
        assert "x" not in answer.cookies


async def test_075_a_new_role_counts_within_seconds(victim: Person) -> None:
    assert (await victim.http.get("/api/admin/users")).status_code == 403

    async def is_admin() -> bool:
        return (await victim.http.get("/api/admin/users")).status_code == 200

    async def is_learner() -> bool:
        return not await is_admin()

    async with another_process(victim.server) as identity:
        # So that there is another, and this one is not the last admin.
        await identity.add_user(f"{new_id()}@example.org", PASSWORD, Role.ADMIN)
        await identity.set_role(victim.user.id, Role.ADMIN)
        await eventually(is_admin)
        await identity.set_role(victim.user.id, Role.LEARNER)
        await eventually(is_learner)


class Test79Guessing:
    async def test_079_guessing_one_account_is_stopped(self, guarded: Server) -> None:
        person = await join(guarded, "guessed", Role.LEARNER)
        statuses = [
            await guess(guarded, person.user.email, f"guess number {number}", "192.0.2.1")
            for number in range(15)
        ]
        assert statuses[:10] == [401] * 10
        assert statuses[10:] == [429] * 5
        assert await guess(guarded, person.user.email, PASSWORD, "192.0.2.1") == 429
        assert await guess(guarded, person.user.email, PASSWORD, "192.0.2.2") == 303
        await person.aclose()

    async def test_079_a_refusal_says_when_to_come_back(self, guarded: Server) -> None:
        client = {"X-Forwarded-For": "192.0.2.3"}
        async with http_client(guarded, **client) as browser:
            form = await form_of(browser) | {"email": "x@example.org", "password": "wrong"}
            answers = [await browser.post("/login", data=form) for _ in range(11)]
        assert answers[-1].status_code == 429
        assert 0 < int(answers[-1].headers["retry-after"]) <= 300
        assert "Too many attempts" in answers[-1].text

    async def test_079_an_account_that_exists_looks_like_one_that_does_not(
        self, guarded: Server
    ) -> None:
        person = await join(guarded, "existing", Role.LEARNER)
        pages = []
        async with http_client(guarded, **{"X-Forwarded-For": "192.0.2.4"}) as browser:
            for email in (person.user.email, "missing0@example.org"):
                form = await form_of(browser) | {"email": email, "password": "wrong"}
                answer = await browser.post("/login", data=form)
                text = re.sub(r'name="_xsrf" value="[^"]+"', "", answer.text)
                pages.append((answer.status_code, text.replace(email, "")))
        assert pages[0] == pages[1]
        await person.aclose()

    async def test_079_many_at_once_do_not_get_more_tries(self, guarded: Server) -> None:
        person = await join(guarded, "hurried", Role.LEARNER)
        guesses = [
            guess(guarded, person.user.email, f"guess number {number}", "192.0.2.5")
            for number in range(30)
        ]
        statuses = await asyncio.gather(*guesses)
        assert statuses.count(401) == 10
        assert statuses.count(429) == 20
        await person.aclose()


async def guess(server: Server, email: str, password: str, address: str) -> int:
    async with http_client(server, **{"X-Forwarded-For": address}) as browser:
        form = await form_of(browser) | {"email": email, "password": password}
        return (await browser.post("/login", data=form)).status_code


@pytest.mark.parametrize("change", [{"name": "Root"}, {"color": "#fff"}, {"role": "admin"}, {}])
async def test_094_nobody_changes_who_they_are_by_jupyters_route(
    alice: Person, change: dict[str, str]
) -> None:
    before = (await alice.http.get("/api/me")).json()
    answer = await alice.http.patch("/api/me", json=change)
    assert answer.status_code == 403
    assert (await alice.http.get("/api/me")).json() == before
