"""Accounts, signing in, sessions and tokens, as the rest of the platform uses them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from platform_server.acts.model import OPERATOR, Actor
from platform_server.errors import (
    AccessDenied,
    Conflict,
    InvalidInput,
    LimitReached,
    NameTaken,
    NotSignedIn,
    SessionNotFound,
    TokenNotFound,
    TooManyRequests,
    UserNotFound,
    WeakPassword,
)
from platform_server.identity.attempts import AttemptLimits
from platform_server.identity.model import ALL_SCOPES, Principal, Role, Scope, SessionId, UserId
from platform_server.identity.service import IdentityPolicy
from platform_server.identity.tokens import PER_USER
from platform_server.testing.identity import (
    MemorySessions,
    MemoryTokens,
    MemoryUsers,
    identity_service,
)

if TYPE_CHECKING:
    from platform_server.identity.model import User
    from platform_server.identity.service import IdentityService
    from tests.identity.conftest import Time

EMAIL, PASSWORD = "ada@example.org", "ten letters and more"


@pytest.fixture
async def ada(identity: IdentityService) -> User:
    return await identity.add_user(EMAIL, PASSWORD, Role.LEARNER, "Ada")


async def sign_in(identity: IdentityService, email: str = EMAIL) -> tuple[str, Principal]:
    secret, _ = await identity.sign_in(email, PASSWORD, client="192.0.2.1", user_agent="browser")
    principal = await identity.principal_of_session(secret)
    assert principal is not None
    return secret, principal


class TestRecord:
    async def test_what_others_do_to_an_account_is_on_record(self, time: Time) -> None:
        users = MemoryUsers()
        stores = (users, MemorySessions(users), MemoryTokens(users))
        identity = identity_service(stores=stores, clock=time)
        ada = await identity.add_user(EMAIL, PASSWORD, Role.LEARNER)
        _, token = await identity.create_token(ada.id, "ci", [Scope.READ], None, by=OPERATOR)
        await identity.revoke_token(ada.id, token.id, by=OPERATOR)
        by = Actor(id="root", name="root@example.org")
        await identity.rename(ada.id, "Ada L.", by=by)

        kept = [one.act for one in users.acts.kept]
        assert [(one.actor, one.name.value) for one in kept] == [
            (OPERATOR, "account.make"),
            (OPERATOR, "account.token.make"),
            (OPERATOR, "account.token.revoke"),
            (by, "account.rename"),
        ]
        assert {one.at for one in kept} == {time.now}

    async def test_what_one_does_to_ones_own_is_not(self, time: Time) -> None:
        users = MemoryUsers()
        stores = (users, MemorySessions(users), MemoryTokens(users))
        identity = identity_service(stores=stores, clock=time)
        await identity.sign_up(EMAIL, PASSWORD, "Ada")
        _, ada = await sign_in(identity)
        await identity.rename(ada.id, "Ada L.")
        await identity.change_password(ada, PASSWORD, "another good password", client="")
        _, token = await identity.create_token(ada.id, "ci", [Scope.READ], None, granted_by=ada)
        await identity.revoke_token(ada.id, token.id)
        assert users.acts.kept == []


class TestAccounts:
    async def test_a_sign_up_makes_a_learner(self, identity: IdentityService) -> None:
        user = await identity.sign_up("Ada@Example.ORG", PASSWORD, " Ada ")
        assert (user.email, user.name, user.role) == (EMAIL, "Ada", Role.LEARNER)
        assert await identity.user_by_email("ADA@example.org") == user

    async def test_without_a_name_the_address_gives_one(self, identity: IdentityService) -> None:
        assert (await identity.sign_up(EMAIL, PASSWORD, "")).name == "ada"

    async def test_sign_up_can_be_closed(self) -> None:
        identity = identity_service(policy=IdentityPolicy(is_sign_up_open=False))
        with pytest.raises(AccessDenied):
            await identity.sign_up(EMAIL, PASSWORD, "")
        assert await identity.users() == []

    async def test_an_address_has_one_account(self, identity: IdentityService, ada: User) -> None:
        with pytest.raises(NameTaken):
            await identity.sign_up("ADA@example.org", "another password", "")
        await sign_in(identity)
        assert await identity.users() == [ada]

    @pytest.mark.parametrize("password", ["", "nine char", "x" * 1025])
    async def test_a_bad_password_makes_no_account(
        self, identity: IdentityService, password: str
    ) -> None:
        with pytest.raises(WeakPassword):
            await identity.sign_up(EMAIL, password, "")
        assert await identity.users() == []

    async def test_who_is_not_there_is_not_found(self, identity: IdentityService) -> None:
        with pytest.raises(UserNotFound):
            await identity.user(UserId("nobody"))
        with pytest.raises(UserNotFound):
            await identity.user_by_email("nobody@example.org")
        with pytest.raises(UserNotFound):
            await identity.user_by_email("not an address")
        with pytest.raises(UserNotFound):
            await identity.set_password(UserId("nobody"), PASSWORD)

    async def test_the_last_admin_stays(self, identity: IdentityService, ada: User) -> None:
        root = await identity.add_user("root@example.org", PASSWORD, Role.ADMIN)
        with pytest.raises(Conflict):
            await identity.set_role(root.id, Role.LEARNER)
        with pytest.raises(Conflict):
            await identity.disable(root.id)
        await identity.set_role(ada.id, Role.ADMIN)
        await identity.disable(root.id)
        assert (await identity.user(root.id)).disabled_at is not None
        with pytest.raises(Conflict):
            await identity.set_role(ada.id, Role.REVIEWER)

    async def test_a_name_can_be_changed(self, identity: IdentityService, ada: User) -> None:
        secret, _ = await sign_in(identity)
        await identity.rename(ada.id, "Ada L.")
        principal = await identity.principal_of_session(secret)
        assert principal is not None
        assert principal.name == "Ada L."
        with pytest.raises(InvalidInput):
            await identity.rename(ada.id, "two\nlines")


class TestSigningIn:
    async def test_the_right_password_begins_a_session(
        self, identity: IdentityService, ada: User
    ) -> None:
        secret, session = await identity.sign_in(
            " ADA@example.org ", PASSWORD, client="192.0.2.1", user_agent="x" * 1000
        )
        principal = await identity.principal_of_session(secret)
        assert principal == Principal(
            id=ada.id,
            email=EMAIL,
            name="Ada",
            role=Role.LEARNER,
            scopes=ALL_SCOPES,
            credential=session.id,
        )
        assert len(session.user_agent) == 256

    async def test_each_sign_in_has_a_secret_of_its_own(
        self, identity: IdentityService, ada: User
    ) -> None:
        secrets = {(await sign_in(identity))[0] for _ in range(3)}
        assert len(secrets) == 3
        assert len(await identity.sessions(ada.id)) == 3

    @pytest.mark.parametrize(
        ("email", "password"),
        [
            (EMAIL, PASSWORD + " "),
            (EMAIL, ""),
            (EMAIL, "x" * 1_000_000),
            ("nobody@example.org", PASSWORD),
            ("", PASSWORD),
            ("not an address", PASSWORD),
            ("x" * 10_000_000 + "@example.org", PASSWORD),
        ],
    )
    async def test_anything_else_is_refused_in_the_same_words(
        self, identity: IdentityService, ada: User, email: str, password: str
    ) -> None:
        with pytest.raises(NotSignedIn) as refusal:
            await identity.sign_in(email, password, client="192.0.2.1", user_agent="")
        assert refusal.value.message == "The e-mail address or the password is not right."
        assert await identity.sessions(ada.id) == []

    async def test_a_disabled_account_cannot_sign_in(
        self, identity: IdentityService, ada: User
    ) -> None:
        await identity.disable(ada.id)
        with pytest.raises(NotSignedIn, match="disabled"):
            await sign_in(identity)
        with pytest.raises(NotSignedIn, match="not right"):
            await identity.sign_in(EMAIL, "guessed wrong", client="192.0.2.1", user_agent="")
        await identity.enable(ada.id)
        await sign_in(identity)


class TestAttempts:
    async def test_guessing_one_account_is_stopped_and_even_the_right_one_refused(
        self, ada: User
    ) -> None:
        del ada
        identity = identity_service(limits=AttemptLimits(per_account_and_client=3))
        await identity.add_user(EMAIL, PASSWORD, Role.LEARNER)
        for _ in range(3):
            await fail(identity, EMAIL, "192.0.2.1")
        with pytest.raises(TooManyRequests) as refusal:
            await identity.sign_in(EMAIL, PASSWORD, client="192.0.2.1", user_agent="")
        assert 0 < refusal.value.retry_after <= 300

    async def test_its_owner_elsewhere_still_gets_in(self) -> None:
        identity = identity_service(limits=AttemptLimits(per_account_and_client=1))
        await identity.add_user(EMAIL, PASSWORD, Role.LEARNER)
        await fail(identity, EMAIL, "192.0.2.1")
        await identity.sign_in(EMAIL, PASSWORD, client="192.0.2.2", user_agent="")

    async def test_guessing_from_many_places_is_stopped_too(self) -> None:
        identity = identity_service(limits=AttemptLimits(failures_per_account=5))
        await identity.add_user(EMAIL, PASSWORD, Role.LEARNER)
        for number in range(5):
            await fail(identity, EMAIL, f"192.0.2.{number}")
        with pytest.raises(TooManyRequests):
            await identity.sign_in(EMAIL, PASSWORD, client="192.0.2.99", user_agent="")

    async def test_guessing_many_accounts_from_one_place_is_stopped(self) -> None:
        identity = identity_service(limits=AttemptLimits(failures_per_client=5))
        await identity.add_user(EMAIL, PASSWORD, Role.LEARNER)
        for number in range(5):
            await fail(identity, f"somebody{number}@example.org", "2001:db8::1")
        with pytest.raises(TooManyRequests):
            await identity.sign_in(EMAIL, PASSWORD, client="2001:db8::ffff", user_agent="")
        await identity.sign_in(EMAIL, PASSWORD, client="2001:db8:0:1::1", user_agent="")

    async def test_a_class_behind_one_address_can_sign_in(self) -> None:
        identity = identity_service(
            limits=AttemptLimits(per_account_and_client=2, failures_per_client=5)
        )
        for number in range(20):
            await identity.add_user(f"pupil{number}@example.org", PASSWORD, Role.LEARNER)
            await sign_in(identity, f"pupil{number}@example.org")

    async def test_success_forgets_the_failures(self) -> None:
        identity = identity_service(limits=AttemptLimits(per_account_and_client=3))
        await identity.add_user(EMAIL, PASSWORD, Role.LEARNER)
        for _ in range(5):
            await fail(identity, EMAIL, "192.0.2.1")
            await identity.sign_in(EMAIL, PASSWORD, client="192.0.2.1", user_agent="")

    async def test_sign_ups_are_counted(self) -> None:
        identity = identity_service(limits=AttemptLimits(sign_ups_per_client=2))
        for number in range(2):
            await identity.sign_up(f"new{number}@example.org", PASSWORD, "", client="192.0.2.1")
        with pytest.raises(TooManyRequests):
            await identity.sign_up("new3@example.org", PASSWORD, "", client="192.0.2.1")
        await identity.sign_up("new3@example.org", PASSWORD, "", client="192.0.2.2")


async def fail(identity: IdentityService, email: str, client: str) -> None:
    with pytest.raises(NotSignedIn):
        await identity.sign_in(email, "wrong password", client=client, user_agent="")


class TestSessions:
    async def test_signing_out_ends_it_at_once(self, identity: IdentityService, ada: User) -> None:
        secret, principal = await sign_in(identity)
        await identity.sign_out(SessionId(principal.credential))
        await identity.sign_out(SessionId(principal.credential))
        assert await identity.principal_of_session(secret) is None
        assert not await identity.is_valid(principal)
        assert await identity.sessions(ada.id) == []

    async def test_a_session_ends_when_nobody_uses_it(
        self, identity: IdentityService, ada: User, time: Time
    ) -> None:
        secret, principal = await sign_in(identity)
        time.pass_by(days=14)
        assert await identity.principal_of_session(secret) is None
        assert not await identity.is_valid(principal)
        assert await identity.sessions(ada.id) == []

    async def test_use_keeps_it_alive_but_not_for_ever(
        self, identity: IdentityService, ada: User, time: Time
    ) -> None:
        del ada
        secret, _ = await sign_in(identity)
        for _ in range(8):
            time.pass_by(days=10)
            assert await identity.principal_of_session(secret) is not None
        time.pass_by(days=10)
        assert await identity.principal_of_session(secret) is None

    async def test_one_of_ones_own_can_be_revoked_and_no_other(
        self, identity: IdentityService, ada: User
    ) -> None:
        eve = await identity.add_user("eve@example.org", PASSWORD, Role.ADMIN)
        secret, principal = await sign_in(identity)
        with pytest.raises(SessionNotFound):
            await identity.revoke_session(eve.id, SessionId(principal.credential))
        assert await identity.principal_of_session(secret) is not None
        await identity.revoke_session(ada.id, SessionId(principal.credential))
        assert await identity.principal_of_session(secret) is None
        with pytest.raises(SessionNotFound):
            await identity.revoke_session(ada.id, SessionId(principal.credential))

    async def test_a_changed_password_ends_every_other_session(
        self, identity: IdentityService, ada: User
    ) -> None:
        other, _ = await sign_in(identity)
        mine, me = await sign_in(identity)
        await identity.change_password(me, PASSWORD, "a new password", client="")
        assert await identity.principal_of_session(other) is None
        assert await identity.principal_of_session(mine) is not None
        await fail(identity, EMAIL, "192.0.2.1")
        await identity.set_password(ada.id, "one more password")
        assert await identity.principal_of_session(mine) is None

    async def test_a_password_is_changed_by_who_knows_it(
        self, identity: IdentityService, ada: User
    ) -> None:
        del ada
        _, me = await sign_in(identity)
        with pytest.raises(AccessDenied):
            await identity.change_password(me, "wrong password", "a new password", client="")
        await sign_in(identity)

    @pytest.mark.parametrize("secret", ["", "x", "x" * 10_000_000, "ä" * 43, "\0" * 43])
    async def test_nonsense_is_nobody(self, identity: IdentityService, secret: str) -> None:
        assert await identity.principal_of_session(secret) is None
        assert await identity.principal_of_token(secret) is None
        assert await identity.principal_of_token("pxp_" + secret) is None

    async def test_a_role_change_ends_what_was_open_with_the_old_role(
        self, identity: IdentityService, ada: User
    ) -> None:
        secret, before = await sign_in(identity)
        await identity.set_role(ada.id, Role.REVIEWER)
        assert not await identity.is_valid(before)
        after = await identity.principal_of_session(secret)
        assert after is not None
        assert after.role is Role.REVIEWER
        assert await identity.is_valid(after)


class TestLookups:
    async def test_a_remembered_look_up_spares_the_store_and_own_changes_show_at_once(
        self, time: Time
    ) -> None:
        identity = identity_service(clock=time, remembered=60)
        ada = await identity.add_user(EMAIL, PASSWORD, Role.LEARNER)
        secret, principal = await sign_in(identity)
        time.pass_by(days=30)  # the store would say no
        assert await identity.principal_of_session(secret) == principal
        await identity.set_role(ada.id, Role.REVIEWER)
        assert await identity.principal_of_session(secret) is None


class TestTokens:
    async def test_a_token_is_its_owner_with_its_scopes(
        self, identity: IdentityService, ada: User
    ) -> None:
        secret, token = await identity.create_token(ada.id, "nightly", {Scope.READ}, None)
        assert secret.startswith("pxp_")
        assert len(secret) == 47
        principal = await identity.principal_of_token(secret)
        assert principal is not None
        assert principal.id == ada.id
        assert principal.scopes == {Scope.READ}
        assert principal.credential == token.id
        assert await identity.is_valid(principal)

    async def test_a_token_is_no_session_and_a_session_no_token(
        self, identity: IdentityService, ada: User
    ) -> None:
        token, _ = await identity.create_token(ada.id, "x", ALL_SCOPES, None)
        session, _ = await sign_in(identity)
        assert await identity.principal_of_session(token) is None
        assert await identity.principal_of_session(token.removeprefix("pxp_")) is None
        assert await identity.principal_of_token(session) is None
        assert await identity.principal_of_token(f"pxp_{session}") is None

    async def test_it_expires(self, identity: IdentityService, ada: User, time: Time) -> None:
        secret, _ = await identity.create_token(ada.id, "x", ALL_SCOPES, timedelta(hours=1))
        time.pass_by(minutes=59)
        principal = await identity.principal_of_token(secret)
        assert principal is not None
        time.pass_by(minutes=1)
        assert await identity.principal_of_token(secret) is None
        assert not await identity.is_valid(principal)

    async def test_its_last_use_is_known(
        self, identity: IdentityService, ada: User, time: Time
    ) -> None:
        secret, token = await identity.create_token(ada.id, "x", ALL_SCOPES, None)
        assert token.last_used_at is None
        await identity.principal_of_token(secret)
        assert (await identity.tokens(ada.id))[0].last_used_at == time.now

    async def test_one_of_ones_own_can_be_revoked_and_no_other(
        self, identity: IdentityService, ada: User
    ) -> None:
        eve = await identity.add_user("eve@example.org", PASSWORD, Role.ADMIN)
        secret, token = await identity.create_token(ada.id, "x", ALL_SCOPES, None)
        with pytest.raises(TokenNotFound):
            await identity.revoke_token(eve.id, token.id)
        assert await identity.principal_of_token(secret) is not None
        await identity.revoke_token(ada.id, token.id)
        assert await identity.principal_of_token(secret) is None

    async def test_a_disabled_accounts_token_waits_until_it_is_enabled(
        self, identity: IdentityService, ada: User
    ) -> None:
        secret, _ = await identity.create_token(ada.id, "x", ALL_SCOPES, None)
        await identity.disable(ada.id)
        assert await identity.principal_of_token(secret) is None
        await identity.enable(ada.id)
        assert await identity.principal_of_token(secret) is not None

    @pytest.mark.parametrize("name", ["", "  ", "two\nlines", "x" * 101])
    async def test_its_name_is_a_short_line(
        self, identity: IdentityService, ada: User, name: str
    ) -> None:
        with pytest.raises(InvalidInput):
            await identity.create_token(ada.id, name, ALL_SCOPES, None)

    async def test_it_needs_a_scope_a_sensible_span_and_an_owner(
        self, identity: IdentityService, ada: User
    ) -> None:
        with pytest.raises(InvalidInput):
            await identity.create_token(ada.id, "x", set(), None)
        for span in (timedelta(0), timedelta(days=-1), timedelta(days=10_000)):
            with pytest.raises(InvalidInput):
                await identity.create_token(ada.id, "x", ALL_SCOPES, span)
        with pytest.raises(UserNotFound):
            await identity.create_token(UserId("nobody"), "x", ALL_SCOPES, None)

    async def test_an_account_has_not_endlessly_many(
        self, identity: IdentityService, ada: User
    ) -> None:
        for number in range(PER_USER):
            await identity.create_token(ada.id, str(number), ALL_SCOPES, None)
        with pytest.raises(LimitReached):
            await identity.create_token(ada.id, "one more", ALL_SCOPES, None)

    async def test_a_token_makes_none_that_may_more_or_lasts_longer(
        self, identity: IdentityService, ada: User
    ) -> None:
        few = {Scope.READ, Scope.WRITE}
        secret, parent = await identity.create_token(ada.id, "x", few, timedelta(hours=1))
        me = await identity.principal_of_token(secret)
        with pytest.raises(AccessDenied):
            await identity.create_token(ada.id, "y", ALL_SCOPES, None, granted_by=me)
        _, child = await identity.create_token(ada.id, "z", few, None, granted_by=me)
        assert child.expires_at == parent.expires_at
        _, brief = await identity.create_token(
            ada.id, "b", few, timedelta(minutes=1), granted_by=me
        )
        assert brief.expires_at is not None
        assert parent.expires_at is not None
        assert brief.expires_at < parent.expires_at
