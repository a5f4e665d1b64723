"""Accounts, sessions, tokens and preferences in memory, and a whole service over them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from platform_server.clock import new_id, utc_now
from platform_server.errors import NameTaken, UserNotFound
from platform_server.identity.accounts import LocalAccounts
from platform_server.identity.attempts import AttemptLimits, Attempts
from platform_server.identity.lookups import Lookups
from platform_server.identity.passwords import HashCost, Passwords
from platform_server.identity.service import IdentityPolicy, IdentityService
from platform_server.identity.sessions import SessionLifetime, Sessions
from platform_server.identity.tokens import Tokens
from platform_server.testing.acts import MemoryActs

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from platform_server.acts.model import Act
    from platform_server.clock import Clock
    from platform_server.identity.acts import Telling
    from platform_server.identity.model import (
        ApiToken,
        Role,
        Session,
        SessionId,
        TokenId,
        User,
        UserId,
    )
    from platform_server.identity.preferences import Kind
    from platform_server.identity.repository import (
        SessionRepository,
        TokenRepository,
        UserRepository,
    )

QUICK = HashCost(passes=1, memory_kib=8)  # as cheap as argon2 allows


class MemoryUsers:
    """Keeps accounts in dictionaries."""

    def __init__(self) -> None:
        self.users: dict[UserId, User] = {}
        self.hashes: dict[UserId, str] = {}
        self.acts = MemoryActs()

    async def add(
        self, user: User, password_hash: str | None, telling: Telling | None = None
    ) -> None:
        """Store a new account."""
        if await self.by_email(user.email):
            raise NameTaken("There is an account with that address already.")
        self.acts.keep(telling(user) if telling else None)
        self.users[user.id] = user
        if password_hash is not None:
            self.hashes[user.id] = password_hash

    async def get(self, user_id: UserId) -> User | None:
        """Return an account."""
        return self.users.get(user_id)

    async def by_email(self, email: str) -> User | None:
        """Return the account with that address."""
        return next((user for user in self.users.values() if user.email == email), None)

    async def all(self) -> list[User]:
        """Return every account, ordered by address."""
        return sorted(self.users.values(), key=lambda user: user.email)

    async def set_name(self, user_id: UserId, name: str, telling: Telling | None = None) -> None:
        """Change how others see the user."""
        self._change(user_id, telling, name=name)

    async def set_role(self, user_id: UserId, role: Role, telling: Telling | None = None) -> None:
        """Change the role."""
        self._change(user_id, telling, role=role)

    async def set_disabled(
        self, user_id: UserId, at: datetime | None, telling: Telling | None = None
    ) -> None:
        """Disable the account, or with None enable it."""
        self._change(user_id, telling, disabled_at=at)

    async def password_hash(self, user_id: UserId) -> str | None:
        """Return the stored hash."""
        return self.hashes.get(user_id)

    async def set_password_hash(
        self, user_id: UserId, password_hash: str, telling: Telling | None = None
    ) -> None:
        """Replace the stored hash."""
        if user_id not in self.users:
            raise UserNotFound
        self._change(user_id, telling)
        self.hashes[user_id] = password_hash

    async def tell(self, user_id: UserId, telling: Telling) -> None:
        """Keep the act of a change that is made elsewhere."""
        self._change(user_id, telling)

    def _change(self, user_id: UserId, telling: Telling | None, **values: Any) -> None:
        if user := self.users.get(user_id):
            self.acts.keep(telling(user) if telling else None)
            self.users[user_id] = replace(user, **values)


class MemorySessions:
    """Keeps sessions in a dictionary by their digests."""

    def __init__(self, users: MemoryUsers) -> None:
        self._users = users
        self._sessions: dict[str, Session] = {}

    async def add(self, session: Session, digest: str) -> None:
        """Store a new session."""
        self._sessions[digest] = session

    async def by_digest(self, digest: str) -> tuple[Session, User] | None:
        """Return the session with that secret and its user."""
        session = self._sessions.get(digest)
        return (session, self._users.users[session.user_id]) if session else None

    async def by_id(self, session_id: SessionId) -> tuple[Session, User] | None:
        """Return a session and its user."""
        digest = self._digest(session_id)
        return await self.by_digest(digest) if digest else None

    async def of(self, user_id: UserId) -> list[Session]:
        """Return the user's sessions, the last used first."""
        found = [one for one in self._sessions.values() if one.user_id == user_id]
        return sorted(found, key=lambda one: one.last_seen_at, reverse=True)

    async def last_seen(self) -> dict[UserId, datetime]:
        """Return when each user's sessions were last used."""
        return _latest((one.user_id, one.last_seen_at) for one in self._sessions.values())

    async def touch(
        self, session_id: SessionId, *, seen_at: datetime, expires_at: datetime
    ) -> None:
        """Note that the session is in use."""
        if digest := self._digest(session_id):
            self._sessions[digest] = replace(
                self._sessions[digest], last_seen_at=seen_at, expires_at=expires_at
            )

    async def delete(self, session_id: SessionId) -> bool:
        """End one; tells whether there was one."""
        digest = self._digest(session_id)
        return digest is not None and self._sessions.pop(digest, None) is not None

    async def delete_of(self, user_id: UserId, *, keep: SessionId | None = None) -> None:
        """End all of a user's but one."""
        for digest, session in list(self._sessions.items()):
            if session.user_id == user_id and session.id != keep:
                del self._sessions[digest]

    async def delete_expired(self, now: datetime) -> None:
        """Forget those whose time is up."""
        for digest, session in list(self._sessions.items()):
            if session.expires_at < now:
                del self._sessions[digest]

    def _digest(self, session_id: SessionId) -> str | None:
        found = (digest for digest, one in self._sessions.items() if one.id == session_id)
        return next(found, None)


