"""Some accounts that tests are about."""

from __future__ import annotations

from datetime import UTC, datetime

from platform_server.identity.model import Principal, Role, SessionId, User, UserId

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)  # when everything in a test began


def person(name: str, *, called: str | None = None, role: Role = Role.LEARNER) -> User:
    """Return the account ``<name>@example.org``, shown to others as ``called``."""
    return User(
        id=UserId(name),
        email=f"{name}@example.org",
        name=name.title() if called is None else called,
        role=role,
        created_at=BEGAN,
    )


def signed_in(user: User) -> Principal:
    """Return the user with a session that has all scopes."""
    return Principal(
        id=user.id,
        email=user.email,
        name=user.name,
        role=user.role,
        credential=SessionId(f"session of {user.id}"),
    )
