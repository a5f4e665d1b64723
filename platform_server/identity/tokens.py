"""Personal API tokens: named, scoped, expiring, revocable."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from platform_server.acts.model import ActName
from platform_server.errors import InvalidInput, LimitReached, StorageUnavailable, TokenNotFound
from platform_server.identity.acts import token_act
from platform_server.identity.credentials import digest_of_token, new_token_secret
from platform_server.identity.lookups import principal_from_token
from platform_server.identity.model import ApiToken, TokenId

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from platform_server.acts.model import Actor
    from platform_server.clock import Clock, IdFactory
    from platform_server.identity.lookups import Lookups
    from platform_server.identity.model import Principal, Scope, SessionId, User, UserId
    from platform_server.identity.repository import TokenRepository

MAX_NAME = 100  # characters
PER_USER = 100
_LONGEST = timedelta(days=3650)
_NOTED_EVERY = timedelta(minutes=1)  # how exactly the last use is known; each note is a write


class Tokens:
    """Makes, finds and revokes tokens."""

    def __init__(
        self, store: TokenRepository, lookups: Lookups, *, clock: Clock, new_id: IdFactory
    ) -> None:
        self._store = store
        self._lookups = lookups
        self._clock = clock
        self._new_id = new_id

    async def create(
        self,
        user: User,
        name: str,
        scopes: Iterable[Scope],
        expires_in: timedelta | None,
        *,
        by: Actor | None = None,
    ) -> tuple[str, ApiToken]:
        """Store a new token; return its secret, which is nowhere else, and what is known of it.

        ``by`` says who makes it, if not the user: then that is kept in the record of such acts.
        Raises InvalidInput, NameTaken, LimitReached.
        """
        now = self._clock()
        token = ApiToken(
            id=TokenId(self._new_id()),
            user_id=user.id,
            name=_checked_name(name),
            scopes=_checked_scopes(scopes),
            created_at=now,
            expires_at=None if expires_in is None else now + _checked_span(expires_in),
            last_used_at=None,
        )
        if len(await self._store.of(user.id)) >= PER_USER:
            raise LimitReached(f"An account has at most {PER_USER} tokens: revoke one first.")
        secret = new_token_secret()
        act = None if by is None else token_act(user, token, ActName.TOKEN_MADE, by, now)
        await self._store.add(token, digest_of_token(secret) or "", act)
        return secret, token

    async def principal(self, secret: str) -> Principal | None:
        """Return whose token this is; None if it is nobody's, revoked, expired or disabled."""
        digest = digest_of_token(secret)
        if digest is None:
            return None
        if remembered := self._lookups.get(digest):
            return remembered
        found = await self._store.by_digest(digest)
        if found is None or not self._is_good(*found):
            return None
        await self._note_use(found[0])
        principal = principal_from_token(*found)
        self._lookups.put(digest, principal)
        return principal

    async def current(self, token_id: TokenId) -> Principal | None:
        """Return whose token this is now, straight from the store; None as above."""
        found = await self._store.by_id(token_id)
        return principal_from_token(*found) if found and self._is_good(*found) else None

    async def at_most_as_long(
        self, credential: SessionId | TokenId, expires_in: timedelta | None
    ) -> timedelta | None:
        """Return the span, shortened to what is left of the token; a session leaves it alone."""
        found = await self._store.by_id(TokenId(credential))
        if found is None or found[0].expires_at is None:
            return expires_in
        left = found[0].expires_at - self._clock()
        return left if expires_in is None else min(left, expires_in)

    async def last_used(self) -> Mapping[UserId, datetime]:
        """Return when each user last used a token that is not revoked."""
        return await self._store.last_used()

    async def of(self, user_id: UserId) -> list[ApiToken]:
        """Return the user's tokens, expired ones too, the newest first."""
        return list(await self._store.of(user_id))

    async def revoke(self, user_id: UserId, token_id: TokenId, *, by: Actor | None = None) -> None:
        """Revoke one of the user's; ``by`` as above. Raises TokenNotFound for any other."""
        found = await self._store.by_id(token_id)
        if found is None or found[1].id != user_id:
            raise TokenNotFound
        token, user = found
        act = None
        if by is not None:
            act = token_act(user, token, ActName.TOKEN_REVOKED, by, self._clock())
        await self._store.delete(token_id, act)
        self._lookups.forget(user_id)

    def _is_good(self, token: ApiToken, user: User) -> bool:
        is_expired = token.expires_at is not None and token.expires_at <= self._clock()
        return not is_expired and user.disabled_at is None

    async def _note_use(self, token: ApiToken) -> None:
        now = self._clock()
        if token.last_used_at and now - token.last_used_at < _NOTED_EVERY:
            return
        with suppress(StorageUnavailable):  # a full disk lets scripts in, to clean up
            await self._store.touch(token.id, used_at=now)


def _checked_name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise InvalidInput(f"A token's name is one line of 1 to {MAX_NAME} characters.")
    return name


def _checked_scopes(scopes: Iterable[Scope]) -> frozenset[Scope]:
    if not (chosen := frozenset(scopes)):
        raise InvalidInput("A token needs at least one scope.")
    return chosen


def _checked_span(span: timedelta) -> timedelta:
    if not timedelta(0) < span <= _LONGEST:
        raise InvalidInput(f"A token expires within 1 second to {_LONGEST.days} days.")
    return span
