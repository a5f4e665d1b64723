"""Fixtures of the identity tests.

time        a clock that stands until it is moved
stores      where accounts, sessions and tokens are kept: in memory, on SQLite and on PostgreSQL
identity    a service over the stores in memory, with cheap password hashes
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from platform_server.storage.acts import SqlActRepository
from platform_server.storage.identity import (
    SqlSessionRepository,
    SqlTokenRepository,
    SqlUserRepository,
)
from platform_server.storage.preferences import SqlPreferenceRepository
from platform_server.testing.databases import KINDS
from platform_server.testing.identity import (
    MemoryPreferences,
    MemorySessions,
    MemoryTokens,
    MemoryUsers,
    identity_service,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from platform_server.acts.service import ActRepository
    from platform_server.identity.preferences import PreferenceRepository
    from platform_server.identity.repository import (
        SessionRepository,
        TokenRepository,
        UserRepository,
    )
    from platform_server.identity.service import IdentityService
    from platform_server.testing.databases import Databases


@dataclass
class Time:
    """A clock that stands until it is moved."""

    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **amount: float) -> None:
        self.now += timedelta(**amount)


@dataclass(frozen=True, kw_only=True)
class Stores:
    """One of each, over the same users."""

    acts: ActRepository
    users: UserRepository
    sessions: SessionRepository
    tokens: TokenRepository
    preferences: PreferenceRepository


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture(params=["memory", *KINDS])
async def stores(
    request: pytest.FixtureRequest, databases: Databases, tmp_path: Path
) -> AsyncIterator[Stores]:
    if request.param == "memory":
        people = MemoryUsers()
        yield Stores(
            acts=people.acts,
            users=people,
            sessions=MemorySessions(people),
            tokens=MemoryTokens(people),
            preferences=MemoryPreferences(),
        )
        return
    async with databases.open(request.param, tmp_path) as database:
        yield Stores(
            acts=SqlActRepository(database),
            users=SqlUserRepository(database),
            sessions=SqlSessionRepository(database),
            tokens=SqlTokenRepository(database),
            preferences=SqlPreferenceRepository(database),
        )


@pytest.fixture
def identity(time: Time) -> IdentityService:
    return identity_service(clock=time)
