"""Supabase Auth over HTTP (GoTrue's API, version 2024-01-01), for a server that many people use.

Stateless, unlike the vendor's client, which holds one session and swaps its headers on sign-in.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from platform_server.errors import (
    IdentityUnavailable,
    NameTaken,
    NotSignedIn,
    TooManyRequests,
    WeakPassword,
)

_VERSION = {"X-Supabase-Api-Version": "2024-01-01"}
_TIMEOUT = 10.0  # seconds
_RETRY_AFTER = 60
_UNAVAILABLE = 500  # and above
_TAKEN = {"user_already_exists", "email_exists"}
_REFUSED = "The e-mail address or the password is not right."


@dataclass(frozen=True, kw_only=True)
class SupabaseKeys:
    """How a project of Supabase's is reached."""

    url: str
    anon_key: str
    service_key: str = field(default="", repr=False)  # may do everything: never leaves the server
    jwt_secret: str = field(default="", repr=False)  # of projects that sign with HS256

    @property
    def auth_url(self) -> str:
        """Where Auth answers, which is what its tokens name as their issuer."""
        return f"{self.url.rstrip('/')}/auth/v1"


class Person(BaseModel):
    """A user of Supabase's. What is in ``user_metadata`` they say of themselves."""

    model_config = ConfigDict(extra="ignore")

    id: str
    email: str = ""
    app_metadata: dict[str, Any] = {}
    user_metadata: dict[str, Any] = {}


class Grant(BaseModel):
    """What proves a session to Supabase. The refresh token is good for one use."""

    model_config = ConfigDict(extra="ignore")

    access_token: str
    refresh_token: str
    expires_at: int  # seconds since the epoch
    user: Person


class SupabaseApi:
    """One call each. Raises IdentityUnavailable when there is no answer, or none that helps."""

    def __init__(self, keys: SupabaseKeys) -> None:
        self.keys = keys
        self._client = httpx.AsyncClient(
            base_url=keys.auth_url, timeout=_TIMEOUT, headers=_VERSION | {"apikey": keys.anon_key}
        )

    async def sign_up(self, email: str, password: str, name: str) -> Person:
        """Make an account as anybody may. Raises NameTaken, WeakPassword, TooManyRequests.

        It cannot sign in before its address is confirmed, if the project wants that.
        """
        body = {"email": email, "password": password, "data": {"name": name}}
        answer = await self._post("/signup", body)
        return _person(answer.get("user", answer))

    async def create(self, email: str, password: str, name: str) -> Person:
        """Make an account whose address counts as confirmed, on an admin's word."""
        body = {
            "email": email,
            "password": password,
            "email_confirm": True,
            "user_metadata": {"name": name},
        }
        return _person(await self._post("/admin/users", body, token=self.keys.service_key))

    async def sign_in(self, email: str, password: str) -> Grant | None:
        """Begin a session; None if the password is not right. Raises NotSignedIn with a reason."""
        try:
            return _grant(
                await self._post(
                    "/token", {"email": email, "password": password}, grant_type="password"
                )
            )
        except _Refused as refused:
            if refused.code == "email_not_confirmed":
                raise NotSignedIn("Confirm your e-mail address first: see your mail.") from refused
            if refused.code == "user_banned":
                raise NotSignedIn("This account is disabled: ask the admin.") from refused
            return None

    async def refresh(self, refresh_token: str) -> Grant | None:
        """Return a new grant for the last one's refresh token; None once the session is over."""
        try:
            body = {"refresh_token": refresh_token}
            return _grant(await self._post("/token", body, grant_type="refresh_token"))
        except _Refused:
            return None

    async def user(self, access_token: str) -> Person | None:
        """Return whose token this is; None when it, its session or its user is good no more."""
        try:
            return _person(await self._call("GET", "/user", token=access_token))
        except _Refused:
            return None

    async def sign_out(self, access_token: str) -> None:
        """End the session of the token."""
        with suppress(_Refused):  # it has ended
            await self._call("POST", "/logout", token=access_token, params={"scope": "local"})

    async def set_password(self, user_id: str, password: str) -> None:
        """Replace a password, on an admin's word or its owner's. Raises WeakPassword."""
        path, key = f"/admin/users/{user_id}", self.keys.service_key
        await self._call("PUT", path, token=key, json={"password": password})

    async def send_reset(self, email: str) -> None:
        """Send the mail with which a password is reset, if there is such an account."""
        with suppress(_Refused):  # whether there is one is not told
            await self._post("/recover", {"email": email})

    async def redeem_reset(self, token_hash: str) -> Person:
        """Return whom a mail's link was sent to; good once. Raises NotSignedIn."""
        try:
            body = {"type": "recovery", "token_hash": token_hash}
            return _grant(await self._post("/verify", body)).user
        except _Refused as refused:
            raise NotSignedIn("This link is not good any more: ask for another.") from refused

    async def signing_keys(self) -> dict[str, Any]:
        """Return the public keys that access tokens are signed with (RFC 7517)."""
        return await self._call("GET", "/.well-known/jwks.json")

    async def aclose(self) -> None:
        """Let go of connections."""
        await self._client.aclose()

    async def _post(
        self, path: str, body: dict[str, Any], *, token: str = "", **params: str
    ) -> dict[str, Any]:
        return await self._call("POST", path, token=token, json=body, params=params)

    async def _call(
        self, method: str, path: str, *, token: str = "", **more: Any
    ) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token or self.keys.anon_key}"}
        try:
            answer = await self._client.request(method, path, headers=headers, **more)
            body = answer.json() if answer.content else {}
        except (httpx.HTTPError, ValueError) as error:
            raise IdentityUnavailable from error
        if answer.is_success and isinstance(body, dict):
            return body
        raise _condition(answer.status_code, body if isinstance(body, dict) else {})


class _Refused(NotSignedIn):
    """Supabase said no."""

    def __init__(self, code: str = "") -> None:
        super().__init__(_REFUSED)
        self.code = code


def _condition(status: int, body: dict[str, Any]) -> Exception:
    code = str(body.get("code") or body.get("error_code") or body.get("error") or "")
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return TooManyRequests(retry_after=_RETRY_AFTER)
    if status >= _UNAVAILABLE:
        return IdentityUnavailable()
    if code in _TAKEN:
        return NameTaken("An account cannot be made with this address. Sign in instead.")
    if code == "weak_password":
        return WeakPassword()
    return _Refused(code)


def _person(body: Any) -> Person:
    try:
        return Person.model_validate(body)
    except ValidationError as error:
        raise IdentityUnavailable from error


def _grant(body: Any) -> Grant:
    try:
        return Grant.model_validate(body)
    except ValidationError as error:
        raise IdentityUnavailable from error
