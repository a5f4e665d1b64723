"""What every store of accounts, sessions, tokens and preferences promises."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from platform_server.acts.model import OPERATOR, ActName, Actor, ActQuery, Kind
from platform_server.errors import NameTaken, UserNotFound
from platform_server.identity import acts
from platform_server.identity.model import (
    ApiToken,
    Role,
    Scope,
    Session,
    SessionId,
    TokenId,
    User,
    UserId,
)

if TYPE_CHECKING:
    from platform_server.acts.model import Act
    from tests.identity.conftest import Stores

BEGAN = datetime(2026, 1, 1, 12, 30, 15, 123456, tzinfo=UTC)
LATER = BEGAN + timedelta(hours=1)

ALICE = User(
    id=UserId("alice"),
    email="alice@example.org",
    name="Älice 🐍",
    role=Role.LEARNER,
    created_at=BEGAN,
)
BOB = replace(ALICE, id=UserId("bob"), email="bob@example.org", role=Role.ADMIN)
SESSION = Session(
    id=SessionId("s1"),
    user_id=ALICE.id,
    created_at=BEGAN,
    expires_at=LATER,
    last_seen_at=BEGAN,
    user_agent="a browser",
)
ROOT = Actor(id="root", name="root@example.org", address="192.0.2.1")
SCOPES = {"scopes": ["read", "run"]}
TOKEN = ApiToken(
    id=TokenId("t1"),
    user_id=ALICE.id,
    name="nightly",
    scopes=frozenset({Scope.READ, Scope.RUN}),
    created_at=BEGAN,
    expires_at=None,
    last_used_at=None,
)


@pytest.fixture
async def people(stores: Stores) -> Stores:
    await stores.users.add(BOB, None)
    await stores.users.add(ALICE, "her hash")
    return stores


class TestUsers:
    async def test_an_account_comes_back_as_it_was_stored(self, people: Stores) -> None:
        assert await people.users.get(ALICE.id) == ALICE
        assert await people.users.by_email(BOB.email) == BOB

    async def test_nobody_is_found_by_what_is_not_there(self, people: Stores) -> None:
        assert await people.users.get(UserId("nobody")) is None
        assert await people.users.by_email("nobody@example.org") is None

    async def test_all_accounts_are_listed_by_address(self, people: Stores) -> None:
        assert list(await people.users.all()) == [ALICE, BOB]

    async def test_an_address_is_taken_once(self, people: Stores) -> None:
        with pytest.raises(NameTaken):
            await people.users.add(replace(ALICE, id=UserId("another")), "another hash")
        assert await people.users.password_hash(ALICE.id) == "her hash"
        assert await people.users.get(UserId("another")) is None

    async def test_name_role_and_state_can_be_changed(self, people: Stores) -> None:
        await people.users.set_name(ALICE.id, "Alice")
        await people.users.set_role(ALICE.id, Role.REVIEWER)
        await people.users.set_disabled(ALICE.id, LATER)
        changed = replace(ALICE, name="Alice", role=Role.REVIEWER, disabled_at=LATER)
        assert await people.users.get(ALICE.id) == changed

    async def test_a_disabled_account_can_be_enabled(self, people: Stores) -> None:
        await people.users.set_disabled(ALICE.id, LATER)
        await people.users.set_disabled(ALICE.id, None)
        assert await people.users.get(ALICE.id) == ALICE

    async def test_changing_nobody_changes_nothing(self, people: Stores) -> None:
        nobody = UserId("nobody")
        await people.users.set_name(nobody, "x")
        await people.users.set_role(nobody, Role.ADMIN)
        await people.users.set_disabled(nobody, LATER)
        assert list(await people.users.all()) == [ALICE, BOB]

    async def test_a_password_hash_is_kept_apart_and_replaced(self, people: Stores) -> None:
        assert await people.users.password_hash(BOB.id) is None
        await people.users.set_password_hash(BOB.id, "his hash")
        await people.users.set_password_hash(ALICE.id, "another hash")
        assert await people.users.password_hash(BOB.id) == "his hash"
        assert await people.users.password_hash(ALICE.id) == "another hash"

    async def test_nobody_gets_no_password(self, people: Stores) -> None:
        with pytest.raises(UserNotFound):
            await people.users.set_password_hash(UserId("nobody"), "hash")


class TestActs:
    async def test_a_change_is_kept_with_who_made_it_and_what_was_before(
        self, people: Stores
    ) -> None:
        users = people.users
        carol = replace(ALICE, id=UserId("carol"), email="carol@example.org")
        await users.add(carol, None, acts.made(ROOT, LATER))
        await users.set_role(ALICE.id, Role.REVIEWER, acts.role_changed(ROOT, LATER, Role.REVIEWER))
        await users.set_name(ALICE.id, "Alice", acts.renamed(ROOT, LATER, "Alice"))
        shut = acts.disabled(ROOT, LATER, is_disabled=True)
        await users.set_disabled(ALICE.id, LATER, shut)
        await users.set_password_hash(ALICE.id, "hash", acts.password_set(ROOT, LATER))
        await users.tell(BOB.id, acts.password_set(OPERATOR, LATER))
        token = acts.token_act(ALICE, TOKEN, ActName.TOKEN_MADE, OPERATOR, LATER)
        await people.tokens.add(TOKEN, "digest", token)
        gone = acts.token_act(ALICE, TOKEN, ActName.TOKEN_REVOKED, OPERATOR, LATER)
        await people.tokens.delete(TOKEN.id, gone)

        kept = [one.act for one in reversed(await people.acts.find(ActQuery()))]
        assert {(one.at, one.target.kind) for one in kept} == {(LATER, Kind.ACCOUNT)}
        assert [
            (one.actor, one.name.value, one.target.name, one.before, one.after) for one in kept
        ] == [
            (ROOT, "account.make", carol.email, {}, {"name": ALICE.name, "role": "learner"}),
            (ROOT, "account.role", ALICE.email, {"role": "learner"}, {"role": "reviewer"}),
            (ROOT, "account.rename", ALICE.email, {"name": ALICE.name}, {"name": "Alice"}),
            (ROOT, "account.disable", ALICE.email, {"disabled": False}, {"disabled": True}),
            (ROOT, "account.password", ALICE.email, {}, {}),
            (OPERATOR, "account.password", BOB.email, {}, {}),
            (OPERATOR, "account.token.make", ALICE.email, {}, {"token": "nightly"} | SCOPES),
            (OPERATOR, "account.token.revoke", ALICE.email, {"token": "nightly"} | SCOPES, {}),
        ]

    async def test_what_changes_nothing_is_no_act(self, people: Stores) -> None:
        await people.users.set_role(BOB.id, BOB.role, acts.role_changed(ROOT, LATER, BOB.role))
        again = acts.disabled(ROOT, LATER, is_disabled=False)
        await people.users.set_disabled(ALICE.id, None, again)
        nobody = UserId("nobody")
        await people.users.set_role(nobody, BOB.role, acts.role_changed(ROOT, LATER, BOB.role))
        token = acts.token_act(ALICE, TOKEN, ActName.TOKEN_REVOKED, OPERATOR, LATER)
        assert not await people.tokens.delete(TOKEN.id, token)
        assert await people.acts.find(ActQuery()) == []

    async def test_neither_is_there_without_the_other(self, people: Stores) -> None:
        def broken(user: User) -> Act:
            raise RuntimeError(user.id)

        with pytest.raises(RuntimeError):
            await people.users.set_role(ALICE.id, Role.ADMIN, broken)
        with pytest.raises(RuntimeError):
            await people.users.add(replace(ALICE, id=UserId("c"), email="c@x.org"), None, broken)
        another = replace(ALICE, id=UserId("another"))
        with pytest.raises(NameTaken):
            await people.users.add(another, None, acts.made(ROOT, LATER))
        assert list(await people.users.all()) == [ALICE, BOB]
        assert await people.acts.find(ActQuery()) == []


class TestSessions:
    async def test_a_session_is_found_by_digest_and_by_id(self, people: Stores) -> None:
        await people.sessions.add(SESSION, "digest")
        assert await people.sessions.by_digest("digest") == (SESSION, ALICE)
        assert await people.sessions.by_id(SESSION.id) == (SESSION, ALICE)

    async def test_the_last_use_of_any_session_of_each_user_is_known(self, people: Stores) -> None:
        await people.sessions.add(SESSION, "digest")
        newer = replace(SESSION, id=SessionId("s2"), last_seen_at=LATER)
        await people.sessions.add(newer, "another digest")
        assert dict(await people.sessions.last_seen()) == {ALICE.id: LATER}

    async def test_nothing_is_found_by_what_is_not_there(self, people: Stores) -> None:
        assert await people.sessions.by_digest("digest") is None
        assert await people.sessions.by_id(SESSION.id) is None

    async def test_use_is_noted(self, people: Stores) -> None:
        await people.sessions.add(SESSION, "digest")
        await people.sessions.touch(
            SESSION.id, seen_at=LATER, expires_at=LATER + timedelta(hours=1)
        )
        seen = replace(SESSION, last_seen_at=LATER, expires_at=LATER + timedelta(hours=1))
        assert await people.sessions.by_digest("digest") == (seen, ALICE)

    async def test_the_last_used_session_is_listed_first(self, people: Stores) -> None:
        newer = replace(SESSION, id=SessionId("s2"), last_seen_at=LATER)
        bobs = replace(SESSION, id=SessionId("s3"), user_id=BOB.id)
        for digest, session in (("1", SESSION), ("2", newer), ("3", bobs)):
            await people.sessions.add(session, digest)
        assert list(await people.sessions.of(ALICE.id)) == [newer, SESSION]

    async def test_a_session_ends_once(self, people: Stores) -> None:
        await people.sessions.add(SESSION, "digest")
        assert await people.sessions.delete(SESSION.id)
        assert not await people.sessions.delete(SESSION.id)
        assert await people.sessions.by_digest("digest") is None

    async def test_all_of_a_users_sessions_end_but_one(self, people: Stores) -> None:
        other = replace(SESSION, id=SessionId("s2"))
        bobs = replace(SESSION, id=SessionId("s3"), user_id=BOB.id)
        for digest, session in (("1", SESSION), ("2", other), ("3", bobs)):
            await people.sessions.add(session, digest)
        await people.sessions.delete_of(ALICE.id, keep=other.id)
        assert list(await people.sessions.of(ALICE.id)) == [other]
        await people.sessions.delete_of(ALICE.id)
        assert not await people.sessions.of(ALICE.id)
        assert list(await people.sessions.of(BOB.id)) == [bobs]

    async def test_only_expired_sessions_are_swept(self, people: Stores) -> None:
        await people.sessions.add(SESSION, "1")
        later = replace(SESSION, id=SessionId("s2"), expires_at=LATER + timedelta(seconds=2))
        await people.sessions.add(later, "2")
        await people.sessions.delete_expired(LATER + timedelta(seconds=1))
        assert list(await people.sessions.of(ALICE.id)) == [later]


class TestTokens:
    async def test_the_last_use_of_any_token_of_each_user_is_known(self, people: Stores) -> None:
        await people.tokens.add(TOKEN, "digest")
        assert dict(await people.tokens.last_used()) == {}
        used = replace(TOKEN, id=TokenId("t2"), name="used", last_used_at=LATER)
        await people.tokens.add(used, "another digest")
        assert dict(await people.tokens.last_used()) == {ALICE.id: LATER}

    async def test_a_token_is_found_by_digest_and_by_id(self, people: Stores) -> None:
        await people.tokens.add(TOKEN, "digest")
        assert await people.tokens.by_digest("digest") == (TOKEN, ALICE)
        assert await people.tokens.by_id(TOKEN.id) == (TOKEN, ALICE)

    async def test_nothing_is_found_by_what_is_not_there(self, people: Stores) -> None:
        assert await people.tokens.by_digest("digest") is None
        assert await people.tokens.by_id(TOKEN.id) is None

    async def test_a_name_is_taken_once_per_user(self, people: Stores) -> None:
        await people.tokens.add(TOKEN, "1")
        with pytest.raises(NameTaken):
            await people.tokens.add(replace(TOKEN, id=TokenId("t2")), "2")
        await people.tokens.add(replace(TOKEN, id=TokenId("t3"), user_id=BOB.id), "3")
        assert len(await people.tokens.of(ALICE.id)) == 1

    async def test_use_is_noted(self, people: Stores) -> None:
        await people.tokens.add(TOKEN, "digest")
        await people.tokens.touch(TOKEN.id, used_at=LATER)
        assert await people.tokens.of(ALICE.id) == [replace(TOKEN, last_used_at=LATER)]

    async def test_the_newest_token_is_listed_first(self, people: Stores) -> None:
        everything = frozenset(Scope)
        newer = replace(TOKEN, id=TokenId("t2"), name="two", created_at=LATER, scopes=everything)
        await people.tokens.add(TOKEN, "1")
        await people.tokens.add(newer, "2")
        assert list(await people.tokens.of(ALICE.id)) == [newer, TOKEN]

    async def test_a_token_is_revoked_once(self, people: Stores) -> None:
        await people.tokens.add(TOKEN, "digest")
        assert await people.tokens.delete(TOKEN.id)
        assert not await people.tokens.delete(TOKEN.id)
        assert await people.tokens.by_digest("digest") is None


class TestPreferences:
    async def test_a_document_comes_back_and_is_replaced(self, people: Stores) -> None:
        store = people.preferences
        await store.put(ALICE.id, "settings", "a:b", "{1}", at=BEGAN, size=3)
        await store.put(ALICE.id, "settings", "a:b", "{2}🐍", at=LATER, size=7)
        assert await store.get(ALICE.id, "settings", "a:b") == "{2}🐍"
        assert list(await store.names(ALICE.id, "settings")) == [("a:b", LATER)]

    async def test_users_and_kinds_are_apart(self, people: Stores) -> None:
        store = people.preferences
        await store.put(ALICE.id, "settings", "x", "hers", at=BEGAN, size=4)
        assert await store.get(BOB.id, "settings", "x") is None
        assert await store.get(ALICE.id, "workspace", "x") is None
        assert not await store.names(BOB.id, "settings")
        await store.delete(BOB.id, "settings", "x")
        assert await store.get(ALICE.id, "settings", "x") == "hers"

    async def test_a_document_can_be_deleted_twice(self, people: Stores) -> None:
        store = people.preferences
        await store.put(ALICE.id, "workspace", "x", "y", at=BEGAN, size=1)
        await store.delete(ALICE.id, "workspace", "x")
        await store.delete(ALICE.id, "workspace", "x")
        assert await store.get(ALICE.id, "workspace", "x") is None

    async def test_names_are_in_order(self, people: Stores) -> None:
        for name in ("b", "a", "c"):
            await people.preferences.put(ALICE.id, "workspace", name, "", at=BEGAN, size=0)
        assert [name for name, _ in await people.preferences.names(ALICE.id, "workspace")] == [
            *"abc"
        ]

    async def test_what_is_used_leaves_one_document_out(self, people: Stores) -> None:
        store = people.preferences
        assert await store.used(ALICE.id, but=("settings", "a")) == (0, 0)
        await store.put(ALICE.id, "settings", "a", "aa", at=BEGAN, size=2)
        await store.put(ALICE.id, "workspace", "a", "aaa", at=BEGAN, size=3)
        await store.put(BOB.id, "workspace", "a", "a", at=BEGAN, size=1)
        assert await store.used(ALICE.id, but=("settings", "a")) == (1, 3)
        assert await store.used(ALICE.id, but=("settings", "b")) == (2, 5)
