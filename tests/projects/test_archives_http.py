"""Folders as zip files over HTTP: out as they are, and in, all or nothing."""

from __future__ import annotations

import io
import stat
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from platform_server.clock import new_id
from platform_server.testing.places import Place, refused

if TYPE_CHECKING:
    import httpx

    from platform_server.testing.serving import Person

Members = dict[str, bytes]


@pytest.fixture
async def place(alice: Person) -> Place:
    name = f"archive {new_id()}"
    await alice.project(name)
    return Place(alice, name)


@pytest.fixture
async def url(alice: Person, place: Place) -> str:
    return f"/api/projects/{(await alice.project(place.name))['id']}"


def packed(members: Members) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return sink.getvalue()


def with_info(data: bytes = b"x", **values: Any) -> bytes:
    """Return a zip file with a good file and one that has unusual properties."""
    info = zipfile.ZipInfo("odd")
    for name, value in values.items():
        setattr(info, name, value)
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("good.txt", b"good")
        archive.writestr(info, data)
    return sink.getvalue()


def with_flag(data: bytes, flag: int) -> bytes:
    """Set a flag in all headers."""
    for mark, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        start = data.find(mark)
        while start >= 0:
            data = data[: start + offset] + bytes([flag]) + data[start + offset + 1 :]
            start = data.find(mark, start + 4)
    return data


def overlapping() -> bytes:
    """Return a zip file whose two members are the same bytes."""
    data = bytearray(packed({"a": b"x" * 1000, "b": b"x" * 1000}))
    second = data.rfind(b"PK\1\2")
    data[second + 42 : second + 46] = (0).to_bytes(4, "little")
    return bytes(data)


def damaged() -> bytes:
    data = bytearray(packed({"good.txt": b"good", "bad.txt": b"bad" * 100}))
    data[data.rfind(b"PK\3\4") + 40] ^= 0xFF
    return bytes(data)


def lying() -> bytes:
    """Return a zip file whose member is said to be smaller than it is."""
    data = bytearray(packed({"good.txt": b"good", "a.txt": b"x" * 5000}))
    for mark, offset in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
        start = data.rfind(mark)
        data[start + offset : start + offset + 4] = (10).to_bytes(4, "little")
    return bytes(data)


async def send(person: Person, url: str, data: bytes, query: str = "") -> httpx.Response:
    return await person.http.post(f"{url}/import{query}", content=data)


