"""The accounts there are, and what an admin changes about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from platform_server.acts.model import OPERATOR
from platform_server.errors import Conflict, InvalidInput, UserNotFound
from platform_server.identity import acts
from platform_server.identity.addresses import check_display_name, check_email
from platform_server.identity.model import Role

if TYPE_CHECKING:
    from platform_server.acts.model import Actor
    from platform_server.clock import Clock
    from platform_server.identity.accounts import Accounts
    from platform_server.identity.model import User, UserId
    from platform_server.identity.repository import UserRepository
    from platform_server.identity.sessions import Sessions


class Directory:
    """Finds and changes accounts. Whether the caller may is decided before.

    Every change is kept in the record of what admins do, as the act of whom ``by`` names.
    """

    def __init__(
        self, *, users: UserRepository, accounts: Accounts, sessions: Sessions, clock: Clock
    ) -> None:
        self._users = users
        self._accounts = accounts
        self._sessions = sessions
        self._clock = clock

    async def add_user(
        self, email: str, password: str, role: Role, name: str = "", *, by: Actor = OPERATOR
    ) -> User:
        """Make an account on an admin's word. Raises InvalidInput, WeakPassword, NameTaken."""
        told = acts.made(by, self._clock())
        return await self._accounts.register(email, password, name=name, role=role, telling=told)

    async def user(self, user_id: UserId) -> User:
        """Return an account. Raises UserNotFound."""
        if found := await self._users.get(user_id):
            return found
        raise UserNotFound("There is no such account.")

    async def user_by_email(self, email: str) -> User:
        """Return an account. Raises UserNotFound, also for what is no address at all."""
        try:
            found = await self._users.by_email(check_email(email))
        except InvalidInput as error:
            raise UserNotFound from error
        if found is None:
            raise UserNotFound
        return found

    async def users(self) -> list[User]:
        """Return every account, ordered by address."""
        return list(await self._users.all())

    async def rename(self, user_id: UserId, name: str, *, by: Actor | None = None) -> None:
        """Change how others see the user; ``by`` None: who it is themselves.

        Raises InvalidInput, UserNotFound.
        """
        user = await self.user(user_id)
        shown = check_display_name(name, email=user.email)
        told = None if by is None else acts.renamed(by, self._clock(), shown)
        await self._users.set_name(user_id, shown, told)
        self._sessions.forget(user_id)

    async def set_password(self, user_id: UserId, password: str, *, by: Actor = OPERATOR) -> None:
        """Replace a password on an admin's word; every session of the account ends.

        Raises WeakPassword, UserNotFound.
        """
        told = acts.password_set(by, self._clock())
        await self._accounts.set_password(user_id, password, told)
        await self._sessions.end_all(user_id)

    async def set_role(self, user_id: UserId, role: Role, *, by: Actor = OPERATOR) -> None:
        """Change what an account is for. Raises UserNotFound; Conflict for the last admin."""
        user = await self.user(user_id)
        if role is not Role.ADMIN:
            await self._check_not_last_admin(user)
        told = acts.role_changed(by, self._clock(), role)
        await self._users.set_role(user_id, role, told)
        self._sessions.forget(user_id)

    async def disable(self, user_id: UserId, *, by: Actor = OPERATOR) -> None:
        """Shut an account out and end its sessions; its tokens wait until it is enabled again.

        Raises UserNotFound; Conflict for the last admin.
        """
        user = await self.user(user_id)
        await self._check_not_last_admin(user)
        now = self._clock()
        told = acts.disabled(by, now, is_disabled=True)
        await self._users.set_disabled(user_id, user.disabled_at or now, told)
        await self._sessions.end_all(user_id)

    async def enable(self, user_id: UserId, *, by: Actor = OPERATOR) -> None:
        """Let an account in again. Raises UserNotFound."""
        await self.user(user_id)
        told = acts.disabled(by, self._clock(), is_disabled=False)
        await self._users.set_disabled(user_id, None, told)

    async def _check_not_last_admin(self, user: User) -> None:
        admins = [one for one in await self._users.all() if _is_acting_admin(one)]
        if [one.id for one in admins] == [user.id]:
            raise Conflict("This is the last admin: make somebody else admin first.")


def _is_acting_admin(user: User) -> bool:
    return user.role is Role.ADMIN and user.disabled_at is None
