"""Who proves that somebody is who they say: the seam between us and what keeps passwords."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from platform_server.errors import NameTaken, UserNotFound
from platform_server.identity.addresses import check_display_name, check_email
from platform_server.identity.model import User, UserId
from platform_server.identity.passwords import check_password

if TYPE_CHECKING:
    from platform_server.clock import Clock, IdFactory
    from platform_server.identity.model import Role
    from platform_server.identity.passwords import Passwords
    from platform_server.identity.repository import UserRepository

_TAKEN = "An account cannot be made with this address. If it is yours, sign in instead."


class Accounts(Protocol):
    """Keeps passwords and makes accounts. Our user records stand beside it in any case."""

    async def register(self, email: str, password: str, *, name: str, role: Role) -> User:
        """Make an account. Raises InvalidInput, WeakPassword, NameTaken."""

    async def authenticate(self, email: str, password: str) -> User | None:
        """Return the user whose password this is, a disabled one too; None if it is nobody's.

        An address without an account takes as long as a wrong password.
        """

    async def set_password(self, user_id: UserId, password: str) -> None:
        """Replace the password. Raises WeakPassword, UserNotFound."""


class LocalAccounts:
    """Accounts whose password hashes are in our own database."""

    def __init__(
        self, users: UserRepository, passwords: Passwords, *, clock: Clock, new_id: IdFactory
    ) -> None:
        self._users = users
        self._passwords = passwords
        self._clock = clock
        self._new_id = new_id

    async def register(self, email: str, password: str, *, name: str, role: Role) -> User:
        """Make an account."""
        email = check_email(email)
        shown = check_display_name(name, email=email)
        check_password(password)
        hashed = await self._passwords.hash(password)
        user = User(
            id=UserId(self._new_id()),
            email=email,
            name=shown,
            role=role,
            created_at=self._clock(),
        )
        try:
            await self._users.add(user, hashed)
        except NameTaken as error:
            raise NameTaken(_TAKEN) from error
        return user

    async def authenticate(self, email: str, password: str) -> User | None:
        """Return the user whose password this is."""
        user = await self._users.by_email(email)
        stored = await self._users.password_hash(user.id) if user else None
        if not await self._passwords.is_right(password, stored) or user is None or stored is None:
            return None
        if self._passwords.is_outdated(stored):
            await self._users.set_password_hash(user.id, await self._passwords.hash(password))
        return user

    async def set_password(self, user_id: UserId, password: str) -> None:
        """Replace the password."""
        check_password(password)
        if await self._users.get(user_id) is None:
            raise UserNotFound
        await self._users.set_password_hash(user_id, await self._passwords.hash(password))