async def fetch(person: Person, url: str, query: str = "") -> Members:
    answer = await person.http.get(f"{url}/archive{query}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


async def test_what_goes_out_comes_in_again(alice: Person, url: str) -> None:
    files = {
        "été 1 %#.txt": "café".encode(),
        "empty.txt": b"",
        "sub/deep/data.bin": bytes(range(256)) * 5000,
        "big.gz": b"\x1f\x8b" + b"z" * 3_000_000,
    }
    done = await send(alice, url, packed(files | {"nothing/": b""}))
    other = await alice.project(f"copy {new_id()}")
    again = f"/api/projects/{other['id']}"

    fetched = await fetch(alice, url)
    answer = await alice.http.get(f"{url}/archive")
    copied = await send(alice, again, answer.content)

    assert (done.status_code, done.json()["files"]) == (201, 4)
    assert fetched == files | {"nothing/": b"", "sub/": b"", "sub/deep/": b""}
    assert copied.status_code == 201, copied.text
    assert await fetch(alice, again) == fetched


async def test_a_folder_goes_out_alone_and_comes_in_anywhere(
    alice: Person, place: Place, url: str
) -> None:
    await send(alice, url, packed({"a/b/one.txt": b"1", "two.txt": b"2"}), "?path=up/here")
    assert await fetch(alice, url, "?path=up/here/a") == {"b/": b"", "b/one.txt": b"1"}
    assert await place.names("up/here") == ["a", "two.txt"]
    name = (await alice.http.get(f"{url}/archive?path=up/here")).headers["Content-Disposition"]
    assert name == "attachment; filename*=UTF-8''here.zip"


async def test_of_a_file_or_nothing_there_is_no_archive(alice: Person, url: str) -> None:
    await alice.http.put(f"{url}/files/a.txt", content=b"tea")
    assert refused(await alice.http.get(f"{url}/archive?path=a.txt"), 409, "wrong_kind")
    assert refused(await alice.http.get(f"{url}/archive?path=none"), 404, "file_not_found")


async def test_an_empty_project_is_an_empty_archive(alice: Person, url: str) -> None:
    assert await fetch(alice, url) == {}


@pytest.mark.parametrize(
    ("what", "data", "status"),
    [
        ("no zip file", b"hello", 400),
        ("nothing", b"", 400),
        ("a slip", packed({"good.txt": b"x", "../slip.txt": b"x"}), 400),
        ("a slip in the middle", packed({"good.txt": b"x", "a/../../slip.txt": b"x"}), 400),
        ("an absolute name", packed({"good.txt": b"x", "/etc/passwd": b"x"}), 400),
        ("a backslash", with_info(filename="..\\slip.txt", orig_filename="..\\slip.txt"), 400),
        ("a dot", packed({"good.txt": b"x", "./a": b"x"}), 400),
        ("an empty segment", packed({"good.txt": b"x", "a//b": b"x"}), 400),
        ("a control character", packed({"good.txt": b"x", "a\nb": b"x"}), 400),
        ("a long name", packed({"good.txt": b"x", "é" * 200: b"x"}), 400),
        ("a deep name", packed({"good.txt": b"x", "a/" * 70 + "b": b"x"}), 400),
        ("a link", with_info(b"/etc/passwd", external_attr=(stat.S_IFLNK | 0o777) << 16), 400),
        ("a device", with_info(external_attr=(stat.S_IFCHR | 0o666) << 16), 400),
        ("a pipe", with_info(external_attr=(stat.S_IFIFO | 0o666) << 16), 400),
        ("a socket", with_info(external_attr=(stat.S_IFSOCK | 0o666) << 16), 400),
        ("case", packed({"good.txt": b"x", "Good.TXT": b"y"}), 400),
        ("case of a folder", packed({"Data/a": b"x", "data/b": b"y"}), 400),
        ("composed twice", packed({"e\u0301": b"x", "\u00e9": b"y"}), 400),
        ("file and folder", packed({"a": b"x", "a/b": b"y"}), 400),
        ("encrypted", with_flag(packed({"good.txt": b"x"}), 1), 400),
        ("another method", with_info(compress_type=zipfile.ZIP_LZMA), 400),
        ("overlapping", overlapping(), 400),
        ("damaged", damaged(), 400),
        ("lying", lying(), 400),
        ("cut off", packed({"good.txt": b"x" * 1000})[:-30], 400),
        ("a bomb", packed({"good.txt": b"x", "bomb": bytes(64 * 2**20)}), 413),
        ("many", packed({f"{one}": b"" for one in range(50_001)}), 413),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_must_not_come_in_leaves_nothing_behind(
    place: Place, url: str, what: str, data: bytes, status: int
) -> None:
    answer = await send(place.person, url, data)
    assert answer.status_code == status, (what, answer.text)
    assert answer.json()["reason"] in {"invalid_content", "invalid_path", "too_large"}
    assert await place.names() == []
    assert (await place.person.http.get(f"{url}/history")).json()["revisions"] == []


async def test_two_files_of_one_name_are_refused(alice: Person, place: Place, url: str) -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("a.txt", b"1")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a.txt", b"2")
    assert refused(await send(alice, url, sink.getvalue()), 400, "invalid_content")
    assert await place.names() == []


async def test_what_is_there_is_replaced_only_if_one_says_so(
    alice: Person, place: Place, url: str
) -> None:
    await alice.http.put(f"{url}/files/sub/a.txt", content=b"mine")
    await alice.http.put(f"{url}/files/sub/same.txt", content=b"same")
    data = packed({"sub/a.txt": b"thei", "sub/same.txt": b"same", "sub/new.txt": b"new"})

    refusal = await send(alice, url, data)
    assert refused(refusal, 409, "name_taken")
    assert await place.names("sub") == ["a.txt", "same.txt"]
    done = await send(alice, url, data, "?replace=1")

    assert done.json() == {"files": 2, "unchanged": 1, "bytes": 7}
    assert (await place.get("sub/a.txt"))["content"] == "thei"
    lines = (await alice.http.get(f"{url}/history?path=sub/a.txt")).json()["revisions"]
    assert [one["origin"] for one in lines] == ["import", "api"]


@pytest.mark.parametrize("name", ["a/b", "a.txt/b", "sub"])
async def test_files_and_folders_do_not_take_each_others_place(
    alice: Person, place: Place, url: str, name: str
) -> None:
    for path in ("a", "a.txt", "sub/x"):
        await alice.http.put(f"{url}/files/{path}", content=b"mine")
    answer = await send(alice, url, packed({"0": b"", name: b"x"}), "?replace=1")
    assert refused(answer, 409, "wrong_kind")
    assert await place.names() == ["a", "a.txt", "sub"]


async def test_what_came_in_is_there_for_code(alice: Person, place: Place, url: str) -> None:
    await send(alice, url, packed({"sub/a.py": b"print(6 * 7)", "empty/": b""}))
    project = await alice.project(place.name)
    box = (await alice.http.post("/api/containers/", json={"project": project["id"]})).json()["id"]
    command = {"command": "python3 sub/a.py && ls -d empty"}
    done = await alice.http.post(f"/api/containers/{box}/execute", json=command)
    assert done.json()["stdout"].split() == ["42", "empty"]
    await alice.http.delete(f"/api/containers/{box}")


async def test_who_is_refused_knows_that_the_connection_ends(bob: Person, url: str) -> None:
    for data in (b"", b"x" * 100_000):
        answer = await send(bob, url, data)
        assert refused(answer, 404, "project_not_found")
        assert answer.headers["Connection"] == "close"
