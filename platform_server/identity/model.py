"""Who somebody is, and by which way they came in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, NewType

from platform_server.acts.model import Actor

if TYPE_CHECKING:
    from datetime import datetime

UserId = NewType("UserId", str)
SessionId = NewType("SessionId", str)
TokenId = NewType("TokenId", str)


class Role(Enum):
    """What an account is for; decides its permissions."""

    LEARNER = "learner"
    REVIEWER = "reviewer"
    ADMIN = "admin"


class Scope(Enum):
    """What an API token may be used for; a session has them all."""

    READ = "read"  # look at one's own projects, files and submissions
    WRITE = "write"  # change them
    RUN = "run"  # start kernels, terminals and commands
    ADMIN = "admin"  # what the admin role allows, if the account has it
    METRICS = "metrics"  # read the server's metrics and nothing else, if the account is an admin's


ALL_SCOPES = frozenset(Scope)


@dataclass(frozen=True, kw_only=True)
class User:
    """An account."""

    id: UserId
    email: str  # lower case
    name: str  # as shown to others
    role: Role
    created_at: datetime
    disabled_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Principal:
    """An authenticated user together with the credential of this request."""

    id: UserId
    email: str
    name: str
    role: Role
    scopes: frozenset[Scope] = ALL_SCOPES
    credential: SessionId | TokenId  # what a revocation names
    address: str = ""  # of the network, where this request came from

    @property
    def actor(self) -> Actor:
        """How the record of what admins do knows the principal."""
        return Actor(id=self.id, name=self.email, address=self.address)


@dataclass(frozen=True, kw_only=True)
class Session:
    """A signed-in browser. The secret is in its cookie only; the store keeps its hash."""

    id: SessionId
    user_id: UserId
    created_at: datetime
    expires_at: datetime
    last_seen_at: datetime
    user_agent: str


@dataclass(frozen=True, kw_only=True)
class ApiToken:
    """A personal API token. The secret is shown once; the store keeps its hash."""

    id: TokenId
    user_id: UserId
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
