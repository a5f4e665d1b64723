"""Who proves that somebody is who they say: the seam between us and what keeps passwords."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from platform_server.errors import AccessDenied, NameTaken, UserNotFound
from platform_server.identity.addresses import check_display_name, check_email
from platform_server.identity.model import User, UserId
from platform_server.identity.passwords import check_password

if TYPE_CHECKING:
    from platform_server.clock import Clock, IdFactory
    from platform_server.identity.acts import Telling
    from platform_server.identity.model import Principal, Role, SessionId
    from platform_server.identity.passwords import Passwords
    from platform_server.identity.repository import UserRepository
    from platform_server.identity.supabase_api import Grant

_NO_MAIL = "Passwords are reset by the admin of this server: ask for a new one."
_TAKEN = "An account cannot be made with this address. If it is yours, sign in instead."


@dataclass(frozen=True, kw_only=True)
class Proof:
    """Who gave the right password, and what an account service gave in return."""

    user: User
    grant: Grant | None = None


class Accounts(Protocol):
    """Keeps passwords and makes accounts. Our user records stand beside it in any case.

    With a ``telling`` somebody does it as an admin, and the act that it gives is kept.
    """

    async def register(
        self, email: str, password: str, *, name: str, role: Role, telling: Telling | None = None
    ) -> User:
        """Make an account. Raises InvalidInput, WeakPassword, NameTaken."""

    async def authenticate(self, email: str, password: str) -> Proof | None:
        """Return the user whose password this is, a disabled one too; None if it is nobody's.

        An address without an account takes as long as a wrong password.
        """

    async def set_password(
        self, user_id: UserId, password: str, telling: Telling | None = None
    ) -> None:
        """Replace the password. Raises WeakPassword, UserNotFound."""

    async def attach(self, session_id: SessionId, proof: Proof) -> None:
        """Keep what stands behind a session that begins."""

    async def stands(self, principal: Principal) -> bool:
        """Tell whether what stands behind the principal's credential still holds."""

    async def bearer(self, token: str) -> Principal | None:
        """Return whose access token of the account service this is, None if it is nobody's."""

    async def current(self, principal: Principal) -> Principal | None:
        """Return the principal as it is now if it came with such a token, None for any other."""

    async def detach(self, session_id: SessionId) -> None:
        """End what stood behind a session that ends. Nothing if that was nothing."""

    async def send_reset(self, email: str) -> None:
        """Send a mail with which the password can be reset, if there is such an account.

        Raises AccessDenied where no mail can be sent.
        """

    async def reset(self, link: str, password: str) -> User:
        """Replace the password of whom a mail was sent to. Raises NotSignedIn, WeakPassword."""

    async def aclose(self) -> None:
        """Let go of connections. May be called twice."""


class LocalAccounts:
    """Accounts whose password hashes are in our own database."""

    def __init__(
        self, users: UserRepository, passwords: Passwords, *, clock: Clock, new_id: IdFactory
    ) -> None:
        self._users = users
        self._passwords = passwords
        self._clock = clock
        self._new_id = new_id

    async def register(
        self, email: str, password: str, *, name: str, role: Role, telling: Telling | None = None
    ) -> User:
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
            await self._users.add(user, hashed, telling)
        except NameTaken as error:
            raise NameTaken(_TAKEN) from error
        return user

    async def authenticate(self, email: str, password: str) -> Proof | None:
        """Return the user whose password this is."""
        user = await self._users.by_email(email)
        stored = await self._users.password_hash(user.id) if user else None
        if not await self._passwords.is_right(password, stored) or user is None or stored is None:
            return None
        if self._passwords.is_outdated(stored):
            await self._users.set_password_hash(user.id, await self._passwords.hash(password))
        return Proof(user=user)

    async def set_password(
        self, user_id: UserId, password: str, telling: Telling | None = None
    ) -> None:
        """Replace the password."""
        check_password(password)
        if await self._users.get(user_id) is None:
            raise UserNotFound
        hashed = await self._passwords.hash(password)
        await self._users.set_password_hash(user_id, hashed, telling)

    async def attach(self, session_id: SessionId, proof: Proof) -> None:
        """Nothing stands behind our own sessions but they themselves."""

    async def stands(self, principal: Principal) -> bool:
        """Our own credentials need nobody else's word."""
        del principal
        return True

    async def bearer(self, token: str) -> Principal | None:
        """There is no account service that makes tokens."""

    async def current(self, principal: Principal) -> Principal | None:
        """There is no account service that makes tokens."""

    async def detach(self, session_id: SessionId) -> None:
        """Nothing stood behind it."""

    async def send_reset(self, email: str) -> None:
        """Refuse: no mail is sent from here."""
        del email
        raise AccessDenied(_NO_MAIL)

    async def reset(self, link: str, password: str) -> User:
        """Refuse: no mail is sent from here."""
        del link, password
        raise AccessDenied(_NO_MAIL)

    async def aclose(self) -> None:
        """There are no connections."""
