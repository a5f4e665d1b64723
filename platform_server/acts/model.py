"""Acts of admins: as they are done, and as they are kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    Facts: TypeAlias = Mapping[str, Any]  # few and small: they are kept as JSON


class ActName(Enum):
    """What was done. Programs look for these names: they stay as they are."""

    ACCOUNT_MADE = "account.make"
    ACCOUNT_RENAMED = "account.rename"
    ROLE_CHANGED = "account.role"
    PASSWORD_SET = "account.password"  # noqa: S105 - the name of an act
    ACCOUNT_DISABLED = "account.disable"
    ACCOUNT_ENABLED = "account.enable"
    TOKEN_MADE = "account.token.make"  # noqa: S105 - the name of an act
    TOKEN_REVOKED = "account.token.revoke"  # noqa: S105 - the name of an act
    GROUP_MADE = "group.make"
    GROUP_RENAMED = "group.rename"
    GROUP_REMOVED = "group.remove"
    MEMBERS_CHANGED = "group.members"
    REVIEWERS_CHANGED = "group.reviewers"
    LIMITS_CHANGED = "project.limits"
    REVIEWERS_NAMED = "project.reviewers"
    RUBRIC_CHANGED = "project.rubric"
    COMMON_RUBRIC_CHANGED = "installation.rubric"
    SANDBOX_STOPPED = "sandbox.stop"


class Kind(Enum):
    """What something is that admins do something to."""

    ACCOUNT = "account"
    GROUP = "group"
    PROJECT = "project"
    SANDBOX = "sandbox"
    INSTALLATION = "installation"


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who does something as an admin, as they are known at that time."""

    id: str | None  # of the account; None: no account did it
    name: str  # the account's address, or what did it
    address: str = ""  # of the network, where it came from; empty: not by network


OPERATOR = Actor(id=None, name="command line")
ACCOUNT_SERVICE = Actor(id=None, name="account service")


@dataclass(frozen=True, kw_only=True)
class Target:
    """What something is done to."""

    kind: Kind
    id: str
    name: str  # as people know it, at that time


INSTALLATION = Target(kind=Kind.INSTALLATION, id="", name="")


@dataclass(frozen=True, kw_only=True)
class Act:
    """Something that an admin does."""

    at: datetime
    actor: Actor
    name: ActName
    target: Target
    before: Facts = field(default_factory=dict)
    after: Facts = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class KeptAct:
    """An act in the record."""

    number: int
    act: Act
    previous: str  # the seal of the act before, "" for the first
    seal: str


@dataclass(frozen=True, kw_only=True)
class ActQuery:
    """Which acts are looked for. What is None does not matter."""

    actor: str | None = None  # an account's id or address
    name: str | None = None  # an act's, or what it begins with up to a dot
    kind: Kind | None = None
    target: str | None = None  # its id
    before: int | None = None  # only acts with smaller numbers
    limit: int = 100


def changing(act: Act) -> Act | None:
    """Return the act if something is another way after it."""
    return None if act.before == act.after else act


def said_of(number: int, act: Act) -> dict[str, Any]:
    """Return what an act's seal is made of."""
    return {
        "number": number,
        "at": act.at.isoformat(timespec="microseconds"),
        "actor": [act.actor.id, act.actor.name, act.actor.address],
        "act": act.name.value,
        "target": [act.target.kind.value, act.target.id, act.target.name],
        "before": dict(act.before),
        "after": dict(act.after),
    }
