"""What the identity service needs from a store. Digests are SHA-256, never the secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from platform_server.acts.model import Act
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


class UserRepository(Protocol):
    """Stores accounts, and for those whose passwords we keep ourselves, the hashes.

    With a ``telling``, the act that it gives is kept in the same transaction: both, or neither.
    """

    async def add(
        self, user: User, password_hash: str | None, telling: Telling | None = None
    ) -> None:
        """Store a new account. Raises NameTaken if another has that address."""

    async def get(self, user_id: UserId) -> User | None:
        """Return an account."""

    async def by_email(self, email: str) -> User | None:
        """Return the account with that address, which is in lower case."""

    async def all(self) -> Sequence[User]:
        """Return every account, ordered by address."""

    async def set_name(self, user_id: UserId, name: str, telling: Telling | None = None) -> None:
        """Change how others see the user. Nothing if there is no such account."""

    async def set_role(self, user_id: UserId, role: Role, telling: Telling | None = None) -> None:
        """Change the role. Nothing if there is no such account."""

    async def set_disabled(
        self, user_id: UserId, at: datetime | None, telling: Telling | None = None
    ) -> None:
        """Disable the account, or with None enable it. Nothing if there is no such account."""

    async def password_hash(self, user_id: UserId) -> str | None:
        """Return the stored hash; None if there is no account or it has none."""

    async def set_password_hash(
        self, user_id: UserId, password_hash: str, telling: Telling | None = None
    ) -> None:
        """Replace the stored hash. Raises UserNotFound."""

    async def tell(self, user_id: UserId, telling: Telling) -> None:
        """Keep the act of a change that is made elsewhere. Nothing if there is no such account."""


class SessionRepository(Protocol):
    """Stores signed-in browsers."""

    async def add(self, session: Session, digest: str) -> None:
        """Store a new session."""

    async def by_digest(self, digest: str) -> tuple[Session, User] | None:
        """Return the session with that secret and its user, expired or disabled ones too."""

    async def by_id(self, session_id: SessionId) -> tuple[Session, User] | None:
        """Return a session and its user, expired or disabled ones too."""

    async def of(self, user_id: UserId) -> Sequence[Session]:
        """Return the user's sessions, expired ones too, the last used first."""

    async def last_seen(self) -> Mapping[UserId, datetime]:
        """Return when each user's sessions were last used."""

    async def touch(
        self, session_id: SessionId, *, seen_at: datetime, expires_at: datetime
    ) -> None:
        """Note that the session is in use. Nothing if it is gone."""

    async def delete(self, session_id: SessionId) -> bool:
        """End one; tells whether there was one."""

    async def delete_of(self, user_id: UserId, *, keep: SessionId | None = None) -> None:
        """End all of a user's but one."""

    async def delete_expired(self, now: datetime) -> None:
        """Forget those whose time was up before ``now``."""


class TokenRepository(Protocol):
    """Stores personal API tokens."""

    async def add(self, token: ApiToken, digest: str, act: Act | None = None) -> None:
        """Store a new token, and the act. Raises NameTaken if the user has one of that name."""

    async def by_digest(self, digest: str) -> tuple[ApiToken, User] | None:
        """Return the token with that secret and its user, expired or disabled ones too."""

    async def by_id(self, token_id: TokenId) -> tuple[ApiToken, User] | None:
        """Return a token and its user, expired or disabled ones too."""

    async def of(self, user_id: UserId) -> Sequence[ApiToken]:
        """Return the user's tokens, expired ones too, the newest first."""

    async def last_used(self) -> Mapping[UserId, datetime]:
        """Return when each user's tokens were last used."""

    async def touch(self, token_id: TokenId, *, used_at: datetime) -> None:
        """Note that the token is in use. Nothing if it is gone."""

    async def delete(self, token_id: TokenId, act: Act | None = None) -> bool:
        """Revoke one, and keep the act if there was one; tells whether there was one."""
