"""Accounts, sessions and tokens in SQL."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from platform_server.errors import NameTaken, UserNotFound
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
from platform_server.identity.supabase_api import Grant
from platform_server.storage import acts
from platform_server.storage.tables.identity import (
    api_tokens,
    password_hashes,
    sessions,
    supabase_grants,
    users,
)

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Column, ColumnElement, Row, Select, Update
    from sqlalchemy.ext.asyncio import AsyncConnection

    from platform_server.acts.model import Act
    from platform_server.identity.acts import Telling
    from platform_server.storage.database import Database

# The columns of a user beside those of what is theirs, whose names are the same.
_OWNER = [column.label(f"user__{column.name}") for column in users.c]
_SESSIONS = select(sessions, *_OWNER).join(users, users.c.id == sessions.c.user_id)
_TOKENS = select(api_tokens, *_OWNER).join(users, users.c.id == api_tokens.c.user_id)


class SqlUserRepository:
    """The user repository on SQLite or Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self, user: User, password_hash: str | None, telling: Telling | None = None
    ) -> None:
        """Store a new account."""
        values = {
            "id": user.id,
            "email": user.email,
            "name": user.name,
            "role": user.role.value,
            "created_at": user.created_at,
            "disabled_at": user.disabled_at,
        }
        secret = {"user_id": user.id, "password_hash": password_hash}
        try:
            async with self._database.transaction() as connection:
                await connection.execute(insert(users).values(values))
                if password_hash is not None:
                    await connection.execute(insert(password_hashes).values(secret))
                await acts.keep(connection, telling(user) if telling else None)
        except IntegrityError as error:
            raise NameTaken("There is an account with that address already.") from error

    async def get(self, user_id: UserId) -> User | None:
        """Return an account."""
        return await self._one(users.c.id == user_id)

    async def by_email(self, email: str) -> User | None:
        """Return the account with that address."""
        return await self._one(users.c.email == email)

    async def all(self) -> list[User]:
        """Return every account, ordered by address."""
        async with self._database.read() as connection:
            rows = (await connection.execute(select(users).order_by(users.c.email))).all()
        return [_user(row) for row in rows]

    async def set_name(self, user_id: UserId, name: str, telling: Telling | None = None) -> None:
        """Change how others see the user."""
        await self._change(user_id, telling, name=name)

    async def set_role(self, user_id: UserId, role: Role, telling: Telling | None = None) -> None:
        """Change the role."""
        await self._change(user_id, telling, role=role.value)

    async def set_disabled(
        self, user_id: UserId, at: datetime | None, telling: Telling | None = None
    ) -> None:
        """Disable the account, or with None enable it."""
        await self._change(user_id, telling, disabled_at=at)

    async def password_hash(self, user_id: UserId) -> str | None:
        """Return the stored hash."""
        statement = select(password_hashes.c.password_hash).where(
            password_hashes.c.user_id == user_id
        )
        async with self._database.read() as connection:
            return (await connection.execute(statement)).scalar_one_or_none()

    async def set_password_hash(
        self, user_id: UserId, password_hash: str, telling: Telling | None = None
    ) -> None:
        """Replace the stored hash."""
        values = {"user_id": user_id, "password_hash": password_hash}
        row = password_hashes.c.user_id == user_id
        try:
            async with self._database.transaction() as connection:
                act = await _told(connection, user_id, telling)
                await connection.execute(delete(password_hashes).where(row))
                await connection.execute(insert(password_hashes).values(values))
                await acts.keep(connection, act)
        except IntegrityError as error:
            raise UserNotFound from error

    async def tell(self, user_id: UserId, telling: Telling) -> None:
        """Keep the act of a change that is made elsewhere."""
        async with self._database.transaction() as connection:
            await acts.keep(connection, await _told(connection, user_id, telling))

    async def _one(self, condition: ColumnElement[bool]) -> User | None:
        async with self._database.read() as connection:
            row = (await connection.execute(select(users).where(condition))).one_or_none()
        return _user(row) if row else None

    async def _change(self, user_id: UserId, telling: Telling | None, **values: object) -> None:
        async with self._database.transaction() as connection:
            act = await _told(connection, user_id, telling)
            await connection.execute(update(users).where(users.c.id == user_id).values(**values))
            await acts.keep(connection, act)


