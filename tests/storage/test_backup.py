"""A backup of an installation that is in use, put into an empty one.

``place``      an installation with people, projects and files, on SQLite and on PostgreSQL
``elsewhere``  makes an empty one, of either kind
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import stat
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import pytest
from sqlalchemy import delete, select, text

from platform_server.acts.model import OPERATOR, ActQuery
from platform_server.acts.service import ActService
from platform_server.clock import utc_now
from platform_server.contents.model import RevisionId
from platform_server.errors import Conflict, InvalidContent
from platform_server.identity.acts import role_changed
from platform_server.identity.model import Role
from platform_server.paths import Home
from platform_server.sandboxes.model import (
    KernelId,
    KernelLaunch,
    KernelRecord,
    Limits,
    Sandbox,
    SandboxId,
    SandboxState,
)
from platform_server.storage.acts import SqlActRepository
from platform_server.storage.backup import back_up
from platform_server.storage.blobs_folder import FolderBlobStore
from platform_server.storage.contents import SqlContentsRepository
from platform_server.storage.identity import SqlUserRepository
from platform_server.storage.migrate import bring_to, is_current, revisions, upgrade
from platform_server.storage.restore import restore
from platform_server.storage.sandboxes import SqlSandboxRepository
from platform_server.storage.tables import all_tables, contents
from platform_server.testing.databases import KINDS
from platform_server.testing.worlds import ALICE, WONDER, World, folder_world, populate, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from platform_server.contents.model import BlobHash
    from platform_server.projects.model import ProjectId
    from platform_server.storage.database import Database
    from platform_server.testing.databases import Databases

    Elsewhere = Callable[..., Awaitable["Place"]]


@dataclass(frozen=True, kw_only=True)
class Place:
    """An installation."""

    database: Database
    home: Home

    @property
    def blobs(self) -> FolderBlobStore:
        return FolderBlobStore(self.home.blobs)

    @property
    def world(self) -> World:
        return folder_world(self.database, self.home.root)


@pytest.fixture
async def elsewhere(databases: Databases, tmp_path: Path) -> AsyncIterator[Elsewhere]:
    async with AsyncExitStack() as stack:

        async def make(kind: str, fill: Callable[[Database], Awaitable[None]] = upgrade) -> Place:
            home = Home(tmp_path / f"{kind}-{fill.__name__}")
            home.create()
            opened = databases.open(kind, home.root, fill)
            return Place(database=await stack.enter_async_context(opened), home=home)

        yield make


@pytest.fixture(params=KINDS)
async def place(
    request: pytest.FixtureRequest, databases: Databases, tmp_path: Path
) -> AsyncIterator[Place]:
    home = Home(tmp_path / "here")
    home.create()
    async with databases.open(request.param, home.root, populate) as database:
        yield Place(database=database, home=home)


async def rows(database: Database) -> dict[str, list[Any]]:
    """Return everything that is in a database."""
    found = {}
    async with database.read() as connection:
        for table in all_tables().sorted_tables:
            everything = await connection.execute(select(table))
            found[table.name] = sorted(map(tuple, everything), key=str)
    return found


async def save_some(world: World) -> None:
    await world.contents.write(WONDER, "été 1 %#.txt", b"first", author=ALICE.id)
    await world.contents.write(WONDER, "été 1 %#.txt", b"second", author=ALICE.id)
    await world.contents.write(WONDER, "empty", b"", author=ALICE.id)
    await world.contents.write(WONDER, "deep/er/large", bytes(3 << 20), author=ALICE.id)


async def hashes(place: Place) -> dict[str, str]:
    """Return the SHA-256 of what every revision of a place's files is in fact."""
    found = {}
    async with place.database.read() as connection:
        ids = (await connection.execute(select(contents.revisions.c.id))).scalars().all()
    for one in ids:
        revision = await SqlContentsRepository(place.database).revision(WONDER, RevisionId(one))
        assert revision is not None
        digest = hashlib.sha256()
        async for piece in place.blobs.open(WONDER, revision.blob):
            digest.update(piece)
        assert digest.hexdigest() == revision.blob
        found[one] = digest.hexdigest()
    return found


