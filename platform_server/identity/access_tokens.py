"""Supabase's access tokens: JSON Web Tokens that are checked here (RFC 7519, 8725)."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import jwt

from platform_server.errors import IdentityUnavailable

if TYPE_CHECKING:
    from platform_server.identity.supabase_api import SupabaseApi

_AUDIENCE = "authenticated"  # and the role: a key of the project itself is no person
_PUBLIC = ("RS256", "RS512", "ES256", "ES512", "EdDSA")
_LEEWAY = 5  # seconds that clocks may differ
_LONGEST = 8192  # characters of a token
_FRESH = 600.0  # seconds that keys are believed
_PAUSE = 10.0  # seconds between questions for a key that nobody knows


class AccessTokens:
    """Checks tokens: signature by an algorithm that fits the key, issuer, audience, time, role."""

    def __init__(self, api: SupabaseApi) -> None:
        self._api = api
        self._keys: dict[str, jwt.PyJWK] = {}
        self._asked_at = -_FRESH
        self._lock = asyncio.Lock()

    async def claims(self, token: str) -> dict[str, Any] | None:
        """Return what a good token says, None for any other.

        Raises IdentityUnavailable when the keys are needed and cannot be had.
        """
        if len(token) > _LONGEST or token.count(".") != 2:  # noqa: PLR2004 - header, claims, signature
            return None
        try:
            header = jwt.get_unverified_header(token)
            key, algorithms = await self._key(header)
            claims = jwt.decode(
                token,
                key,
                algorithms=algorithms,
                audience=_AUDIENCE,
                issuer=self._api.keys.auth_url,
                leeway=_LEEWAY,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        except jwt.InvalidTokenError:
            return None
        is_a_persons = claims.get("role") == _AUDIENCE and claims.get("session_id")
        return claims if is_a_persons else None

    async def _key(self, header: dict[str, Any]) -> tuple[Any, list[str]]:
        """Return the key of a token, and the algorithms that this key may be used with."""
        secret = self._api.keys.jwt_secret
        if header.get("alg") == "HS256":
            if not secret:
                raise jwt.InvalidKeyError
            return secret, ["HS256"]
        name = header.get("kid")
        if header.get("alg") not in _PUBLIC or not isinstance(name, str):
            raise jwt.InvalidAlgorithmError
        key = await self._published(name)
        return key, [key.algorithm_name]

    async def _published(self, name: str) -> jwt.PyJWK:
        async with self._lock:
            age = time.monotonic() - self._asked_at
            if age > _FRESH or (name not in self._keys and age > _PAUSE):
                await self._ask()
        if name not in self._keys:
            raise jwt.InvalidKeyError
        return self._keys[name]

    async def _ask(self) -> None:
        try:
            published = jwt.PyJWKSet.from_dict(await self._api.signing_keys())
            self._keys = {
                key.key_id: key
                for key in published.keys
                if key.key_id and key.algorithm_name in _PUBLIC
            }
        except jwt.PyJWKSetError:  # a project that signs with HS256 publishes none
            self._keys = {}
        except IdentityUnavailable:
            if not self._keys:
                raise
        self._asked_at = time.monotonic()
