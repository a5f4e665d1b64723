"""What each role may do: one enum, one table.

A route declares the permission it needs. What an account may do to one *object* (its own project,
a shared one) is decided by the service that owns the object.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from platform_server.identity.model import Role, Scope

if TYPE_CHECKING:
    from platform_server.identity.model import Principal


class Permission(Enum):
    """A right that a route can ask for: its name, and the token scope it falls under."""

    PROFILE = ("profile", Scope.READ)  # see who one is, one's sessions and tokens
    ACCOUNT = ("account", Scope.WRITE)  # change one's tokens, sessions, settings
    READ = ("read", Scope.READ)  # look at projects one is a member of
    WRITE = ("write", Scope.WRITE)  # change projects one is a member of
    RUN = ("run", Scope.RUN)  # kernels, terminals and commands in them
    REVIEW = ("review", Scope.WRITE)  # claim, comment and decide
    ADMIN = ("admin", Scope.ADMIN)  # accounts, all sandboxes
    METRICS = ("metrics", Scope.METRICS)  # figures about the server that name nobody

    def __init__(self, code: str, scope: Scope) -> None:
        self.code = code
        self.scope = scope


_EVERYBODY = frozenset(
    {Permission.PROFILE, Permission.ACCOUNT, Permission.READ, Permission.WRITE, Permission.RUN}
)

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.LEARNER: _EVERYBODY,
    Role.REVIEWER: _EVERYBODY | {Permission.REVIEW},
    Role.ADMIN: _EVERYBODY | {Permission.REVIEW, Permission.ADMIN, Permission.METRICS},
}


def may(principal: Principal, permission: Permission) -> bool:
    """Tell whether the principal's role has the permission and the credential its scope."""
    return permission in ROLE_PERMISSIONS[principal.role] and permission.scope in principal.scopes
