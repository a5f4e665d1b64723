"""The JSON of accounts, sessions and tokens. No secret is in it but a new token's, once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from pydantic import Field
from typing_extensions import TypedDict

from platform_extensions.base import RequestBody
from platform_extensions.shapes import Moment, value_of
from platform_server.identity.model import Role, Scope

if TYPE_CHECKING:
    from datetime import datetime

    from platform_server.identity.model import ApiToken, Principal, Session, User

_Password = Annotated[str, Field(max_length=2048)]
_Name = Annotated[str, Field(max_length=1024)]
_Role = Annotated[Role, Field(strict=False)]
_RoleValue = Annotated[str, value_of(Role)]
_ScopeValue = Annotated[str, value_of(Scope)]
_DEFAULT_SCOPES = (Scope.READ, Scope.WRITE, Scope.RUN)


class ChangeAccount(RequestBody):
    """A new name, a new password, or both."""

    name: _Name | None = None
    password: _Password | None = Field(default=None, repr=False)
    current_password: _Password = Field(default="", repr=False)


class CreateToken(RequestBody):
    """A name, what it may be used for, and for how many seconds; without these it never expires."""

    name: _Name
    scopes: list[Annotated[Scope, Field(strict=False)]] = Field(
        default_factory=lambda: list(_DEFAULT_SCOPES)
    )
    expires_in: Annotated[int, Field(gt=0, le=10 * 366 * 24 * 3600)] | None = None

    @property
    def span(self) -> timedelta | None:
        """How long it is good for."""
        return None if self.expires_in is None else timedelta(seconds=self.expires_in)


class CreateUser(RequestBody):
    """An account made by an admin."""

    email: Annotated[str, Field(max_length=1024)]
    password: _Password = Field(repr=False)
    name: _Name = ""
    role: _Role = Role.LEARNER


class ChangeUser(RequestBody):
    """What an admin changes about an account."""

    name: _Name | None = None
    role: _Role | None = None
    disabled: bool | None = None
    password: _Password | None = Field(default=None, repr=False)


class IdentityModel(TypedDict):
    """A principal in the shape of Jupyter's identity."""

    username: str
    name: str
    display_name: str
    initials: str | None
    avatar_url: str | None
    color: str | None
    id: str
    email: str
    role: _RoleValue


class MeModel(TypedDict):
    """Who one is, and which of the permissions asked for one has."""

    identity: IdentityModel
    permissions: dict[str, list[str]]  # actions, by resource


class UserModel(TypedDict):
    """An account."""

    id: str
    email: str
    name: str
    role: _RoleValue
    created_at: Moment
    disabled: bool


class ListedUserModel(UserModel):
    """An account as an admin's list has it."""

    last_seen_at: Moment | None
    sandboxes: int  # that it has running


class AccountSessionModel(TypedDict):
    """A signed-in browser; ``current`` is the one that asks."""

    id: str
    user_agent: str
    created_at: Moment
    last_seen_at: Moment
    expires_at: Moment
    current: bool


class TokenModel(TypedDict):
    """An API token without its secret."""

    id: str
    name: str
    scopes: list[_ScopeValue]
    created_at: Moment
    expires_at: Moment | None
    last_used_at: Moment | None


class NewTokenModel(TokenModel):
    """An API token that was just made; ``token`` is its secret, which is never shown again."""

    token: str


def user_model(user: User) -> UserModel:
    """Return an account."""
    return {
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "role": user.role.value,
        "created_at": user.created_at.isoformat(),
        "disabled": user.disabled_at is not None,
    }


def listed_user_model(user: User, *, seen: datetime | None, sandboxes: int) -> ListedUserModel:
    """Return an account with when it was last used, and how many sandboxes it has running."""
    return {**user_model(user), "last_seen_at": _moment(seen), "sandboxes": sandboxes}


def session_model(session: Session, principal: Principal) -> AccountSessionModel:
    """Return a signed-in browser."""
    return {
        "id": session.id,
        "user_agent": session.user_agent,
        "created_at": session.created_at.isoformat(),
        "last_seen_at": session.last_seen_at.isoformat(),
        "expires_at": session.expires_at.isoformat(),
        "current": session.id == principal.credential,
    }


def token_model(token: ApiToken) -> TokenModel:
    """Return a token without its secret."""
    return {
        "id": token.id,
        "name": token.name,
        "scopes": sorted(scope.value for scope in token.scopes),
        "created_at": token.created_at.isoformat(),
        "expires_at": _moment(token.expires_at),
        "last_used_at": _moment(token.last_used_at),
    }


def new_token_model(token: ApiToken, secret: str) -> NewTokenModel:
    """Return a token with its secret."""
    return {**token_model(token), "token": secret}


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
