"""``jupyter platform token``: API tokens."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from platform_server.acts.model import OPERATOR
from platform_server.cli.running import with_accounts
from platform_server.errors import TokenNotFound
from platform_server.identity.model import Scope

if TYPE_CHECKING:
    from platform_server.identity.model import ApiToken
    from platform_server.identity.service import IdentityService

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Span(click.ParamType[timedelta]):
    """A number with its unit."""

    name = "span"

    def convert(
        self,
        value: str | timedelta,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> timedelta:
        """Return the time that ``30d`` and the like stand for."""
        if isinstance(value, timedelta):
            return value
        found = re.fullmatch(r"(\d{1,6})([mhdw])", value.strip())
        if found is None:
            self.fail(f"{value!r} is not a time like 90m, 12h, 30d or 8w", param, ctx)
        return timedelta(**{_UNITS[found[2]]: int(found[1])})


@click.group()
def token() -> None:
    """Make, list and revoke API tokens."""


@token.command()
@click.argument("email")
@click.option("--name", required=True, help="What it is for; another one for each use.")
@click.option("--expires", type=Span(), help="Like 90m, 12h, 30d, 8w. Default: never.")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice([scope.value for scope in Scope]),
    multiple=True,
    help="What it may be used for; may be given several times. Default: all the account may do.",
)
def add(email: str, name: str, expires: timedelta | None, scopes: tuple[str, ...]) -> None:
    """Make a token and print it, once and alone."""
    chosen = [Scope(scope) for scope in scopes] or list(Scope)

    async def work(identity: IdentityService) -> str:
        owner = await identity.user_by_email(email)
        secret, _ = await identity.create_token(owner.id, name, chosen, expires, by=OPERATOR)
        return secret

    click.echo(with_accounts(work))


@token.command("list")
@click.argument("email")
def list_tokens(email: str) -> None:
    """List an account's tokens: name, scopes, expiry, last use."""

    async def work(identity: IdentityService) -> list[ApiToken]:
        return await identity.tokens((await identity.user_by_email(email)).id)

    for one in with_accounts(work):
        scopes = ",".join(sorted(scope.value for scope in one.scopes))
        expiry = one.expires_at.isoformat(timespec="minutes") if one.expires_at else "never"
        used = one.last_used_at.isoformat(timespec="minutes") if one.last_used_at else "never"
        click.echo(f"{one.name:<24} {scopes:<22} expires {expiry:<23} used {used}")


@token.command()
@click.argument("email")
@click.argument("name")
def revoke(email: str, name: str) -> None:
    """Revoke the token of that name."""

    async def work(identity: IdentityService) -> None:
        owner = await identity.user_by_email(email)
        found = [one for one in await identity.tokens(owner.id) if one.name == name]
        if not found:
            raise TokenNotFound(f"{owner.email} has no token called {name!r}.")
        await identity.revoke_token(owner.id, found[0].id, by=OPERATOR)

    with_accounts(work)
