"""``/api/me``, and one's own account with its sessions and tokens."""

from __future__ import annotations

from pydantic import TypeAdapter, ValidationError
from tornado import web

from platform_extensions.authorizer import is_allowed
from platform_extensions.base import PlatformHandler
from platform_extensions.identity.models import (
    ChangeAccount,
    CreateToken,
    MeModel,
    new_token_model,
    session_model,
    token_model,
    user_model,
)
from platform_extensions.identity.provider import identity_model
from platform_extensions.sockets import sockets_of
from platform_server.errors import AccessDenied, InvalidInput
from platform_server.identity.model import SessionId, TokenId

_QUESTION = TypeAdapter(dict[str, list[str]])


class MeHandler(PlatformHandler):
    """Who one is, as Jupyter clients ask."""

    @web.authenticated
    async def get(self) -> None:
        """Answer the identity, and of the permissions asked for those one has."""
        question = _parsed(self.get_query_argument("permissions", "") or "{}")
        who = identity_model(self.principal)
        self.reply(MeModel(identity=who, permissions=self._of(question)))

    @web.authenticated
    async def patch(self) -> None:
        """Refuse: Jupyter's form of it could not say what may be changed."""
        raise AccessDenied("Change your name or password with PATCH /api/account.")

    def _of(self, question: dict[str, list[str]]) -> dict[str, list[str]]:
        allowed = {
            resource: [one for one in actions if is_allowed(self.principal, one, resource)]
            for resource, actions in question.items()
        }
        return {**allowed, "updatable_fields": []}


class AccountHandler(PlatformHandler):
    """One's own account."""

    @web.authenticated
    async def get(self) -> None:
        """Show it."""
        self.reply(user_model(await self.services.identity.user(self.principal.id)))

    @web.authenticated
    async def patch(self) -> None:
        """Change the name; or the password, which ends every other session."""
        change = self.body(ChangeAccount)
        identity, me = self.services.identity, self.principal
        if change.password is not None:
            await identity.change_password(
                me, change.current_password, change.password, client=self.request.remote_ip or ""
            )
        if change.name is not None:
            await identity.rename(me.id, change.name)
        self.reply(user_model(await identity.user(me.id)))


class SessionsHandler(PlatformHandler):
    """Where one is signed in."""

    @web.authenticated
    async def get(self) -> None:
        """List the sessions, the last used first."""
        found = await self.services.identity.sessions(self.principal.id)
        self.reply([session_model(session, self.principal) for session in found])


class OneSessionHandler(PlatformHandler):
    """One signed-in browser."""

    @web.authenticated
    async def delete(self, session_id: str) -> None:
        """Sign it out, and close its websockets."""
        revoked = SessionId(session_id)
        await self.services.identity.revoke_session(self.principal.id, revoked)
        sockets_of(self.settings).close_credential(revoked)
        self.set_status(204)
        self.finish()


class TokensHandler(PlatformHandler):
    """One's API tokens."""

    @web.authenticated
    async def get(self) -> None:
        """List them, the newest first, without their secrets."""
        found = await self.services.identity.tokens(self.principal.id)
        self.reply([token_model(token) for token in found])

    @web.authenticated
    async def post(self) -> None:
        """Make one; ``token`` in the answer is its secret, which is never shown again."""
        wanted = self.body(CreateToken)
        me = self.principal
        secret, token = await self.services.identity.create_token(
            me.id, wanted.name, wanted.scopes, wanted.span, granted_by=me
        )
        self.reply(new_token_model(token, secret), status=201)


class OneTokenHandler(PlatformHandler):
    """One API token."""

    @web.authenticated
    async def delete(self, token_id: str) -> None:
        """Revoke it, and close its websockets."""
        revoked = TokenId(token_id)
        await self.services.identity.revoke_token(self.principal.id, revoked)
        sockets_of(self.settings).close_credential(revoked)
        self.set_status(204)
        self.finish()


def _parsed(question: str) -> dict[str, list[str]]:
    try:
        return _QUESTION.validate_json(question)
    except ValidationError as error:
        raise InvalidInput('permissions has to be JSON like {"contents": ["read"]}.') from error
