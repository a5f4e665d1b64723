"""Accounts that Supabase Auth keeps: passwords, mails and bans there, roles and records here."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from cachetools import TTLCache

from platform_server.acts.model import ACCOUNT_SERVICE
from platform_server.errors import IdentityUnavailable, InvalidInput, NameTaken, NotSignedIn
from platform_server.identity.access_tokens import AccessTokens
from platform_server.identity.accounts import Proof
from platform_server.identity.acts import role_changed
from platform_server.identity.addresses import check_display_name, check_email
from platform_server.identity.model import Principal, Role, SessionId, User, UserId
from platform_server.identity.passwords import check_password
from platform_server.identity.supabase_api import Grant, Person

if TYPE_CHECKING:
    from platform_server.clock import Clock
    from platform_server.identity.acts import Telling
    from platform_server.identity.repository import UserRepository
    from platform_server.identity.supabase_api import SupabaseApi

_CHECKED_EVERY = 2.0  # seconds; a ban or a sign-out elsewhere is seen after these
_REMEMBERED = 20_000
_MARGIN = 60  # seconds before its end that an access token is replaced
_ROLE = "platform_role"  # in app_metadata, which only the project's admin writes
_BEARER = "supabase:"  # begins the name of a session that we know by its access token only
_ELSEWHERE = (
    "There is an account with this address that does not belong to this sign-in: ask the admin."
)


class GrantRepository(Protocol):
    """Stores what proves our sessions to Supabase."""

    async def get(self, session_id: SessionId) -> Grant | None:
        """Return what is kept for a session."""

    async def put(self, session_id: SessionId, grant: Grant) -> None:
        """Keep it in the place of the last. Nothing if the session is gone."""


class SupabaseAccounts:
    """The accounts of a project of Supabase's."""

    def __init__(
        self, api: SupabaseApi, users: UserRepository, grants: GrantRepository, *, clock: Clock
    ) -> None:
        self._api = api
        self._users = users
        self._grants = grants
        self._clock = clock
        self._tokens = AccessTokens(api)
        self._locks: dict[SessionId, asyncio.Lock] = {}
        self._standing: TTLCache[str, bool] = TTLCache(_REMEMBERED, _CHECKED_EVERY)
        self._bearers: TTLCache[str, str] = TTLCache(_REMEMBERED, 24 * 3600)

    async def register(
        self, email: str, password: str, *, name: str, role: Role, telling: Telling | None = None
    ) -> User:
        """Make an account. One made by an admin needs no mail to confirm it."""
        email = check_email(email)
        shown = check_display_name(name, email=email)
        check_password(password)
        make = self._api.sign_up if role is Role.LEARNER else self._api.create
        return await self._record(await make(email, password, shown), role, telling)

    async def authenticate(self, email: str, password: str) -> Proof | None:
        """Return the user whose password this is, with what Supabase gave for it."""
        grant = await self._api.sign_in(email, password)
        return None if grant is None else Proof(user=await self._record(grant.user), grant=grant)

    async def set_password(
        self, user_id: UserId, password: str, telling: Telling | None = None
    ) -> None:
        """Replace the password; what is told is told before."""
        check_password(password)
        if telling is not None:
            await self._users.tell(user_id, telling)
        await self._api.set_password(user_id, password)

    async def attach(self, session_id: SessionId, proof: Proof) -> None:
        """Keep what stands behind a session that begins."""
        if proof.grant is not None:
            await self._grants.put(session_id, proof.grant)

    async def stands(self, principal: Principal) -> bool:
        """Tell whether Supabase still holds with the session: asked every two seconds at most.

        While it does not answer, a session stands until its access token has run out.
        """
        return await self._stands(str(principal.credential))

    async def bearer(self, token: str) -> Principal | None:
        """Return whose access token this is, None if it is nobody's or good no more.

        A role that it tells of may be an earlier one: Supabase is asked, if it answers.
        """
        claims = await self._tokens.claims(token)
        if claims is None:
            return None
        name = f"{_BEARER}{claims['session_id']}"
        self._bearers[name] = token
        if not await self._stands(name):
            return None
        user = await self._users.get(UserId(claims["sub"]))
        if user is None:
            user = await self._record(Person(**(claims | {"id": claims["sub"]})))
        principal = Principal(
            id=user.id,
            email=user.email,
            name=user.name,
            role=user.role,
            credential=SessionId(name),
        )
        return principal if user.disabled_at is None else None

    async def current(self, principal: Principal) -> Principal | None:
        """Return the principal as it is now, if it came with an access token of Supabase's."""
        token = self._bearers.get(str(principal.credential))
        return None if token is None else await self.bearer(token)

    async def detach(self, session_id: SessionId) -> None:
        """End what stood behind a session that ends."""
        grant = await self._grants.get(session_id)
        if grant is not None:
            with suppress(IdentityUnavailable):  # it runs out by itself
                await self._api.sign_out(grant.access_token)

    async def send_reset(self, email: str) -> None:
        """Send the mail with which a password is reset, if there is such an account."""
        await self._api.send_reset(check_email(email))

    async def reset(self, link: str, password: str) -> User:
        """Replace the password of whom a mail's link was sent to. Raises NotSignedIn."""
        check_password(password)
        user = await self._record(await self._api.redeem_reset(link))
        await self._api.set_password(user.id, password)
        return user

    async def aclose(self) -> None:
        """Let go of connections."""
        await self._api.aclose()

    async def _stands(self, name: str) -> bool:
        known = self._standing.get(name)
        if known is None:
            known = self._standing[name] = await self._ask(name)
        return known

    async def _ask(self, name: str) -> bool:
        now = self._clock().timestamp()
        if name.startswith(_BEARER):
            token = self._bearers.get(name)
            if token is None:
                return False
            try:
                person = await self._api.user(token)
            except IdentityUnavailable:
                return True  # its end was checked on the way in
            if person is not None:
                await self._record(person)
            return person is not None
        session_id = SessionId(name)
        # One at a time: a refresh token that is used twice ends the session.
        async with self._locks.setdefault(session_id, asyncio.Lock()):
            grant = await self._grants.get(session_id)
            if grant is None:
                return True  # an API token of ours, or a session from before
            try:
                return await self._is_good(session_id, grant, now)
            except IdentityUnavailable:
                return grant.expires_at > now

    async def _is_good(self, session_id: SessionId, grant: Grant, now: float) -> bool:
        if grant.expires_at - now < _MARGIN:
            fresh = await self._api.refresh(grant.refresh_token)
            if fresh is None:
                return False
            await self._grants.put(session_id, fresh)
            grant = fresh
        return await self._api.user(grant.access_token) is not None

    async def _record(
        self, person: Person, role: Role | None = None, telling: Telling | None = None
    ) -> User:
        """Return our record of a person, made or brought up to date."""
        decided = _role(person) or role
        user = await self._users.get(UserId(person.id))
        if user is not None:
            if decided is not None and decided is not user.role and role is None:
                told = role_changed(ACCOUNT_SERVICE, self._clock(), decided)
                await self._users.set_role(user.id, decided, told)
                user = await self._users.get(user.id) or user
            return user
        made = _user(person, decided or Role.LEARNER, self._clock)
        try:
            await self._users.add(made, None, telling)
        except NameTaken as error:
            known = await self._users.get(made.id)  # made by another request meanwhile
            if known is None:
                raise NotSignedIn(_ELSEWHERE) from error
            return known
        return made


def _role(person: Person) -> Role | None:
    """Return the role that the project's admin gave, never what somebody says of themselves."""
    try:
        return Role(person.app_metadata.get(_ROLE))
    except ValueError:
        return None


def _user(person: Person, role: Role, clock: Clock) -> User:
    email = check_email(person.email)
    said = person.user_metadata.get("name")
    try:
        name = check_display_name(said if isinstance(said, str) else "", email=email)
    except InvalidInput:
        name = email.partition("@")[0]
    return User(id=UserId(person.id), email=email, name=name, role=role, created_at=clock())
