"""Accounts that Supabase Auth keeps, against a double of its API."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import jwt
import pytest

from platform_server.acts.model import ACCOUNT_SERVICE, Actor, ActQuery
from platform_server.app import make_identity
from platform_server.errors import IdentityUnavailable, NameTaken, NotSignedIn, WeakPassword
from platform_server.identity import supabase_accounts
from platform_server.identity.model import Role, UserId
from platform_server.identity.supabase_api import SupabaseKeys
from platform_server.paths import Home
from platform_server.settings import Settings
from platform_server.storage.acts import SqlActRepository
from platform_server.storage.database import Database
from platform_server.testing.supabase_auth import ANON_KEY, JWT_SECRET, SERVICE_KEY, SupabaseAuth

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from platform_server.identity.service import IdentityService

ADA, PASSWORD = "ada@example.org", "correct horse battery"
ROOT = Actor(id="root", name="root@example.org", address="192.0.2.1")
BROWSER = {"client": "127.0.0.1", "user_agent": "tests"}


@pytest.fixture
def project() -> Iterator[SupabaseAuth]:
    with SupabaseAuth().served() as project:
        yield project


@pytest.fixture
async def identity(
    project: SupabaseAuth, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[IdentityService]:
    """The service, which asks Supabase each time."""
    monkeypatch.setattr(supabase_accounts, "_CHECKED_EVERY", 0.0)
    database = Database(database_url)
    keys = SupabaseKeys(
        url=project.url, anon_key=ANON_KEY, service_key=SERVICE_KEY, jwt_secret=JWT_SECRET
    )
    settings = Settings(home=Home(tmp_path), database_url="", supabase=keys)
    identity = make_identity(database, settings)
    yield identity
    await identity.aclose()
    await database.aclose()


async def test_one_signs_up_in_and_out(identity: IdentityService, project: SupabaseAuth) -> None:
    user = await identity.sign_up(ADA, PASSWORD, "Ada")
    secret, session = await identity.sign_in(ADA, PASSWORD, **BROWSER)
    found = await identity.principal_of_session(secret)
    assert found is not None
    assert (found.id, found.name, found.role) == (user.id, "Ada", Role.LEARNER)

    await identity.sign_out(session.id)

    assert await identity.principal_of_session(secret) is None
    assert project.sessions == {}


async def test_a_wrong_password_and_an_unknown_address_are_refused_alike(
    identity: IdentityService, project: SupabaseAuth
) -> None:
    project.add(ADA, PASSWORD)
    said = set()
    for email in (ADA, "nobody@example.org"):
        with pytest.raises(NotSignedIn) as refused:
            await identity.sign_in(email, "wrong password", **BROWSER)
        said.add(refused.value.message)
    assert len(said) == 1


async def test_an_address_is_confirmed_first_if_the_project_wants_that(
    identity: IdentityService, project: SupabaseAuth
) -> None:
    project.confirms = True
    await identity.sign_up(ADA, PASSWORD, "Ada")
    with pytest.raises(NotSignedIn, match="Confirm"):
        await identity.sign_in(ADA, PASSWORD, **BROWSER)
    admin = await identity.add_user("root@example.org", PASSWORD, Role.ADMIN)
    await identity.sign_in(admin.email, PASSWORD, **BROWSER)


async def test_an_address_is_taken_once(identity: IdentityService, project: SupabaseAuth) -> None:
    project.add(ADA, PASSWORD)
    with pytest.raises(NameTaken):
        await identity.sign_up(ADA, PASSWORD, "Ada")


async def test_the_projects_admin_gives_roles_and_nobody_gives_them_to_themselves(
    identity: IdentityService, project: SupabaseAuth
) -> None:
    lying = {"platform_role": "admin", "role": "admin", "name": "Mallory"}
    project.add("mallory@example.org", PASSWORD, user_metadata=lying)
    teacher = project.add(ADA, PASSWORD, app_metadata={"platform_role": "reviewer"})
    roles = []
    for email in ("mallory@example.org", ADA):
        secret, _ = await identity.sign_in(email, PASSWORD, **BROWSER)
        principal = await identity.principal_of_session(secret)
        roles.append(principal.role if principal else None)
    bearer = await identity.principal_of_token(project.token(teacher))
    assert roles == [Role.LEARNER, Role.REVIEWER]
    assert bearer is not None
    assert bearer.role is Role.REVIEWER


async def test_a_role_that_was_taken_away_does_not_come_back_with_an_old_token(
    identity: IdentityService, project: SupabaseAuth
) -> None:
    user_id = project.add(ADA, PASSWORD, app_metadata={"platform_role": "admin"})
    old, ended = project.token(user_id), project.token(user_id)
    project.sessions.popitem()
    project.users[user_id]["app_metadata"] = {"platform_role": "learner"}
    bearer = await identity.principal_of_token(old)
    assert bearer is not None
    assert bearer.role is Role.LEARNER
    assert await identity.principal_of_token(ended) is None
    project.is_down = True
    for _ in range(2):
        assert await identity.principal_of_token(old) == bearer
    assert (await identity.user(UserId(user_id))).role is Role.LEARNER


async def test_what_is_changed_about_an_account_is_on_record(
    identity: IdentityService, project: SupabaseAuth, database_url: str
) -> None:
    user_id = project.add(ADA, PASSWORD, app_metadata={"platform_role": "learner"})
    await identity.sign_in(ADA, PASSWORD, **BROWSER)
    project.users[user_id]["app_metadata"]["platform_role"] = "reviewer"
    await identity.sign_in(ADA, PASSWORD, **BROWSER)
    await identity.set_password(UserId(user_id), "another good password", by=ROOT)
    with pytest.raises(WeakPassword):
        await identity.set_password(UserId(user_id), "short", by=ROOT)
    await identity.add_user("eve@example.org", PASSWORD, Role.REVIEWER, "Eve", by=ROOT)

    database = Database(database_url)
    kept = [one.act for one in await SqlActRepository(database).find(ActQuery())]
    await database.aclose()
    assert [(one.actor, one.name.value, one.target.name) for one in reversed(kept)] == [
        (ACCOUNT_SERVICE, "account.role", ADA),
        (ROOT, "account.password", ADA),
        (ROOT, "account.make", "eve@example.org"),
    ]


async def test_a_ban_or_a_sign_out_elsewhere_ends_the_session(
    identity: IdentityService, project: SupabaseAuth
) -> None:
    user_id = project.add(ADA, PASSWORD)

    def ban() -> None:
        project.users[user_id]["is_banned"] = True

    def sign_out() -> None:
        project.sessions.clear()

    for end in (ban, sign_out):
        secret, _ = await identity.sign_in(ADA, PASSWORD, **BROWSER)
        principal = await identity.principal_of_session(secret)
        token = project.token(user_id)
        bearer = await identity.principal_of_token(token)
        assert principal is not None
        assert bearer is not None
        assert await identity.is_valid(principal)
        assert await identity.is_valid(bearer)
        end()
        assert not await identity.is_valid(principal)
        assert not await identity.is_valid(bearer)
        assert await identity.principal_of_token(token) is None
        project.users[user_id]["is_banned"] = False


async def test_a_session_outlives_its_access_token_and_each_refresh_token_is_used_once(
    identity: IdentityService, project: SupabaseAuth
) -> None:
    project.add(ADA, PASSWORD)
    project.lifetime = 30  # so short that each look refreshes
    secret, _ = await identity.sign_in(ADA, PASSWORD, **BROWSER)
    principal = await identity.principal_of_session(secret)
    assert principal is not None
    assert all(await asyncio.gather(*(identity.is_valid(principal) for _ in range(10))))
    assert len(project.used) >= 10


async def test_while_supabase_is_away_sessions_stand_and_nobody_signs_in(
    identity: IdentityService, project: SupabaseAuth
) -> None:
    user_id = project.add(ADA, PASSWORD)
    secret, _ = await identity.sign_in(ADA, PASSWORD, **BROWSER)
    project.is_down = True
    assert await identity.principal_of_session(secret) is not None
    assert await identity.principal_of_token(project.token(user_id)) is not None
    with pytest.raises(IdentityUnavailable):
        await identity.sign_in(ADA, PASSWORD, **BROWSER)


async def test_keys_rotate(identity: IdentityService, project: SupabaseAuth) -> None:
    user_id = project.add(ADA, PASSWORD)
    project.signs_with = "ES256"
    assert await identity.principal_of_token(project.token(user_id)) is not None
    before = project.token(user_id)
    assert await identity.principal_of_token(before) is not None
    assert sum("jwks" in call for call in project.calls) == 1


FORGED: dict[str, dict[str, Any]] = {
    "expired": {"exp": int(time.time()) - 100},
    "not yet": {"nbf": int(time.time()) + 1000},
    "another audience": {"aud": "anon"},
    "no audience": {"aud": None},
    "another issuer": {"iss": "https://evil.example.org/auth/v1"},
    "the service itself": {"role": "service_role"},
    "the public key": {"role": "anon"},
    "no expiry": {"exp": None},
    "no session": {"session_id": ""},
}


@pytest.mark.parametrize("claims", FORGED.values(), ids=FORGED)
async def test_071_a_token_that_claims_what_is_not_so_is_nobodys(
    identity: IdentityService, project: SupabaseAuth, claims: dict[str, Any]
) -> None:
    user_id = project.add(ADA, PASSWORD)
    body = jwt.decode(project.token(user_id), options={"verify_signature": False}) | claims
    body = {name: value for name, value in body.items() if value is not None}
    forged = jwt.encode(body, JWT_SECRET, algorithm="HS256")
    assert await identity.principal_of_token(forged) is None


async def test_071_a_signature_counts_only_with_the_key_it_belongs_to(
    identity: IdentityService, project: SupabaseAuth
) -> None:
    user_id = project.add(ADA, PASSWORD)
    good = project.token(user_id)
    assert await identity.principal_of_token(good) is not None
    claims = jwt.decode(good, options={"verify_signature": False})
    project.signs_with = "ES256"
    public = project._published()[0]
    forged = [
        jwt.encode(claims, "", algorithm="none"),
        jwt.encode(
            claims,
            "another project's secret, which is about as long as the right one is",
            algorithm="HS256",
        ),
        jwt.encode(claims, public["x"] * 2, algorithm="HS256", headers={"kid": public["kid"]}),
        jwt.encode(claims, JWT_SECRET, algorithm="HS512"),
        good[:-4] + "AAAA",
        good.replace(".", "", 1),
        "a.b.c",
        "." * 20_000,
        SERVICE_KEY,
    ]
    assert [await identity.principal_of_token(one) for one in forged] == [None] * len(forged)


async def test_a_password_is_reset_by_a_mail_that_is_good_once(
    identity: IdentityService, project: SupabaseAuth
) -> None:
    project.add(ADA, PASSWORD)
    secret, _ = await identity.sign_in(ADA, PASSWORD, **BROWSER)
    await identity.send_reset("nobody@example.org", client="127.0.0.1")
    await identity.send_reset(ADA, client="127.0.0.1")
    (link,) = project.mails
    await identity.reset_password(link, "another long password")
    assert await identity.principal_of_session(secret) is None
    await identity.sign_in(ADA, "another long password", **BROWSER)
    with pytest.raises(NotSignedIn, match="link"):
        await identity.reset_password(link, "a third long password")