class SqlSessionRepository:
    """The session repository on SQLite or Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, session: Session, digest: str) -> None:
        """Store a new session."""
        values = {
            "id": session.id,
            "user_id": session.user_id,
            "digest": digest,
            "created_at": session.created_at,
            "expires_at": session.expires_at,
            "last_seen_at": session.last_seen_at,
            "user_agent": session.user_agent,
        }
        async with self._database.transaction() as connection:
            await connection.execute(insert(sessions).values(values))

    async def by_digest(self, digest: str) -> tuple[Session, User] | None:
        """Return the session with that secret and its user."""
        return await self._one(_SESSIONS.where(sessions.c.digest == digest))

    async def by_id(self, session_id: SessionId) -> tuple[Session, User] | None:
        """Return a session and its user."""
        return await self._one(_SESSIONS.where(sessions.c.id == session_id))

    async def of(self, user_id: UserId) -> list[Session]:
        """Return the user's sessions, the last used first."""
        statement = (
            select(sessions)
            .where(sessions.c.user_id == user_id)
            .order_by(sessions.c.last_seen_at.desc(), sessions.c.id)
        )
        async with self._database.read() as connection:
            return [_session(row) for row in (await connection.execute(statement)).all()]

    async def last_seen(self) -> dict[UserId, datetime]:
        """Return when each user's sessions were last used."""
        return await _latest(self._database, sessions.c.user_id, sessions.c.last_seen_at)

    async def touch(
        self, session_id: SessionId, *, seen_at: datetime, expires_at: datetime
    ) -> None:
        """Note that the session is in use."""
        statement = update(sessions).where(sessions.c.id == session_id)
        await _execute(
            self._database, statement.values(last_seen_at=seen_at, expires_at=expires_at)
        )

    async def delete(self, session_id: SessionId) -> bool:
        """End one; tells whether there was one."""
        async with self._database.transaction() as connection:
            result = await connection.execute(delete(sessions).where(sessions.c.id == session_id))
        return result.rowcount > 0

    async def delete_of(self, user_id: UserId, *, keep: SessionId | None = None) -> None:
        """End all of a user's but one."""
        which = sessions.c.user_id == user_id
        if keep is not None:
            which = and_(which, sessions.c.id != keep)
        async with self._database.transaction() as connection:
            await connection.execute(delete(sessions).where(which))

    async def delete_expired(self, now: datetime) -> None:
        """Forget those whose time is up."""
        async with self._database.transaction() as connection:
            await connection.execute(delete(sessions).where(sessions.c.expires_at < now))

    async def _one(self, statement: Select[Any]) -> tuple[Session, User] | None:
        async with self._database.read() as connection:
            row = (await connection.execute(statement)).one_or_none()
        return (_session(row), _user(row, "user__")) if row else None


