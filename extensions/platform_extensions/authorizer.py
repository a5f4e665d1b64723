"""What Jupyter's own handlers ask before they act: a second look behind the route gate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_server.auth.authorizer import Authorizer
from jupyter_server.auth.utils import HTTP_METHOD_TO_AUTH_ACTION
from tornado.websocket import WebSocketHandler

from platform_extensions.base import PRINCIPAL
from platform_server.identity.permissions import Permission, may

if TYPE_CHECKING:
    from jupyter_server.auth.identity import User
    from jupyter_server.base.handlers import JupyterHandler

    from platform_server.identity.model import Principal

_NEEDED: dict[str, dict[str, Permission]] = {
    "contents": {"read": Permission.READ, "write": Permission.WRITE},
    "kernels": {"read": Permission.READ, "write": Permission.RUN, "execute": Permission.RUN},
    "kernelspecs": {"read": Permission.READ},
    "sessions": {"read": Permission.READ, "write": Permission.RUN, "execute": Permission.RUN},
    "terminals": {"read": Permission.RUN, "write": Permission.RUN, "execute": Permission.RUN},
    "events": {"read": Permission.READ, "execute": Permission.READ},
    "api": {"read": Permission.ADMIN},
}


class PlatformAuthorizer(Authorizer):
    """Answers by role and token scope. Whose an object is, its manager decides."""

    async def is_authorized(
        self, handler: JupyterHandler, user: User, action: str, resource: str
    ) -> bool:
        """Tell whether the account may do such a thing at all.

        Jupyter's decorator hands in what the first request ever asked for, whatever this one does;
        so both are taken from the handler, unless it asks on behalf of another (``/api/me``).
        """
        del user
        principal = PRINCIPAL.get()
        own = getattr(type(handler), "auth_resource", None)
        if own is not None:
            action, resource = _action(handler), own
        return principal is not None and is_allowed(principal, action, resource)


def is_allowed(principal: Principal, action: str, resource: str) -> bool:
    """Tell whether an account may "read", "write" or "execute" a kind of Jupyter's resources."""
    needed = _NEEDED.get(resource, {}).get(action)
    return needed is not None and may(principal, needed)


def _action(handler: Any) -> str:
    if isinstance(handler, WebSocketHandler):
        return "execute"
    return HTTP_METHOD_TO_AUTH_ACTION[handler.request.method.upper()]
