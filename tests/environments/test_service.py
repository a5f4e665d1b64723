"""What the gateway decides, with a real index behind it."""

from __future__ import annotations

import asyncio
import hashlib
import os
from typing import TYPE_CHECKING

import pytest

from platform_server.environments.cache import FileCache
from platform_server.environments.index import HttpIndex
from platform_server.environments.model import PackagePolicy
from platform_server.errors import (
    PackageDenied,
    PackageIndexUnavailable,
    PackageNotFound,
    TooLarge,
)
from platform_server.projects.model import ProjectId
from platform_server.testing.packages import package_service

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from platform_server.environments.service import PackageEvent, PackageService
    from platform_server.testing.package_index import LocalIndex

PROJECT = ProjectId("wonder")
WHEEL = "sample_lib-1.0-py3-none-any.whl"


def service_of(index: LocalIndex, folder: Path, **policy: object) -> PackageService:
    return package_service(
        HttpIndex(index.url),
        folder,
        PackagePolicy(**policy),  # type: ignore[arg-type]  # of each test's own
    )


@pytest.fixture
async def service(index: LocalIndex, tmp_path: Path) -> AsyncIterator[PackageService]:
    service = service_of(index, tmp_path / "cache", deny=("forbidden-*",))
    yield service
    await service.aclose()


def digest_of(index: LocalIndex) -> str:
    return hashlib.sha256(index.packages["sample-lib"][WHEEL]).hexdigest()


async def test_addresses_lead_to_the_gateway(service: PackageService, index: LocalIndex) -> None:
    page = await service.page(PROJECT, "Sample_Lib")
    assert [one.url for one in page.files] == [f"/files/sample-lib/{digest_of(index)}/{WHEEL}"]


async def test_an_index_that_speaks_html_is_understood(
    service: PackageService, index: LocalIndex
) -> None:
    index.as_html = True
    page = await service.page(PROJECT, "sample-lib")
    assert [(one.filename, one.sha256) for one in page.files] == [(WHEEL, digest_of(index))]


async def test_a_file_is_fetched_once_for_all(service: PackageService, index: LocalIndex) -> None:
    wanted = ("sample-lib", digest_of(index), WHEEL)
    others = ProjectId("others")
    paths = await asyncio.gather(*(service.file(one, *wanted) for one in (PROJECT, others) * 5))
    assert {path.read_bytes() for path in paths} == {index.packages["sample-lib"][WHEEL]}
    assert index.asked.count(f"/files/sample-lib/{WHEEL}") == 1


async def test_listeners_hear_what_a_project_does(
    service: PackageService, index: LocalIndex
) -> None:
    heard: list[tuple[ProjectId, PackageEvent]] = []
    service.listeners.append(lambda project, event: heard.append((project, event)))
    await service.page(PROJECT, "sample-lib")
    await service.file(PROJECT, "sample-lib", digest_of(index), WHEEL)
    assert [project for project, _ in heard] == [PROJECT] * 3
    assert [event.kind for _, event in heard] == ["listed", "downloading", "served"]
    assert heard[-1][1].done == heard[-1][1].size == len(index.packages["sample-lib"][WHEEL])


async def test_what_is_denied_is_neither_listed_nor_fetched(
    service: PackageService, index: LocalIndex
) -> None:
    for name in ("forbidden-lib", "Forbidden.LIB"):
        with pytest.raises(PackageDenied, match="forbidden-lib"):
            await service.page(PROJECT, name)
        with pytest.raises(PackageDenied):
            await service.file(PROJECT, name, digest_of(index), WHEEL)
    assert index.asked == []


async def test_only_what_is_allowed_is_listed(index: LocalIndex, tmp_path: Path) -> None:
    service = service_of(index, tmp_path, allow=("sample-*",), wheels_only=True)
    assert (await service.page(PROJECT, "sample-source")).files == []
    with pytest.raises(PackageDenied):
        await service.page(PROJECT, "another")
    await service.aclose()


async def test_a_file_of_another_package_is_not_found(
    service: PackageService, index: LocalIndex
) -> None:
    with pytest.raises(PackageNotFound):
        await service.file(PROJECT, "sample-source", digest_of(index), WHEEL)
    with pytest.raises(PackageNotFound):
        await service.file(PROJECT, "sample-lib", "0" * 64, WHEEL)
    with pytest.raises(PackageNotFound):
        await service.page(PROJECT, "no-such-package")


async def test_other_bytes_than_promised_are_never_kept(
    service: PackageService, index: LocalIndex, tmp_path: Path
) -> None:
    index.altered = True
    for _ in range(2):
        with pytest.raises(PackageIndexUnavailable, match="other bytes"):
            await service.file(PROJECT, "sample-lib", digest_of(index), WHEEL)
    assert list((tmp_path / "cache").iterdir()) == []


async def test_a_larger_file_than_allowed_is_not_kept(tmp_path: Path) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 1000

    cache = FileCache(tmp_path, limit=10**6)
    cache.start()
    with pytest.raises(TooLarge):
        await cache.get("0" * 64, endless, limit=10_000, told=lambda _size: None)
    assert list(tmp_path.iterdir()) == []


async def test_what_was_used_longest_ago_makes_room(tmp_path: Path) -> None:
    cache = FileCache(tmp_path, limit=2500)
    cache.start()

    async def keep(text: bytes) -> str:
        async def once() -> AsyncIterator[bytes]:
            yield text

        digest = hashlib.sha256(text).hexdigest()
        await cache.get(digest, once, limit=10**6, told=lambda _size: None)
        return digest

    first, second = await keep(b"1" * 1000), await keep(b"2" * 1000)
    for kept in (first, second):
        os.utime(tmp_path / kept, (0, 0))
    assert cache.find(first) is not None
    third = await keep(b"3" * 1000)
    assert {path.name for path in tmp_path.iterdir()} == {first, third}
    assert cache.find(second) is None


async def test_an_index_that_does_not_answer_is_said_to(tmp_path: Path) -> None:
    nobody = package_service(HttpIndex("http://127.0.0.1:9/simple"), tmp_path, PackagePolicy())
    with pytest.raises(PackageIndexUnavailable):
        await nobody.page(PROJECT, "sample-lib")
    await nobody.aclose()