@pytest.mark.parametrize("kind", KINDS)
async def test_an_empty_installation_gets_exactly_what_was_backed_up(
    place: Place, elsewhere: Elsewhere, kind: str, tmp_path: Path
) -> None:
    async with running(place.world) as world:
        await save_some(world)
    people = SqlUserRepository(place.database)
    for role in (Role.REVIEWER, Role.LEARNER):
        await people.set_role(ALICE.id, role, role_changed(OPERATOR, utc_now(), role))
    file = tmp_path / "backup"

    manifest = await back_up(place.database, place.blobs, file)
    other = await elsewhere(kind)
    assert await restore(other.database, other.blobs, other.home, file) == manifest

    assert manifest.missing == ()
    assert await rows(other.database) == await rows(place.database)
    assert await hashes(other) == await hashes(place)
    record = ActService(SqlActRepository(other.database))
    assert (len(await record.find(ActQuery())), await record.changed()) == (2, None)
    async with running(other.world) as world:
        _, data = await world.contents.read(WONDER, "été 1 %#.txt")
        assert data == b"second"
        assert world.code.reads("deep/er/large") == bytes(3 << 20)
        assert len(await world.contents.history.list(WONDER, "été 1 %#.txt")) == 2


async def test_what_is_backed_up_during_saves_is_whole(
    place: Place, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    acknowledged: dict[str, bytes] = {}
    begun = asyncio.Event()

    async def write(world: World, name: str) -> None:
        number = 0
        while not backup.done():
            data = f"{name} {number}".encode() * (1 if number % 7 else 300_000)
            await world.contents.write(WONDER, name, data, author=ALICE.id)
            if not begun.is_set():
                acknowledged[name] = data
            number += 1
            if number > 3:
                begun.set()

    async def back_up_meanwhile() -> None:
        await begun.wait()
        before.update(acknowledged)
        await back_up(place.database, place.blobs, file)

    file, before = tmp_path / "backup", dict[str, bytes]()
    async with running(place.world) as world:
        backup = asyncio.ensure_future(back_up_meanwhile())
        await asyncio.gather(backup, *(write(world, f"{number}.txt") for number in range(3)))
        last = {name: len(await world.contents.history.list(WONDER, name)) for name in acknowledged}

    other = await elsewhere("sqlite")
    await restore(other.database, other.blobs, other.home, file)

    there, here = await hashes(other), await hashes(place)
    assert there.items() <= here.items()  # saves went on
    assert len(there) < len(here)
    async with running(other.world) as world:
        for name, data in before.items():
            history = await world.contents.history.list(WONDER, name)
            assert hashlib.sha256(data).hexdigest() in {one.blob for one in history}
            assert 0 < len(history) <= last[name]


async def test_a_backup_is_private_and_replaces_no_file(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    await back_up(place.database, place.blobs, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_bytes()

    with pytest.raises(Conflict):
        await back_up(place.database, place.blobs, file)

    assert file.read_bytes() == before
    assert sorted(one.name for one in tmp_path.iterdir() if one.is_file()) == ["backup"]


async def test_kernels_and_their_keys_stay_on_their_machine(
    place: Place, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    sandbox = Sandbox(
        id=SandboxId("s1"),
        project_id=WONDER,
        state=SandboxState.RUNNING,
        limits=Limits(),
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    key = b"a key that nobody else may have"
    launch = KernelLaunch(
        kernel_id=KernelId("k1"), kernel_name="python3", owner_id=ALICE.id, key=key
    )
    repository = SqlSandboxRepository(place.database)
    await repository.save(sandbox)
    await repository.save_kernel(
        KernelRecord(
            sandbox_id=sandbox.id, launch=launch, socket_name="k0", generation=1, oom_kills=0
        )
    )
    file = tmp_path / "backup"

    manifest = await back_up(place.database, place.blobs, file)
    other = await elsewhere("sqlite")
    await restore(other.database, other.blobs, other.home, file)

    with ZipFile(file) as archive:
        assert not [name for name in archive.namelist() if key in archive.read(name)]
    assert manifest.tables["sandbox_kernels"].rows == 0
    restored = SqlSandboxRepository(other.database)
    assert await restored.kernels() == []
    assert await restored.unended() == [sandbox]


async def test_bytes_that_are_gone_or_damaged_are_named_and_all_else_is_kept(
    place: Place, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    async with running(place.world) as world:
        await save_some(world)
    gone, damaged = (hashlib.sha256(data).hexdigest() for data in (b"first", b"second"))
    (place.home.blobs / WONDER / gone[:2] / gone).unlink()
    (place.home.blobs / WONDER / damaged[:2] / damaged).write_bytes(b"wrong")

    manifest = await back_up(place.database, place.blobs, tmp_path / "backup")

    assert set(manifest.missing) == {f"blobs/{WONDER}/{gone}", f"blobs/{WONDER}/{damaged}"}
    other = await elsewhere("sqlite")
    await restore(other.database, other.blobs, other.home, tmp_path / "backup")
    assert await rows(other.database) == await rows(place.database)


class Dropping(FolderBlobStore):
    """A store from which, once somebody looks, an old revision and its bytes are dropped."""

    def __init__(self, place: Place, blob: str) -> None:
        super().__init__(place.home.blobs)
        self._place = place
        self._blob = blob

    async def exists(self, project_id: ProjectId, blob: BlobHash) -> bool:
        if blob == self._blob:
            old = delete(contents.revisions).where(contents.revisions.c.blob == blob)
            async with self._place.database.transaction() as connection:
                await connection.execute(old)
            await self.delete(project_id, blob)
        return await super().exists(project_id, blob)


async def test_bytes_that_are_dropped_with_their_revision_meanwhile_are_not_missed(
    place: Place, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    async with running(place.world) as world:
        await save_some(world)
    first = hashlib.sha256(b"first").hexdigest()

    manifest = await back_up(place.database, Dropping(place, first), tmp_path / "backup")

    assert manifest.missing == ()
    other = await elsewhere("sqlite")
    await restore(other.database, other.blobs, other.home, tmp_path / "backup")
    assert await hashes(other) == await hashes(place)
    assert first not in (await hashes(other)).values()


async def test_an_installation_that_is_not_empty_is_left_alone(
    place: Place, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    file = tmp_path / "backup"
    await back_up(place.database, place.blobs, file)
    before = await rows(place.database)
    with pytest.raises(Conflict, match="not empty"):
        await restore(place.database, place.blobs, place.home, file)
    assert await rows(place.database) == before

    other = await elsewhere("sqlite")
    (other.home.volumes / "project").mkdir()
    with pytest.raises(Conflict, match="not empty"):
        await restore(other.database, other.blobs, other.home, file)


def changed(source: Path, target: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    """Write an archive with members as ``change`` leaves them."""
    with ZipFile(source) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with ZipFile(target, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def with_hashes(members: dict[str, bytes], **more: object) -> None:
    """Make the manifest say what is there."""
    manifest = json.loads(members.pop("manifest.json"))
    manifest["members"] = {
        name: {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
        for name, data in members.items()
    }
    members["manifest.json"] = json.dumps(manifest | more).encode()


def flip(members: dict[str, bytes], start: str) -> str:
    """Change a byte of the first member whose name begins so, and return the name."""
    name = next(name for name in sorted(members) if name.startswith(start) and members[name])
    members[name] = bytes([members[name][0] ^ 1]) + members[name][1:]
    return name


def wrong_byte_in_a_blob(members: dict[str, bytes]) -> None:
    flip(members, "blobs/")


def wrong_byte_in_a_table(members: dict[str, bytes]) -> None:
    flip(members, "tables/users")


def a_blob_less(members: dict[str, bytes]) -> None:
    del members[next(name for name in members if name.startswith("blobs/"))]


def a_blob_that_nobody_misses(members: dict[str, bytes]) -> None:
    a_blob_less(members)
    with_hashes(members)


def other_bytes_with_a_right_hash(members: dict[str, bytes]) -> None:
    flip(members, "blobs/")
    with_hashes(members)


def a_member_outside(members: dict[str, bytes]) -> None:
    members["blobs/../../planted"] = b"x"
    with_hashes(members)


def rows_that_refer_to_nothing(members: dict[str, bytes]) -> None:
    members["tables/users.jsonl"] = b""
    manifest = json.loads(members["manifest.json"])
    manifest["tables"]["users"]["rows"] = 0
    with_hashes(members, tables=manifest["tables"])


def a_newer_version(members: dict[str, bytes]) -> None:
    with_hashes(members, revision="9999")


def a_newer_format(members: dict[str, bytes]) -> None:
    with_hashes(members, format=2)


def no_manifest(members: dict[str, bytes]) -> None:
    del members["manifest.json"]


@pytest.fixture(scope="module")
async def good(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive that is whole."""
    folder = tmp_path_factory.mktemp("good")
    home = Home(folder / "here")
    home.create()
    async with databases.open("sqlite", home.root, populate) as database:
        place = Place(database=database, home=home)
        async with running(place.world) as world:
            await save_some(world)
        await back_up(place.database, place.blobs, folder / "backup")
    return folder / "backup"


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (wrong_byte_in_a_blob, "sqlite"),
        (wrong_byte_in_a_table, "sqlite"),
        (a_blob_less, "sqlite"),
        (a_blob_that_nobody_misses, "sqlite"),
        (a_blob_that_nobody_misses, "postgres"),
        (other_bytes_with_a_right_hash, "sqlite"),
        (a_member_outside, "sqlite"),
        (rows_that_refer_to_nothing, "sqlite"),
        (rows_that_refer_to_nothing, "postgres"),
        (a_newer_version, "sqlite"),
        (a_newer_format, "sqlite"),
        (no_manifest, "sqlite"),
    ],
)
async def test_an_archive_that_is_not_whole_is_refused_and_leaves_no_row(
    change: Callable[[dict[str, bytes]], None],
    kind: str,
    good: Path,
    elsewhere: Elsewhere,
    tmp_path: Path,
) -> None:
    bad = tmp_path / "bad"
    changed(good, bad, change)
    other = await elsewhere(kind)

    with pytest.raises(InvalidContent):
        await restore(other.database, other.blobs, other.home, bad)

    assert not any((await rows(other.database)).values())
    assert not list(tmp_path.rglob("planted"))
    await restore(other.database, other.blobs, other.home, good)
    assert await is_current(other.database)


async def test_any_other_file_is_no_backup(elsewhere: Elsewhere, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"PK\x03\x04 not really")
    other = await elsewhere("sqlite")
    with pytest.raises(InvalidContent, match="not a backup"):
        await restore(other.database, other.blobs, other.home, file)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_backup_of_an_earlier_version_is_brought_to_this_one(
    place: Place, elsewhere: Elsewhere, kind: str, tmp_path: Path
) -> None:
    oldest, file, old = revisions()[0], tmp_path / "backup", tmp_path / "old"
    async with running(place.world) as world:
        await save_some(world)
    await back_up(place.database, place.blobs, file)
    earlier = await elsewhere("sqlite", _nothing)
    async with earlier.database.transaction() as connection:
        await connection.run_sync(bring_to, oldest)
        tables = (
            await connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'"))
        ).scalars()
        kept = set(tables)
        known = {
            table: [
                row.name for row in await connection.execute(text(f"PRAGMA table_info({table})"))
            ]
            for table in kept
        }

    changed(file, old, lambda members: _age(members, known, oldest))
    other = await elsewhere(kind)
    await restore(other.database, other.blobs, other.home, old)

    assert await is_current(other.database)
    before, after = await rows(place.database), await rows(other.database)
    assert after["users"] == before["users"]
    assert len(after["revisions"]) == len(before["revisions"])


def _age(members: dict[str, bytes], known: dict[str, list[str]], revision: str) -> None:
    """Leave of an archive what a version knew: its tables and their columns."""
    tables = json.loads(members["manifest.json"])["tables"]
    for table, shape in list(tables.items()):
        name = f"tables/{table}.jsonl"
        if table not in known:
            del tables[table], members[name]
            continue
        places = [shape["columns"].index(column) for column in known[table]]
        lines = [json.loads(line) for line in members[name].splitlines()]
        aged = [json.dumps([line[place] for place in places]) for line in lines]
        members[name] = "".join(f"{line}\n" for line in aged).encode()
        shape["columns"] = known[table]
    with_hashes(members, tables=tables, revision=revision)


async def _nothing(database: Database) -> None:
    async with database.read() as connection:
        await connection.execute(text("SELECT 1"))
