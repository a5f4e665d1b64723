"""What admins do to accounts, as it is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from platform_server.acts.model import Act, ActName, Actor, Kind, Target, changing

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from platform_server.identity.model import ApiToken, Role, User

    # Gives the act of a change, of the account as it was just before; None: it changes nothing.
    Telling: TypeAlias = Callable[[User], Act | None]


def made(by: Actor, at: datetime) -> Telling:
    """Tell that an account is made."""

    def act(user: User) -> Act:
        after = {"name": user.name, "role": user.role.value}
        return _act(user, ActName.ACCOUNT_MADE, by, at, after=after)

    return act


def renamed(by: Actor, at: datetime, name: str) -> Telling:
    """Tell that an account is called otherwise."""

    def act(user: User) -> Act | None:
        before, after = {"name": user.name}, {"name": name}
        return changing(_act(user, ActName.ACCOUNT_RENAMED, by, at, before=before, after=after))

    return act


def role_changed(by: Actor, at: datetime, role: Role) -> Telling:
    """Tell that an account is for something else."""

    def act(user: User) -> Act | None:
        before, after = {"role": user.role.value}, {"role": role.value}
        return changing(_act(user, ActName.ROLE_CHANGED, by, at, before=before, after=after))

    return act


def disabled(by: Actor, at: datetime, *, is_disabled: bool) -> Telling:
    """Tell that an account is shut out, or let in again."""
    name = ActName.ACCOUNT_DISABLED if is_disabled else ActName.ACCOUNT_ENABLED

    def act(user: User) -> Act | None:
        before, after = {"disabled": user.disabled_at is not None}, {"disabled": is_disabled}
        return changing(_act(user, name, by, at, before=before, after=after))

    return act


def password_set(by: Actor, at: datetime) -> Telling:
    """Tell that an account has another password."""

    def act(user: User) -> Act:
        return _act(user, ActName.PASSWORD_SET, by, at)

    return act


def token_act(user: User, token: ApiToken, name: ActName, by: Actor, at: datetime) -> Act:
    """Return the act of making, or revoking, a token of somebody's."""
    facts = {"token": token.name, "scopes": sorted(scope.value for scope in token.scopes)}
    if name is ActName.TOKEN_REVOKED:
        return _act(user, name, by, at, before=facts)
    return _act(user, name, by, at, after=facts)


def _act(user: User, name: ActName, by: Actor, at: datetime, **facts: dict[str, Any]) -> Act:
    target = Target(kind=Kind.ACCOUNT, id=user.id, name=user.email)
    return Act(at=at, actor=by, name=name, target=target, **facts)
