"""The policy: private names, young files, limits, and where an index may lead."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from platform_server.environments.addresses import is_elsewhere
from platform_server.environments.index import HttpIndex
from platform_server.environments.model import PackagePolicy
from platform_server.environments.pinned_index import PinnedIndex
from platform_server.environments.records import EnvironmentRecord, RecordedPackage
from platform_server.environments.takes import Outcome, TakeQuery
from platform_server.errors import PackageDenied
from platform_server.projects.model import ProjectId
from platform_server.testing.package_index import LocalIndex, wheel
from platform_server.testing.packages import MemoryRecords, MemoryTakes, package_service

if TYPE_CHECKING:
    from pathlib import Path

    from platform_server.environments.service import PackageEvent, PackageService

PROJECT = ProjectId("wonder")
NOW = datetime(2026, 1, 31, tzinfo=UTC)
WHEEL = "sample_lib-1.0-py3-none-any.whl"


def made(index: LocalIndex, folder: Path, **policy: Any) -> PackageService:
    return package_service(HttpIndex(index.url), folder, PackagePolicy(**policy), now=lambda: NOW)


async def take(service: PackageService, index: LocalIndex) -> None:
    digest = hashlib.sha256(index.packages["sample-lib"][WHEEL]).hexdigest()
    await service.file(PROJECT, "sample-lib", digest, WHEEL)


@pytest.mark.parametrize(
    ("url", "index", "refused"),
    [
        ("http://127.0.0.1:80/x.whl", "http://127.0.0.1:80/simple", False),
        ("http://127.0.0.1:81/x.whl", "http://127.0.0.1:80/simple", True),
        ("https://10.0.0.1/x.whl", "https://10.0.0.2/simple", True),
        ("https://93.184.216.34/x.whl", "https://10.0.0.2/simple", False),
        ("http://93.184.216.34/x.whl", "https://10.0.0.2/simple", True),
        ("https://169.254.169.254/x.whl", "https://93.184.216.34/simple", True),
        ("https://[::ffff:169.254.169.254]/x", "https://93.184.216.34/simple", True),
        ("https://[::1]/x.whl", "https://93.184.216.34/simple", True),
        ("https://2130706433/x.whl", "https://93.184.216.34/simple", True),
        ("https://localhost/x.whl", "https://93.184.216.34/simple", True),
        ("https://metadata.google.internal/x", "https://93.184.216.34/simple", True),
        ("file:///etc/passwd", "https://93.184.216.34/simple", True),
    ],
)
async def test_where_an_index_may_lead(url: str, index: str, *, refused: bool) -> None:
    assert await is_elsewhere(httpx.URL(url), httpx.URL(index)) is refused


async def test_a_private_name_without_an_index_is_refused(index: LocalIndex) -> None:
    public = HttpIndex(index.url)
    pinned = PinnedIndex(public, None, is_private=lambda name: name.startswith("sample-"))
    with pytest.raises(PackageDenied, match="private index"):
        await pinned.page("sample-lib")
    assert index.asked == []
    assert (await pinned.page("forbidden-lib")).files
    await pinned.aclose()


@pytest.mark.parametrize(("age", "young"), [(6, True), (8, False), (None, True)])
async def test_a_young_file_is_told_of_and_kept_so(
    index: LocalIndex, tmp_path: Path, age: int | None, *, young: bool
) -> None:
    if age is not None:
        index.uploaded[WHEEL] = (NOW - timedelta(days=age)).isoformat()
    takes = MemoryTakes()
    heard: list[PackageEvent] = []
    policy = PackagePolicy(cool_off=timedelta(days=7))
    service = package_service(HttpIndex(index.url), tmp_path, policy, takes=takes, now=lambda: NOW)
    service.listeners.append(lambda _project, event: heard.append(event))
    await take(service, index)
    assert ("noted" in {event.kind for event in heard}) is young
    kept = await takes.find(TakeQuery(outcome=Outcome.TAKEN))
    assert [bool(one.reason) for one in kept] == [young]
    await service.aclose()


async def test_what_is_held_back_is_told_with_its_reason(index: LocalIndex, tmp_path: Path) -> None:
    service = made(index, tmp_path, cool_off=timedelta(days=7), cool_off_denies=True)
    heard: list[PackageEvent] = []
    service.listeners.append(lambda _project, event: heard.append(event))
    assert (await service.page(PROJECT, "sample-lib")).files == []
    assert [event.reason for event in heard if event.kind == "withheld"] == [
        "1 of its files: it is not known to be 7 days old"
    ]
    await service.aclose()


async def test_files_beyond_the_projects_total_are_refused(
    index: LocalIndex, tmp_path: Path
) -> None:
    index.add("large-lib", wheel("large-lib", "1.0", "#" * 2000))
    records = MemoryRecords()
    installed = RecordedPackage(name="old", version="1", size=5000)
    await records.save(
        EnvironmentRecord(project_id=PROJECT, identity="1", recorded_at=NOW, packages=(installed,))
    )
    policy = PackagePolicy(max_project_bytes=7000)
    service = package_service(HttpIndex(index.url), tmp_path, policy, records=records)
    await take(service, index)
    await take(service, index)  # the same again counts once
    name = "large_lib-1.0-py3-none-any.whl"
    digest = hashlib.sha256(index.packages["large-lib"][name]).hexdigest()
    with pytest.raises(PackageDenied, match="in all"):
        await service.file(PROJECT, "large-lib", digest, name)
    await service.file(ProjectId("others"), "large-lib", digest, name)
    await service.aclose()


async def test_whoever_asks_without_end_is_written_down_a_while(
    index: LocalIndex, tmp_path: Path
) -> None:
    takes = MemoryTakes()
    policy = PackagePolicy(deny=("*",))
    service = package_service(HttpIndex(index.url), tmp_path, policy, takes=takes)
    for number in range(300):
        for name in (f"x{number}", "same"):
            with pytest.raises(PackageDenied):
                await service.page(PROJECT, name)
    kept = await takes.find(TakeQuery(limit=1000))
    assert 200 <= len(kept) <= 202
    assert [one.package for one in kept].count("same") == 1
    await service.aclose()
