"""Settings and workspaces are kept within limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from platform_server.errors import InvalidName, QuotaExceeded, TooLarge
from platform_server.identity.model import UserId
from platform_server.identity.preferences import PreferenceLimits, PreferenceService
from platform_server.testing.identity import MemoryPreferences

if TYPE_CHECKING:
    from tests.identity.conftest import Time

ALICE, BOB = UserId("alice"), UserId("bob")
LIMITS = PreferenceLimits(document_bytes=10, total_bytes=25, documents=3)


@pytest.fixture
def service(time: Time) -> PreferenceService:
    return PreferenceService(MemoryPreferences(), clock=time, limits=LIMITS)


async def test_a_document_is_the_users_alone(service: PreferenceService, time: Time) -> None:
    await service.put(ALICE, "settings", "a:b", "{}")
    assert await service.get(ALICE, "settings", "a:b") == "{}"
    assert await service.names(ALICE, "settings") == [("a:b", time.now)]
    assert await service.get(BOB, "settings", "a:b") is None
    await service.delete(ALICE, "settings", "a:b")
    assert await service.get(ALICE, "settings", "a:b") is None


async def test_a_document_has_a_size_in_bytes(service: PreferenceService) -> None:
    await service.put(ALICE, "settings", "a", "x" * 10)
    with pytest.raises(TooLarge):
        await service.put(ALICE, "settings", "a", "ä" * 6)
    assert await service.get(ALICE, "settings", "a") == "x" * 10


async def test_all_of_a_users_documents_have_a_size(service: PreferenceService) -> None:
    await service.put(ALICE, "settings", "a", "x" * 10)
    await service.put(ALICE, "workspace", "a", "x" * 10)
    with pytest.raises(QuotaExceeded):
        await service.put(ALICE, "settings", "b", "x" * 6)
    await service.put(ALICE, "settings", "a", "y" * 10)
    await service.put(BOB, "settings", "a", "x" * 10)


async def test_a_user_has_not_endlessly_many(service: PreferenceService) -> None:
    for name in "abc":
        await service.put(ALICE, "settings", name, "")
    with pytest.raises(QuotaExceeded):
        await service.put(ALICE, "settings", "d", "")
    await service.put(ALICE, "settings", "c", "x")


@pytest.mark.parametrize("name", ["", "x" * 256, "two\nlines", "nul\0"])
async def test_a_bad_name_has_nothing(service: PreferenceService, name: str) -> None:
    with pytest.raises(InvalidName):
        await service.put(ALICE, "settings", name, "{}")
    assert await service.get(ALICE, "settings", name) is None
    await service.delete(ALICE, "settings", name)
