"""Accounts, sign-in, sessions and tokens: the verbs that everything else calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from platform_server.errors import AccessDenied, InvalidInput, NotSignedIn
from platform_server.identity.addresses import check_email
from platform_server.identity.directory import Directory
from platform_server.identity.model import Role, SessionId, TokenId

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime, timedelta

    from platform_server.acts.model import Actor
    from platform_server.clock import Clock
    from platform_server.identity.accounts import Accounts
    from platform_server.identity.attempts import Attempts
    from platform_server.identity.model import (
        ApiToken,
        Principal,
        Scope,
        Session,
        User,
        UserId,
    )
    from platform_server.identity.repository import UserRepository
    from platform_server.identity.sessions import Sessions
    from platform_server.identity.tokens import Tokens

_WRONG = "The e-mail address or the password is not right."


@dataclass(frozen=True, kw_only=True)
class IdentityPolicy:
    """What the admin decided."""

    is_sign_up_open: bool = True  # anybody who reaches the page can make a learner's account
    sends_mail: bool = False  # a forgotten password can be replaced without the admin


class IdentityService(Directory):
    """Who people are. Changes made here take effect at once, by others within two seconds."""

    def __init__(
        self,
        *,
        users: UserRepository,
        accounts: Accounts,
        sessions: Sessions,
        tokens: Tokens,
        attempts: Attempts,
        policy: IdentityPolicy,
        clock: Clock,
    ) -> None:
        super().__init__(users=users, accounts=accounts, sessions=sessions, clock=clock)
        self._tokens = tokens
        self._attempts = attempts
        self.policy = policy

    async def sign_up(self, email: str, password: str, name: str, *, client: str = "") -> User:
        """Make a learner's account for somebody at ``client``, a network address.

        Raises AccessDenied when sign-up is closed, InvalidInput, WeakPassword, NameTaken,
        TooManyRequests.
        """
        if not self.policy.is_sign_up_open:
            raise AccessDenied("Sign-up is closed here: ask the admin for an account.")
        self._attempts.begin_sign_up(client)
        return await self._accounts.register(email, password, name=name, role=Role.LEARNER)

    async def sign_in(
        self, email: str, password: str, *, client: str, user_agent: str
    ) -> tuple[str, Session]:
        """Begin a session; return the secret for its cookie and what is known of it.

        Raises NotSignedIn, the same for a wrong password and an unknown address, in the same time;
        TooManyRequests.
        """
        try:
            account = check_email(email)
        except InvalidInput as error:
            raise NotSignedIn(_WRONG) from error
        self._attempts.begin_sign_in(account, client)
        proof = await self._accounts.authenticate(account, password)
        if proof is None:
            self._attempts.sign_in_failed(account, client)
            raise NotSignedIn(_WRONG)
        self._attempts.sign_in_succeeded(account, client)
        if proof.user.disabled_at is not None:
            raise NotSignedIn("This account is disabled: ask the admin.")
        secret, session = await self._sessions.begin(proof.user, user_agent)
        await self._accounts.attach(session.id, proof)
        return secret, session

    async def principal_of_session(self, secret: str) -> Principal | None:
        """Return whose cookie this is; None if it is nobody's, ended, expired or disabled."""
        return await self._standing(await self._sessions.principal(secret))

    async def principal_of_token(self, secret: str) -> Principal | None:
        """Return whose token this is; None if it is nobody's, revoked, expired or disabled.

        It is a personal API token, or an access token of the account service.
        """
        return await self._tokens.principal(secret) or await self._accounts.bearer(secret)

    async def is_valid(self, principal: Principal) -> bool:
        """Tell whether the credential, the account and the role still stand, as stored now."""
        now = await self._sessions.current(SessionId(principal.credential))
        now = now or await self._tokens.current(TokenId(principal.credential))
        now = await self._standing(now) or await self._accounts.current(principal)
        return now is not None and now.id == principal.id and now.role == principal.role

    async def sign_out(self, session_id: SessionId) -> None:
        """End a session. Nothing if there is none."""
        await self._accounts.detach(session_id)
        await self._sessions.end(session_id)

    async def sessions(self, user_id: UserId) -> list[Session]:
        """Return where the user is signed in, the last used first."""
        return await self._sessions.of(user_id)

    async def revoke_session(self, user_id: UserId, session_id: SessionId) -> None:
        """End one of the user's sessions. Raises SessionNotFound for any other."""
        await self._sessions.end_of(user_id, session_id)

    async def create_token(
        self,
        user_id: UserId,
        name: str,
        scopes: Iterable[Scope],
        expires_in: timedelta | None,
        *,
        granted_by: Principal | None = None,
        by: Actor | None = None,
    ) -> tuple[str, ApiToken]:
        """Make a token; return its secret, shown once, and what is known of it.

        A token made with the help of another gets no scope that the other lacks, and does not
        outlive it. ``by`` says who makes one for somebody else. Raises InvalidInput, NameTaken,
        LimitReached, UserNotFound, AccessDenied.
        """
        user = await self.user(user_id)
        scopes = frozenset(scopes)
        if granted_by is not None:
            if not scopes <= granted_by.scopes:
                raise AccessDenied("A token cannot make one that may do more than itself.")
            expires_in = await self._tokens.at_most_as_long(granted_by.credential, expires_in)
        return await self._tokens.create(user, name, scopes, expires_in, by=by)

    async def tokens(self, user_id: UserId) -> list[ApiToken]:
        """Return the user's tokens, expired ones too, the newest first."""
        return await self._tokens.of(user_id)

    async def revoke_token(
        self, user_id: UserId, token_id: TokenId, *, by: Actor | None = None
    ) -> None:
        """Revoke one of the user's tokens; ``by`` says who does it for them.

        Raises TokenNotFound for any other.
        """
        await self._tokens.revoke(user_id, token_id, by=by)

    async def last_seen(self) -> Mapping[UserId, datetime]:
        """Return when each user last used a session or token that still stands, to some minutes."""
        seen = dict(await self._sessions.last_seen())
        for user_id, at in (await self._tokens.last_used()).items():
            seen[user_id] = max(at, seen.get(user_id, at))
        return seen

    async def change_password(
        self, principal: Principal, old: str, new: str, *, client: str
    ) -> None:
        """Replace one's own password; every other session of the account ends.

        Raises AccessDenied for a wrong old one, WeakPassword, TooManyRequests.
        """
        self._attempts.begin_sign_in(principal.email, client)
        proof = await self._accounts.authenticate(principal.email, old)
        if proof is None or proof.user.id != principal.id:
            self._attempts.sign_in_failed(principal.email, client)
            raise AccessDenied("The present password is not right.")
        self._attempts.sign_in_succeeded(principal.email, client)
        await self._accounts.set_password(principal.id, new)
        await self._sessions.end_all(principal.id, keep=SessionId(principal.credential))

    async def send_reset(self, email: str, *, client: str) -> None:
        """Send a mail with which the password can be reset, if there is such an account.

        Raises InvalidInput, TooManyRequests, AccessDenied where no mail can be sent.
        """
        self._attempts.begin_sign_up(client)
        await self._accounts.send_reset(email)

    async def reset_password(self, link: str, password: str) -> User:
        """Replace the password of whom a mail was sent to; every session of the account ends.

        ``link`` is what the mail's address carries, good once. Raises NotSignedIn, WeakPassword.
        """
        user = await self._accounts.reset(link, password)
        await self._sessions.end_all(user.id)
        return user

    async def aclose(self) -> None:
        """Let go of what the accounts are reached by. May be called twice."""
        await self._accounts.aclose()

    async def _standing(self, principal: Principal | None) -> Principal | None:
        if principal is None or not await self._accounts.stands(principal):
            return None
        return principal