class MemoryTokens:
    """Keeps tokens in a dictionary by their digests."""

    def __init__(self, users: MemoryUsers) -> None:
        self._users = users
        self._tokens: dict[str, ApiToken] = {}

    async def add(self, token: ApiToken, digest: str, act: Act | None = None) -> None:
        """Store a new token."""
        if any(one.name == token.name for one in await self.of(token.user_id)):
            raise NameTaken("You have a token of that name already.")
        self._tokens[digest] = token
        self._users.acts.keep(act)

    async def by_digest(self, digest: str) -> tuple[ApiToken, User] | None:
        """Return the token with that secret and its user."""
        token = self._tokens.get(digest)
        return (token, self._users.users[token.user_id]) if token else None

    async def by_id(self, token_id: TokenId) -> tuple[ApiToken, User] | None:
        """Return a token and its user."""
        digest = self._digest(token_id)
        return await self.by_digest(digest) if digest else None

    async def of(self, user_id: UserId) -> list[ApiToken]:
        """Return the user's tokens, the newest first."""
        found = [one for one in self._tokens.values() if one.user_id == user_id]
        return sorted(found, key=lambda one: one.created_at, reverse=True)

    async def last_used(self) -> dict[UserId, datetime]:
        """Return when each user's tokens were last used."""
        return _latest((one.user_id, one.last_used_at) for one in self._tokens.values())

    async def touch(self, token_id: TokenId, *, used_at: datetime) -> None:
        """Note that the token is in use."""
        if digest := self._digest(token_id):
            self._tokens[digest] = replace(self._tokens[digest], last_used_at=used_at)

    async def delete(self, token_id: TokenId, act: Act | None = None) -> bool:
        """Revoke one; tells whether there was one."""
        digest = self._digest(token_id)
        is_there = digest is not None and self._tokens.pop(digest, None) is not None
        self._users.acts.keep(act if is_there else None)
        return is_there

    def _digest(self, token_id: TokenId) -> str | None:
        found = (digest for digest, one in self._tokens.items() if one.id == token_id)
        return next(found, None)


def _latest(uses: Iterable[tuple[UserId, datetime | None]]) -> dict[UserId, datetime]:
    latest: dict[UserId, datetime] = {}
    for user_id, at in uses:
        if at is not None:
            latest[user_id] = max(at, latest.get(user_id, at))
    return latest


class MemoryPreferences:
    """Keeps documents in a dictionary."""

    def __init__(self) -> None:
        self._texts: dict[tuple[UserId, Kind, str], tuple[str, datetime, int]] = {}

    async def get(self, user_id: UserId, kind: Kind, name: str) -> str | None:
        """Return a document."""
        found = self._texts.get((user_id, kind, name))
        return found[0] if found else None

    async def put(
        self, user_id: UserId, kind: Kind, name: str, text: str, *, at: datetime, size: int
    ) -> None:
        """Store a document, new or changed."""
        self._texts[user_id, kind, name] = (text, at, size)

    async def delete(self, user_id: UserId, kind: Kind, name: str) -> None:
        """Forget a document."""
        self._texts.pop((user_id, kind, name), None)

    async def names(self, user_id: UserId, kind: Kind) -> list[tuple[str, datetime]]:
        """Return what there is of that kind, ordered by name."""
        return sorted(
            (name, at)
            for (owner, what, name), (_, at, _) in self._texts.items()
            if (owner, what) == (user_id, kind)
        )

    async def used(self, user_id: UserId, *, but: tuple[Kind, str]) -> tuple[int, int]:
        """Return how many documents the user has and their bytes, one left out."""
        sizes = [
            size
            for (owner, *key), (_, _, size) in self._texts.items()
            if owner == user_id and tuple(key) != but
        ]
        return len(sizes), sum(sizes)


def identity_service(
    *,
    stores: tuple[UserRepository, SessionRepository, TokenRepository] | None = None,
    clock: Clock = utc_now,
    policy: IdentityPolicy | None = None,
    limits: AttemptLimits | None = None,
    remembered: float = 0.0,
) -> IdentityService:
    """Return a service with cheap hashes, over memory unless other stores are given.

    ``remembered`` is how many seconds a look-up may be old.
    """
    users_in_memory = MemoryUsers()
    users, sessions, tokens = stores or (
        users_in_memory,
        MemorySessions(users_in_memory),
        MemoryTokens(users_in_memory),
    )
    lookups = Lookups(seconds=remembered)
    return IdentityService(
        users=users,
        accounts=LocalAccounts(users, Passwords(QUICK), clock=clock, new_id=new_id),
        sessions=Sessions(sessions, lookups, SessionLifetime(), clock=clock, new_id=new_id),
        tokens=Tokens(tokens, lookups, clock=clock, new_id=new_id),
        attempts=Attempts(limits),
        policy=policy or IdentityPolicy(),
        clock=clock,
    )
