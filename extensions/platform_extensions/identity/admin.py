"""``/api/admin/users``: accounts, for the admin."""

from __future__ import annotations

from collections import Counter

from tornado import web

from platform_extensions.base import PlatformHandler
from platform_extensions.identity.models import (
    ChangeUser,
    CreateUser,
    listed_user_model,
    user_model,
)
from platform_server.identity.model import UserId


class UsersHandler(PlatformHandler):
    """All accounts."""

    @web.authenticated
    async def get(self) -> None:
        """List them by address, with when each was last seen and what each has running."""
        identity, sandboxes = self.services.identity, self.services.sandboxes
        seen = await identity.last_seen()
        running = [one.project_id for one in await sandboxes.sandboxes()]
        owners = (await self.services.projects.owners(running)).values()
        owned = Counter(one.project.owner_id for one in owners)
        self.reply(
            [
                listed_user_model(user, seen=seen.get(user.id), sandboxes=owned[user.id])
                for user in await identity.users()
            ]
        )

    @web.authenticated
    async def post(self) -> None:
        """Make one."""
        wanted = self.body(CreateUser)
        user = await self.services.identity.add_user(
            wanted.email, wanted.password, wanted.role, wanted.name, by=self.principal.actor
        )
        self.reply(user_model(user), status=201)


class OneUserHandler(PlatformHandler):
    """One account."""

    @web.authenticated
    async def get(self, user_id: str) -> None:
        """Show it."""
        self.reply(user_model(await self.services.identity.user(UserId(user_id))))

    @web.authenticated
    async def patch(self, user_id: str) -> None:
        """Change its name, role or password, disable or enable it; it takes effect in seconds."""
        change, user = self.body(ChangeUser), UserId(user_id)
        identity, by = self.services.identity, self.principal.actor
        if change.name is not None:
            await identity.rename(user, change.name, by=by)
        if change.role is not None:
            await identity.set_role(user, change.role, by=by)
        if change.password is not None:
            await identity.set_password(user, change.password, by=by)
        if change.disabled is not None:
            await (identity.disable if change.disabled else identity.enable)(user, by=by)
        self.reply(user_model(await identity.user(user)))
