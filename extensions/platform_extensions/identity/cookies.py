"""The cookie that keeps a browser signed in: an opaque secret, for this server only."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tornado.web import RequestHandler

_DAYS = 90  # the browser keeps it that long; the server decides how long it is good for


def cookie_name(handler: RequestHandler) -> str:
    """Return the cookie's name, which differs by port: cookies do not, and servers share hosts.

    Over https its prefix makes browsers refuse it from other hosts, and over plain http.
    """
    port = handler.request.host.rpartition(":")[2]
    name = f"platform-session-{port}" if port.isdecimal() else "platform-session"
    return f"__Host-{name}" if _is_secure(handler) else name


def session_secret(handler: RequestHandler) -> str | None:
    """Return the secret that the browser sent, if any."""
    return handler.get_cookie(cookie_name(handler))


def set_session_cookie(handler: RequestHandler, secret: str) -> None:
    """Let the browser keep the secret, out of reach of scripts and of other sites' requests."""
    handler.set_cookie(
        cookie_name(handler),
        secret,
        expires_days=_DAYS,
        path="/",
        httponly=True,
        secure=_is_secure(handler),
        samesite="Lax",
    )


def clear_session_cookie(handler: RequestHandler) -> None:
    """Make the browser forget it."""
    handler.clear_cookie(cookie_name(handler), path="/", secure=_is_secure(handler))


def _is_secure(handler: RequestHandler) -> bool:
    return handler.request.protocol == "https"