class SqlGrantRepository:
    """The repository of Supabase's grants on SQLite or Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, session_id: SessionId) -> Grant | None:
        """Return what is kept for a session."""
        kept = select(supabase_grants.c.grant).where(supabase_grants.c.session_id == session_id)
        async with self._database.read() as connection:
            text = (await connection.execute(kept)).scalar_one_or_none()
        return None if text is None else Grant.model_validate_json(text)

    async def put(self, session_id: SessionId, grant: Grant) -> None:
        """Keep it in the place of the last."""
        row = supabase_grants.c.session_id == session_id
        values = {"session_id": session_id, "grant": grant.model_dump_json()}
        with suppress(IntegrityError):  # the session ended meanwhile
            async with self._database.transaction() as connection:
                await connection.execute(delete(supabase_grants).where(row))
                await connection.execute(insert(supabase_grants).values(values))


class SqlTokenRepository:
    """The token repository on SQLite or Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, token: ApiToken, digest: str, act: Act | None = None) -> None:
        """Store a new token."""
        values = {
            "id": token.id,
            "user_id": token.user_id,
            "name": token.name,
            "digest": digest,
            "scopes": " ".join(sorted(scope.value for scope in token.scopes)),
            "created_at": token.created_at,
            "expires_at": token.expires_at,
            "last_used_at": token.last_used_at,
        }
        try:
            async with self._database.transaction() as connection:
                await connection.execute(insert(api_tokens).values(values))
                await acts.keep(connection, act)
        except IntegrityError as error:
            raise NameTaken("You have a token of that name already.") from error

    async def by_digest(self, digest: str) -> tuple[ApiToken, User] | None:
        """Return the token with that secret and its user."""
        return await self._one(_TOKENS.where(api_tokens.c.digest == digest))

    async def by_id(self, token_id: TokenId) -> tuple[ApiToken, User] | None:
        """Return a token and its user."""
        return await self._one(_TOKENS.where(api_tokens.c.id == token_id))

    async def of(self, user_id: UserId) -> list[ApiToken]:
        """Return the user's tokens, the newest first."""
        statement = (
            select(api_tokens)
            .where(api_tokens.c.user_id == user_id)
            .order_by(api_tokens.c.created_at.desc(), api_tokens.c.id)
        )
        async with self._database.read() as connection:
            return [_token(row) for row in (await connection.execute(statement)).all()]

    async def last_used(self) -> dict[UserId, datetime]:
        """Return when each user's tokens were last used."""
        return await _latest(self._database, api_tokens.c.user_id, api_tokens.c.last_used_at)

    async def touch(self, token_id: TokenId, *, used_at: datetime) -> None:
        """Note that the token is in use."""
        statement = update(api_tokens).where(api_tokens.c.id == token_id)
        await _execute(self._database, statement.values(last_used_at=used_at))

    async def delete(self, token_id: TokenId, act: Act | None = None) -> bool:
        """Revoke one; tells whether there was one."""
        async with self._database.transaction() as connection:
            result = await connection.execute(delete(api_tokens).where(api_tokens.c.id == token_id))
            await acts.keep(connection, act if result.rowcount else None)
        return result.rowcount > 0

    async def _one(self, statement: Select[Any]) -> tuple[ApiToken, User] | None:
        async with self._database.read() as connection:
            row = (await connection.execute(statement)).one_or_none()
        return (_token(row), _user(row, "user__")) if row else None


async def _told(
    connection: AsyncConnection, user_id: UserId, telling: Telling | None
) -> Act | None:
    """Return the act that a change of an account is; nobody else changes the account meanwhile."""
    if telling is None:
        return None
    locked = select(users).where(users.c.id == user_id).with_for_update()
    row = (await connection.execute(locked)).one_or_none()
    return telling(_user(row)) if row else None


async def _latest(
    database: Database, user: Column[Any], moment: Column[Any]
) -> dict[UserId, datetime]:
    statement = select(user, func.max(moment)).where(moment.is_not(None)).group_by(user)
    async with database.read() as connection:
        rows = (await connection.execute(statement)).all()
    return {UserId(user_id): at for user_id, at in rows}


async def _execute(database: Database, statement: Update) -> None:
    async with database.transaction() as connection:
        await connection.execute(statement)


def _user(row: Row[Any], prefix: str = "") -> User:
    value = row._mapping  # noqa: SLF001  # SQLAlchemy's public name for it
    return User(
        id=UserId(value[f"{prefix}id"]),
        email=value[f"{prefix}email"],
        name=value[f"{prefix}name"],
        role=Role(value[f"{prefix}role"]),
        created_at=value[f"{prefix}created_at"],
        disabled_at=value[f"{prefix}disabled_at"],
    )


def _session(row: Row[Any]) -> Session:
    return Session(
        id=SessionId(row.id),
        user_id=UserId(row.user_id),
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_seen_at=row.last_seen_at,
        user_agent=row.user_agent,
    )


def _token(row: Row[Any]) -> ApiToken:
    return ApiToken(
        id=TokenId(row.id),
        user_id=UserId(row.user_id),
        name=row.name,
        scopes=frozenset(Scope(value) for value in row.scopes.split()),
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
    )
