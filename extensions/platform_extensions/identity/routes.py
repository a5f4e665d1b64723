"""The routes of signing in and out, accounts, sessions and tokens."""

from __future__ import annotations

from platform_extensions.identity.admin import OneUserHandler, UsersHandler
from platform_extensions.identity.handlers import (
    AccountHandler,
    MeHandler,
    OneSessionHandler,
    OneTokenHandler,
    SessionsHandler,
    TokensHandler,
)
from platform_extensions.identity.pages import (
    ForgotPage,
    ResetPage,
    SignInPage,
    SignOutPage,
    SignUpPage,
)
from platform_extensions.routing import Route
from platform_server.identity.permissions import Permission

_SEE, _CHANGE = Permission.PROFILE, Permission.ACCOUNT
_FORM = 16 * 1024  # bytes

ROUTES: tuple[Route, ...] = (
    Route(r"/login", SignInPage, None, max_body=_FORM),
    Route(r"/signup", SignUpPage, None, max_body=_FORM),
    Route(r"/forgot", ForgotPage, None, max_body=_FORM),
    Route(r"/reset", ResetPage, None, max_body=_FORM),
    Route(r"/logout", SignOutPage, None, max_body=_FORM),
    Route(r"/api/me", MeHandler, _SEE),
    Route(r"/api/account/?", AccountHandler, _SEE, write=_CHANGE),
    Route(r"/api/account/sessions/?", SessionsHandler, _SEE),
    Route(r"/api/account/sessions/(\w+)", OneSessionHandler, _CHANGE),
    Route(r"/api/account/tokens/?", TokensHandler, _SEE, write=_CHANGE),
    Route(r"/api/account/tokens/(\w+)", OneTokenHandler, _CHANGE),
    Route(r"/api/admin/users/?", UsersHandler, Permission.ADMIN),
    Route(r"/api/admin/users/([\w-]+)", OneUserHandler, Permission.ADMIN),
)
