"""The pages for people who are not in yet, or on their way out. They work without scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado.web import HTTPError

from platform_extensions.base import PRINCIPAL
from platform_extensions.failures import PageFailures, status_of
from platform_extensions.identity.cookies import (
    clear_session_cookie,
    session_secret,
    set_session_cookie,
)
from platform_extensions.identity.redirects import safe_next
from platform_extensions.sockets import sockets_of
from platform_server.errors import AccessDenied, PlatformError, TooManyRequests
from platform_server.identity.model import SessionId
from platform_server.identity.passwords import MAX_LENGTH, MIN_LENGTH

if TYPE_CHECKING:
    from platform_server.services import Services

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_STALE = "This page was open for too long, or the browser refuses cookies. Please try again."
_MAX_EMAIL_SHOWN = 254  # characters


class FormPage(PageFailures):
    """A page with one form, which is shown again with what is wrong with it."""

    template: str
    is_forged = False  # the form did not come from a page of ours, or from one too old

    @property
    def content_security_policy(self) -> str:
        """Allow a style sheet and pictures of this server, and nothing else at all."""
        return POLICY

    @property
    def services(self) -> Services:
        """The installation's services."""
        return self.settings["platform_services"]  # type: ignore[no-any-return]  # tornado's dict

    @property
    def next(self) -> str:
        """Where to go afterwards."""
        return safe_next(self.get_argument("next", ""), base_url=self.base_url)

    def check_xsrf_cookie(self) -> None:
        """Notice a forged form; ``field`` refuses to read it."""
        try:
            super().check_xsrf_cookie()
        except HTTPError:
            self.is_forged = True

    def field(self, name: str) -> str:
        """Return what was typed, as it was typed. Raises AccessDenied for a forged form."""
        if self.is_forged:
            raise AccessDenied(_STALE)
        return self.get_body_argument(name, "", strip=False)

    def show_form(self, error: PlatformError | None = None) -> None:
        """Answer the form, with what is wrong with it."""
        if error is not None:
            self.set_status(status_of(error))
        if isinstance(error, TooManyRequests):
            self.set_header("Retry-After", str(error.retry_after))
        template = self.settings["platform_pages"].get_template(self.template)
        self.finish(template.render(**self.values(), error=error))

    def values(self) -> dict[str, Any]:
        """Return what the template shows."""
        query = urlencode({"next": self.next})
        return {
            "base_url": self.base_url,
            "xsrf": self.xsrf_token.decode(),
            "next": self.next,
            "query": f"?{query}" if "next" in self.request.arguments else "",
            "is_sign_up_open": self.services.identity.policy.is_sign_up_open,
            "sends_mail": self.services.identity.policy.sends_mail,
            "email": self.get_body_argument("email", "")[:_MAX_EMAIL_SHOWN],
            "name": self.get_body_argument("name", "")[:_MAX_EMAIL_SHOWN],
        }

    async def enter(self, email: str, password: str) -> None:
        """Sign in and go on. Raises what signing in raises."""
        secret, session = await self.services.identity.sign_in(
            email,
            password,
            client=self.request.remote_ip or "",
            user_agent=self.request.headers.get("User-Agent", ""),
        )
        await self.leave()
        set_session_cookie(self, secret)
        self.log.info("%s signed in from %s", session.user_id, self.request.remote_ip)
        self.redirect(self.next, status=303)

    async def leave(self) -> None:
        """End the session that the browser has, if any, and what is open with it."""
        secret = session_secret(self)
        principal = await self.services.identity.principal_of_session(secret) if secret else None
        if principal is None:
            return
        await self.services.identity.sign_out(SessionId(principal.credential))
        sockets_of(self.settings).close_credential(principal.credential)


class SignInPage(FormPage):
    """Sign in with an e-mail address and a password."""

    template = "sign-in.html"

    @allow_unauthenticated
    async def get(self) -> None:
        """Show the form; whoever is in already goes on."""
        if PRINCIPAL.get() is not None:
            self.redirect(self.next)
            return
        self.show_form()

    @allow_unauthenticated
    async def post(self) -> None:
        """Sign in."""
        try:
            await self.enter(self.field("email"), self.field("password"))
        except PlatformError as error:
            self.log.info("Sign-in refused from %s: %s", self.request.remote_ip, error.reason)
            self.show_form(error)


class SignUpPage(FormPage):
    """Make an account."""

    template = "sign-up.html"

    def values(self) -> dict[str, Any]:
        """Return what the template shows."""
        return super().values() | {"min_length": MIN_LENGTH, "max_length": MAX_LENGTH}

    @allow_unauthenticated
    async def get(self) -> None:
        """Show the form, or say that there is none to fill in."""
        self.show_form()

    @allow_unauthenticated
    async def post(self) -> None:
        """Make the account and sign in with it."""
        try:
            email, password = self.field("email"), self.field("password")
            await self.services.identity.sign_up(
                email, password, self.field("name"), client=self.request.remote_ip or ""
            )
            await self.enter(email, password)
        except PlatformError as error:
            self.show_form(error)


class ForgotPage(FormPage):
    """Ask for a mail with which a forgotten password is replaced."""

    template = "forgot.html"
    is_sent = False

    def values(self) -> dict[str, Any]:
        """Return what the template shows."""
        return super().values() | {"is_sent": self.is_sent}

    @allow_unauthenticated
    async def get(self) -> None:
        """Show the form."""
        self.show_form()

    @allow_unauthenticated
    async def post(self) -> None:
        """Send the mail; the answer is the same whether there is such an account or not."""
        try:
            email = self.field("email")
            await self.services.identity.send_reset(email, client=self.request.remote_ip or "")
        except PlatformError as error:
            self.show_form(error)
            return
        self.is_sent = True
        self.show_form()


class ResetPage(FormPage):
    """Choose a new password, with the link of such a mail."""

    template = "reset.html"

    def values(self) -> dict[str, Any]:
        """Return what the template shows."""
        link = self.get_argument("token_hash", "")[:_MAX_EMAIL_SHOWN]
        return super().values() | {
            "link": link,
            "min_length": MIN_LENGTH,
            "max_length": MAX_LENGTH,
        }

    @allow_unauthenticated
    async def get(self) -> None:
        """Show the form. The link is used up by sending it, not by opening it."""
        self.show_form()

    @allow_unauthenticated
    async def post(self) -> None:
        """Replace the password and sign in with it."""
        try:
            link, password = self.field("token_hash"), self.field("password")
            user = await self.services.identity.reset_password(link, password)
            await self.enter(user.email, password)
        except PlatformError as error:
            self.show_form(error)


class SignOutPage(FormPage):
    """Sign out."""

    template = "sign-out.html"

    @allow_unauthenticated
    async def get(self) -> None:
        """Ask first: a mere link must not sign anybody out."""
        if PRINCIPAL.get() is None:
            self.redirect(f"{self.base_url}login")
            return
        self.show_form()

    @allow_unauthenticated
    async def post(self) -> None:
        """End the session and close its websockets."""
        if self.is_forged:
            self.show_form(AccessDenied(_STALE))
            return
        await self.leave()
        clear_session_cookie(self)
        self._answer()

    def _answer(self) -> None:
        content_type = self.request.headers.get("Content-Type", "")
        if content_type.startswith("application/x-www-form-urlencoded"):
            self.redirect(f"{self.base_url}login", status=303)
            return
        self.set_status(204)
        self.finish()
