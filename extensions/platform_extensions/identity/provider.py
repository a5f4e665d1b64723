"""Who makes a request: the one place that every handler of a Jupyter Server passes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.identity import IdentityProvider, User
from tornado.websocket import WebSocketHandler

from platform_extensions.base import PRINCIPAL
from platform_extensions.gate import check_route
from platform_extensions.identity.cookies import session_secret

if TYPE_CHECKING:
    from tornado.web import RequestHandler

    from platform_extensions.identity.models import IdentityModel
    from platform_server.identity.model import Principal
    from platform_server.services import Services

_SCHEMES = frozenset({"bearer", "token"})  # the second is Jupyter's own


@dataclass
class PlatformUser(User):
    """A user as Jupyter's own handlers and ``/api/me`` know one. Every field is public."""

    id: str = ""
    email: str = ""
    role: str = ""


class PlatformIdentity(IdentityProvider):
    """Knows people by their session cookie, scripts by their API token, and nobody else."""

    # There is no token of the whole server: it would be in every page and let anybody in.
    token = ""
    need_token = False

    async def get_user(self, handler: RequestHandler) -> User | None:
        """Return who makes the request, None for a stranger, once the gate lets it in.

        Raises what the gate raises.
        """
        _set_user(handler, None)
        principal = await self._principal(handler)
        if principal is not None:
            principal = replace(principal, address=handler.request.remote_ip or "")
        PRINCIPAL.set(principal)
        user = user_from_principal(principal) if principal else None
        _set_user(handler, user)
        check_route(handler, principal)
        return user

    def get_handlers(self) -> list[tuple[str, object]]:
        """Return no routes: the route table has them."""
        return []

    async def _principal(self, handler: RequestHandler) -> Principal | None:
        """Look at the most explicit credential only: a bad token is not healed by a cookie."""
        services: Services = handler.settings["platform_services"]
        token = _token(handler)
        if token is not None:
            principal = await services.identity.principal_of_token(token)
            # Spares the request the checks against forgery, which no token is sent without intent.
            handler._token_authenticated = principal is not None  # type: ignore[attr-defined]  # noqa: SLF001
            return principal
        secret = session_secret(handler)
        return await services.identity.principal_of_session(secret) if secret else None


def _set_user(handler: Any, user: User | None) -> None:
    """Do what Jupyter does after ``get_user``: showing an error needs it before."""
    handler.current_user = handler._jupyter_current_user = user  # noqa: SLF001


def user_from_principal(principal: Principal) -> PlatformUser:
    """Return what Jupyter and the browser are told of a principal."""
    return PlatformUser(
        username=principal.email,
        name=principal.name,
        display_name=principal.name,
        initials=_initials(principal.name),
        id=principal.id,
        email=principal.email,
        role=principal.role.value,
    )


def identity_model(principal: Principal) -> IdentityModel:
    """Return a principal in the shape of Jupyter's identity."""
    user = user_from_principal(principal)
    return {
        "username": user.username,
        "name": user.name,
        "display_name": user.display_name,
        "initials": user.initials,
        "avatar_url": user.avatar_url,
        "color": user.color,
        "id": user.id,
        "email": user.email,
        "role": user.role,
    }


def _token(handler: RequestHandler) -> str | None:
    """Return the API token of a request.

    Addresses end up in histories and logs; so one in the address counts only where browsers can
    send it in no other way: when a websocket is opened.
    """
    scheme, _, secret = handler.request.headers.get("Authorization", "").strip().partition(" ")
    if scheme.lower() in _SCHEMES:
        return secret.strip()
    if isinstance(handler, WebSocketHandler):
        return handler.get_query_argument("token", "") or None
    return None


def _initials(name: str) -> str:
    words = name.split()
    return "".join(
        word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)
    ).upper()
