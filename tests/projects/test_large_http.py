"""Large files and quotas over HTTP: whatever goes through, the server's memory stays as it is."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from platform_server.clock import new_id
from platform_server.identity.model import Role
from platform_server.testing.places import refused
from platform_server.testing.serving import Person, Server, join

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

MIB = 2**20
SIZE = 96  # MiB of what goes through
ROOM = 64  # MiB by which its memory may grow meanwhile: 2 GB took no more
SEED = b"0123456789abcdef" * (MIB // 16)


def piece(number: int) -> bytes:
    """Return a mebibyte unlike any other."""
    return number.to_bytes(8, "big") + SEED[8:]


async def pieces(count: int) -> AsyncIterator[bytes]:
    for number in range(count):
        yield piece(number)


class Memory:
    """The most memory that a server has had since this was made."""

    def __init__(self, server: Server) -> None:
        self._folder = Path(f"/proc/{server.process.pid}")
        (self._folder / "clear_refs").write_text("5")
        self._before = self._most()

    def _most(self) -> int:
        lines = (self._folder / "status").read_text().splitlines()
        line = next(one for one in lines if one.startswith("VmHWM"))
        return int(line.split()[1]) // 1024

    def grown(self) -> int:
        """Return by how many MiB."""
        return self._most() - self._before


@pytest.fixture
async def url(alice: Person) -> str:
    return f"/api/projects/{(await alice.project(f'large {new_id()}'))['id']}"


async def test_a_large_file_comes_and_goes_with_flat_memory(
    alice: Person, server: Server, url: str
) -> None:
    await alice.http.put(f"{url}/files/small", content=b"x")
    memory = Memory(server)
    digest = sha256()
    for number in range(SIZE):
        digest.update(piece(number))

    sent = await alice.http.put(f"{url}/files/large.bin", content=pieces(SIZE))
    assert sent.status_code == 201, sent.text
    assert sent.json()["sha256"] == digest.hexdigest()
    came = sha256()
    async with alice.http.stream("GET", f"{url}/files/large.bin") as answer:
        async for some in answer.aiter_bytes():
            came.update(some)
    last = await alice.http.get(f"{url}/files/large.bin", headers={"Range": f"bytes=-{MIB}"})

    assert came.hexdigest() == digest.hexdigest()
    assert (last.status_code, last.content) == (206, piece(SIZE - 1))
    assert memory.grown() < ROOM


async def test_a_large_folder_is_packed_with_flat_memory(
    alice: Person, server: Server, url: str
) -> None:
    for name in ("a.bin", "b.bin"):
        await alice.http.put(f"{url}/files/sub/{name}", content=pieces(SIZE // 3))
    memory = Memory(server)
    sink = io.BytesIO()
    async with alice.http.stream("GET", f"{url}/archive") as answer:
        async for some in answer.aiter_bytes():
            sink.write(some)

    with zipfile.ZipFile(sink) as archive:
        assert archive.testzip() is None
        assert {one.file_size for one in archive.infolist()} == {0, SIZE // 3 * MIB}
    assert memory.grown() < ROOM


async def test_a_large_zip_file_is_unpacked_with_flat_memory(
    alice: Person, server: Server, url: str
) -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive, archive.open("large.bin", "w") as member:
        for number in range(SIZE // 2):
            member.write(piece(number))
    memory = Memory(server)

    done = await alice.http.post(f"{url}/import", content=sink.getvalue())

    assert done.status_code == 201, done.text
    assert done.json()["bytes"] == SIZE // 2 * MIB
    assert memory.grown() < ROOM


async def test_a_file_uploaded_in_pieces_takes_flat_memory(
    alice: Person, server: Server, url: str
) -> None:
    project = (await alice.http.get(url)).json()
    memory = Memory(server)
    count = 24
    for number in range(1, count + 1):
        data = piece(number) * 4
        model = {
            "type": "file",
            "format": "base64",
            "content": base64.b64encode(data).decode(),
            "chunk": number if number < count else -1,
        }
        path = f"/api/contents/{project['label']}/large.bin"
        answer = await alice.http.put(path, content=json.dumps(model))
        assert answer.status_code in {200, 201}, answer.text

    entry = await alice.http.head(f"{url}/files/large.bin")
    assert int(entry.headers["Content-Length"]) == count * 4 * MIB
    assert memory.grown() < ROOM


@pytest.fixture(scope="module")
async def small(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Person]:
    """Somebody on a server whose projects may have one megabyte and five files."""
    home: Path = tmp_path_factory.mktemp("small") / "home"
    options = ("--PlatformApp.project_mb=1", "--PlatformApp.project_files=5")
    async with Server.start(home, *options) as server:
        person = await join(server, "carol", Role.LEARNER)
        yield person
        await person.aclose()


async def test_a_project_shows_what_it_uses_and_may_use(small: Person) -> None:
    url = f"/api/projects/{(await small.project('shown'))['id']}"
    await small.http.put(f"{url}/files/sub/a", content=b"x" * 1000)
    usage = (await small.http.get(url)).json()["usage"]
    assert usage == {
        "bytes": 1000,
        "files": 1,
        "limits": {"bytes": MIB, "files": 5},
        "not_kept": {"files": 0, "bytes": 0, "paths": []},
    }


async def test_a_full_project_refuses_more_and_can_be_used(small: Person) -> None:
    project = await small.project("full")
    url = f"/api/projects/{project['id']}"
    assert (await small.http.put(f"{url}/files/a", content=b"x" * MIB)).status_code == 201
    model = {"type": "file", "format": "text", "content": "x"}
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("b", b"x")

    refusals = [
        await small.http.put(f"{url}/files/b", content=b"x"),
        await small.http.put(f"{url}/files/b", content=pieces(3)),
        await small.http.put(f"/api/contents/{project['label']}/b", json=model),
        await small.http.post(f"{url}/import", content=sink.getvalue()),
    ]

    assert all(refused(one, 507, "quota_exceeded") for one in refusals)
    assert len((await small.http.get(f"{url}/files/a")).content) == MIB
    listed = (await small.http.get(f"/api/contents/{project['label']}")).json()["content"]
    assert [one["name"] for one in listed] == ["a"]
    assert (await small.http.put(f"{url}/files/a", content=b"less")).status_code == 200
    assert (await small.http.put(f"{url}/files/b", content=b"x")).status_code == 201
    assert (await small.http.delete(f"{url}/files/a")).status_code == 204


async def test_what_code_writes_over_the_quota_is_told(small: Person) -> None:
    project = await small.project("code")
    url = f"/api/projects/{project['id']}"
    started = await small.http.post("/api/containers/", json={"project": project["id"]})
    box = started.json()["id"]
    command = {"command": "head -c 3000000 /dev/zero > large; echo small > small"}
    await small.http.post(f"/api/containers/{box}/execute", json=command)
    await small.http.get(f"/api/contents/{project['label']}")

    usage = (await small.http.get(url)).json()["usage"]
    assert usage["not_kept"] == {"files": 1, "bytes": 3_000_000, "paths": ["large"]}
    assert len((await small.http.get(f"{url}/files/large")).content) == 3_000_000
    assert (await small.http.delete(f"{url}/files/large")).status_code == 204
    usage = (await small.http.get(url)).json()["usage"]
    assert (usage["not_kept"]["files"], usage["files"]) == (0, 1)
    await small.http.delete(f"/api/containers/{box}")
