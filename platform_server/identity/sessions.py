"""Signed-in browsers: opaque secrets that are good for as long as they are used."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from platform_server.errors import SessionNotFound, StorageUnavailable
from platform_server.identity.credentials import digest_of_session, new_session_secret
from platform_server.identity.lookups import principal_from_session
from platform_server.identity.model import Session, SessionId

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from platform_server.clock import Clock, IdFactory
    from platform_server.identity.lookups import Lookups
    from platform_server.identity.model import Principal, User, UserId
    from platform_server.identity.repository import SessionRepository

_MAX_USER_AGENT = 256  # characters kept
_NOTED_EVERY = timedelta(minutes=5)  # how exactly the last use is known; each note is a write


@dataclass(frozen=True, kw_only=True)
class SessionLifetime:
    """How long a browser stays signed in."""

    idle: timedelta = timedelta(days=14)  # without a single request
    longest: timedelta = timedelta(days=90)  # in any case


class Sessions:
    """Makes, finds and ends sessions."""

    def __init__(
        self,
        store: SessionRepository,
        lookups: Lookups,
        lifetime: SessionLifetime,
        *,
        clock: Clock,
        new_id: IdFactory,
    ) -> None:
        self._store = store
        self._lookups = lookups
        self._lifetime = lifetime
        self._clock = clock
        self._new_id = new_id

    async def begin(self, user: User, user_agent: str) -> tuple[str, Session]:
        """Store a new session; return its secret, which is nowhere else, and what is known of it.

        Sessions whose time is up are swept out on the way.
        """
        now = self._clock()
        await self._store.delete_expired(now)
        secret = new_session_secret()
        session = Session(
            id=SessionId(self._new_id()),
            user_id=user.id,
            created_at=now,
            expires_at=now + self._lifetime.idle,
            last_seen_at=now,
            user_agent=user_agent[:_MAX_USER_AGENT],
        )
        await self._store.add(session, digest_of_session(secret) or "")
        return secret, session

    async def principal(self, secret: str) -> Principal | None:
        """Return whose secret this is; None if it is nobody's, ended, expired or disabled."""
        digest = digest_of_session(secret)
        if digest is None:
            return None
        if remembered := self._lookups.get(digest):
            return remembered
        found = await self._store.by_digest(digest)
        if found is None or not self._is_good(*found):
            return None
        await self._note_use(found[0])
        principal = principal_from_session(*found)
        self._lookups.put(digest, principal)
        return principal

    async def current(self, session_id: SessionId) -> Principal | None:
        """Return whose session this is now, straight from the store; None as above."""
        found = await self._store.by_id(session_id)
        return principal_from_session(*found) if found and self._is_good(*found) else None

    async def of(self, user_id: UserId) -> list[Session]:
        """Return the user's sessions that are good, the last used first."""
        now = self._clock()
        return [session for session in await self._store.of(user_id) if session.expires_at > now]

    async def last_seen(self) -> Mapping[UserId, datetime]:
        """Return when each user was last seen in a session that has not ended."""
        return await self._store.last_seen()

    async def end(self, session_id: SessionId) -> None:
        """End one. Nothing if there is none."""
        found = await self._store.by_id(session_id)
        if found:
            await self._store.delete(session_id)
            self._lookups.forget(found[1].id)

    async def end_of(self, user_id: UserId, session_id: SessionId) -> None:
        """End one of the user's. Raises SessionNotFound for any other."""
        found = await self._store.by_id(session_id)
        if found is None or found[1].id != user_id:
            raise SessionNotFound
        await self.end(session_id)

    async def end_all(self, user_id: UserId, *, keep: SessionId | None = None) -> None:
        """End all of the user's but one."""
        await self._store.delete_of(user_id, keep=keep)
        self._lookups.forget(user_id)

    def forget(self, user_id: UserId) -> None:
        """Look the user's credentials up anew: something about the account changed."""
        self._lookups.forget(user_id)

    def _is_good(self, session: Session, user: User) -> bool:
        return session.expires_at > self._clock() and user.disabled_at is None

    async def _note_use(self, session: Session) -> None:
        now = self._clock()
        if now - session.last_seen_at < _NOTED_EVERY:
            return
        expires_at = min(now + self._lifetime.idle, session.created_at + self._lifetime.longest)
        with suppress(StorageUnavailable):  # a full disk lets people in, to clean up
            await self._store.touch(session.id, seen_at=now, expires_at=expires_at)
