"""What is recorded of environments, which hostile code writes and volumes lose."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from platform_server.environments.allowance import Allowance
from platform_server.environments.index import HttpIndex
from platform_server.environments.installed import Environment, InstalledPackage
from platform_server.environments.installed_folder import FolderEnvironments
from platform_server.environments.model import PackagePolicy
from platform_server.environments.recorder import Recorder
from platform_server.projects.model import ProjectId
from platform_server.testing.packages import (
    MemoryEnvironments,
    MemoryRecords,
    MemoryTakes,
    package_service,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from platform_server.testing.package_index import LocalIndex

PROJECT = ProjectId("wonder")


@pytest.fixture
def environments() -> MemoryEnvironments:
    return MemoryEnvironments()


@pytest.fixture
async def recorder(
    index: LocalIndex, tmp_path: Path, environments: MemoryEnvironments
) -> AsyncIterator[Recorder]:
    records = MemoryRecords()
    packages = package_service(HttpIndex(index.url), tmp_path, PackagePolicy())
    recorder = Recorder(
        environments=environments,
        records=records,
        takes=MemoryTakes(),
        packages=packages,
        allowance=Allowance(records, None),
    )
    yield recorder
    await recorder.aclose()
    await packages.aclose()


def found(name: str, version: str = "1.0", *, requested: bool = True) -> InstalledPackage:
    return InstalledPackage(name=name, version=version, requested=requested, size=1)


def environment(identity: str, *packages: InstalledPackage) -> Environment:
    return Environment(identity=identity, packages=packages)


async def test_a_lost_environment_stays_in_the_record_until_it_is_made_again(
    recorder: Recorder, environments: MemoryEnvironments
) -> None:
    environments.present[PROJECT] = environment("1", found("sample-lib"), found("other"))
    before = await recorder.record_of(PROJECT)
    for lost in (None, environment("2"), environment("2", found("new"))):
        environments.present.pop(PROJECT, None)
        if lost is not None:
            environments.present[PROJECT] = lost
        view = await recorder.look(PROJECT)
        assert set(view.missing) == {"sample-lib", "other"}
        assert set(before) <= set(view.packages)
    whole = (found("sample-lib"), found("other"), found("new"))
    environments.present[PROJECT] = environment("2", *whole)
    assert (await recorder.look(PROJECT)).missing == ()
    environments.present[PROJECT] = environment("2", found("sample-lib"))
    assert [one.name for one in await recorder.record_of(PROJECT)] == ["sample-lib"]


async def test_what_is_not_wanted_again_is_dropped(
    recorder: Recorder, environments: MemoryEnvironments
) -> None:
    environments.present[PROJECT] = environment("1", found("sample-lib"), found("other"))
    await recorder.look(PROJECT)
    del environments.present[PROJECT]
    await recorder.look(PROJECT, dropped=["other"])
    assert [one.name for one in await recorder.record_of(PROJECT)] == ["sample-lib"]


async def test_hashes_come_from_the_index_if_the_file_was_not_taken_here(
    recorder: Recorder, environments: MemoryEnvironments, index: LocalIndex
) -> None:
    environments.present[PROJECT] = environment("1", found("sample-lib"), found("home-made"))
    record = {one.name: one for one in await recorder.record_of(PROJECT)}
    assert len(record["sample-lib"].sha256s) == 1
    assert record["home-made"].sha256s == ()
    asked = len(index.asked)
    await recorder.record_of(PROJECT)
    assert len(index.asked) == asked


async def test_a_dependency_stays_one_when_nothing_needs_it_any_more(
    recorder: Recorder, environments: MemoryEnvironments
) -> None:
    environments.present[PROJECT] = environment("1", found("part", requested=False))
    await recorder.look(PROJECT)
    environments.present[PROJECT] = environment("1", found("part", requested=True))
    assert [one.requested for one in await recorder.record_of(PROJECT)] == [False]
    view = await recorder.look(PROJECT, asked=["part"])
    assert [one.requested for one in view.packages] == [True]


def written(volumes: Path, name: str, metadata: str, record: str = "") -> Path:
    """Write a package into the environment of the project; return its folder."""
    root = volumes / PROJECT / "home/.venv"
    folder = root / f"lib/python3.11/site-packages/{name}.dist-info"
    folder.mkdir(parents=True)
    (root / "pyvenv.cfg").touch()
    (folder / "METADATA").write_text(metadata)
    (folder / "RECORD").write_text(record)
    return folder


async def test_a_folder_is_read_as_its_installer_left_it(tmp_path: Path) -> None:
    first = written(tmp_path, "a-1", "Name: A_b\nVersion: 1.0\nRequires-Dist: c>1\n", "x,,12\n")
    second = written(tmp_path, "c-2", "Name: c\nVersion: 2.0\n\nName: not-this\n")
    for folder in (first, second):
        (folder / "INSTALLER").write_text("uv")
        (folder / "REQUESTED").touch()
    seen = await FolderEnvironments(tmp_path).read(PROJECT)
    assert seen is not None
    assert [(one.name, one.version, one.requested, one.size) for one in seen.packages] == [
        ("a-b", "1.0", True, 12),
        ("c", "2.0", False, 0),
    ]


async def test_what_hostile_code_leaves_is_neither_followed_nor_waited_for(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("Name: secret\nVersion: 1.0\n")
    written(tmp_path, "good-1", "Name: good\nVersion: 1.0\n", f"x,,{'9' * 400}\n" + '"' * 1000)
    packages = tmp_path / PROJECT / "home/.venv/lib/python3.11/site-packages"
    for name, make in (
        ("link", lambda path: path.symlink_to(secret)),
        ("fifo", os.mkfifo),
        ("folder", lambda path: path.mkdir()),
        ("long", lambda path: path.write_text("Name: " + "x" * 10**6 + "\nVersion: 1\n")),
        ("evil", lambda path: path.write_text("Name: ../../etc\nVersion: <script>\n")),
        ("large", lambda path: os.truncate(os.open(path, os.O_CREAT | os.O_RDWR), 1 << 40)),
    ):
        (packages / f"{name}-1.dist-info").mkdir()
        make(packages / f"{name}-1.dist-info/METADATA")
    (packages / "whole-1.dist-info").symlink_to(secret.parent)
    seen = await FolderEnvironments(tmp_path).read(PROJECT)
    assert seen is not None
    assert [one.name for one in seen.packages] == ["good"]
    assert seen.packages[0].size <= 2**40


async def test_no_environment_is_none(tmp_path: Path) -> None:
    reader = FolderEnvironments(tmp_path)
    assert await reader.read(PROJECT) is None
    (tmp_path / PROJECT / "home").mkdir(parents=True)
    (tmp_path / PROJECT / "home/.venv").symlink_to("/usr")
    assert await reader.read(PROJECT) is None
