"""``jupyter platform user``: accounts."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from platform_server.cli.running import with_accounts
from platform_server.identity.model import Role

if TYPE_CHECKING:
    from platform_server.identity.model import User
    from platform_server.identity.service import IdentityService

_ROLE = click.Choice([role.value for role in Role])
_FROM_STDIN = click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input."
)


@click.group()
def user() -> None:
    """Make, list and change accounts."""


@user.command()
@click.argument("email")
@click.option("--role", type=_ROLE, default=Role.LEARNER.value, show_default=True)
@click.option("--name", default="", help="As others see it. Default: the address's first part.")
@_FROM_STDIN
def add(email: str, role: str, name: str, *, password_stdin: bool) -> None:
    """Make an account. The password is asked for."""
    password = _password(from_stdin=password_stdin)

    async def work(identity: IdentityService) -> User:
        return await identity.add_user(email, password, Role(role), name)

    made = with_accounts(work)
    click.echo(f"Made the {made.role.value} {made.email}.")


@user.command("list")
def list_users() -> None:
    """List accounts: address, role, state, since when, name."""

    async def work(identity: IdentityService) -> list[User]:
        return await identity.users()

    for one in with_accounts(work):
        state = "disabled" if one.disabled_at else "enabled"
        since = one.created_at.date().isoformat()
        click.echo(f"{one.email:<40} {one.role.value:<9} {state:<9} {since}  {one.name}")


@user.command()
@click.argument("email")
@_FROM_STDIN
def password(email: str, *, password_stdin: bool) -> None:
    """Set an account's password and end its sessions."""
    new = _password(from_stdin=password_stdin)

    async def work(identity: IdentityService) -> None:
        await identity.set_password((await identity.user_by_email(email)).id, new)

    with_accounts(work)
    click.echo("The password is set; the account's sessions have ended.")


user.add_command(
    click.Command("passwd", callback=password.callback, params=password.params, hidden=True)
)


@user.command()
@click.argument("email")
@click.argument("role", type=_ROLE)
def role(email: str, role: str) -> None:
    """Change what an account is for."""

    async def work(identity: IdentityService) -> None:
        await identity.set_role((await identity.user_by_email(email)).id, Role(role))

    with_accounts(work)


@user.command()
@click.argument("email")
def disable(email: str) -> None:
    """Shut an account out, at once and everywhere."""

    async def work(identity: IdentityService) -> None:
        await identity.disable((await identity.user_by_email(email)).id)

    with_accounts(work)


@user.command()
@click.argument("email")
def enable(email: str) -> None:
    """Let a disabled account in again."""

    async def work(identity: IdentityService) -> None:
        await identity.enable((await identity.user_by_email(email)).id)

    with_accounts(work)


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.read().removesuffix("\n").removesuffix("\r")
    if not sys.stdin.isatty():
        raise click.UsageError("There is no terminal to ask for a password: use --password-stdin.")
    asked: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return asked
