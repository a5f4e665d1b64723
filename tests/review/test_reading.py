"""Many readers of one large file: what it costs the server."""

from __future__ import annotations

import random
import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from sqlalchemy import event

from platform_server.clock import new_id
from platform_server.review import viewer
from platform_server.testing.processes import resident_bytes

from .conftest import RITA

if TYPE_CHECKING:
    from platform_server.testing.serving import Person, Server

    from .conftest import Desk

PICTURE = random.Random(5).randbytes(4 << 20)
LARGEST = random.Random(6).randbytes(viewer.LARGEST)  # that is shown
READERS = 20  # of each form
FEW = 6
_WINDOW = 4096  # bytes that a reader takes in before it looks at them


@pytest.fixture
async def url(alice: Person) -> str:
    """The address of a submission with a large picture."""
    return await submitted(alice, PICTURE)


async def submitted(alice: Person, picture: bytes) -> str:
    project = (await alice.project(f"readers {new_id()}"))["id"]
    saved = await alice.http.put(f"/api/projects/{project}/files/large.png", content=picture)
    assert saved.status_code == 201, saved.text
    made = await alice.http.post(f"/api/projects/{project}/submissions", json={})
    assert made.status_code == 201, made.text
    return f"/api/submissions/{made.json()['id']}"


def slow_reader(server: Server, person: Person, path: str) -> socket.socket:
    """Ask for something, and read no more than the first bytes of the answer."""
    address = urlsplit(server.url)
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _WINDOW)
    reader.connect((address.hostname, address.port))
    request = f"GET {path} HTTP/1.1\r\nHost: {address.netloc}\r\n"
    reader.sendall(f"{request}Authorization: Bearer {person.token}\r\n\r\n".encode())
    assert reader.recv(_WINDOW).startswith(b"HTTP/1.1 200 ")
    return reader


async def test_slow_readers_of_a_large_file_share_one_copy_of_it(
    server: Server, reviewer: Person, url: str
) -> None:
    paths = [f"{url}/{form}/large.png" for form in ("parts", "view")]
    for path in paths:
        assert len((await reviewer.http.get(path)).content) > len(PICTURE)
    with ExitStack() as stack:
        before = resident_bytes(server.process.pid)
        for path in paths * READERS:
            stack.enter_context(slow_reader(server, reviewer, path))
        grown = resident_bytes(server.process.pid) - before
    assert grown < READERS * len(PICTURE) / 2  # half of what copies for either form would take


async def test_slow_readers_of_the_largest_picture_share_one_copy_of_it(
    server: Server, alice: Person, reviewer: Person
) -> None:
    path = f"{await submitted(alice, LARGEST)}/view/large.png"
    assert len((await reviewer.http.get(path)).content) > len(LARGEST)
    with ExitStack() as stack:
        before = resident_bytes(server.process.pid)
        for _ in range(FEW):
            stack.enter_context(slow_reader(server, reviewer, path))
        grown = resident_bytes(server.process.pid) - before
    assert grown < FEW * len(LARGEST) / 2


@pytest.mark.parametrize("form", ["parts", "view"])
@pytest.mark.parametrize(
    ("accepted", "coding"),
    [("gzip, deflate, br", "br"), ("gzip, br;q=0", "gzip"), ("identity", None)],
)
async def test_a_file_comes_packed_as_its_reader_can_unpack_it(
    reviewer: Person, url: str, form: str, accepted: str, coding: str | None
) -> None:
    path, accepts = f"{url}/{form}/large.png", {"Accept-Encoding": accepted}
    plain = await reviewer.http.get(path, headers={"Accept-Encoding": "identity"})
    packed = await reviewer.http.get(path, headers=accepts)
    assert packed.headers.get("Content-Encoding") == coding
    assert packed.content == plain.content
    sent = int(packed.headers["Content-Length"])
    assert sent < 0.8 * len(plain.content) if coding else sent == len(plain.content)
    told, others = (set(one.headers.items()) for one in (plain, packed))
    assert {name for name, _ in told ^ others} <= {"content-encoding", "content-length", "date"}
    assert packed.headers["Vary"] == "Accept-Encoding"
    known = accepts | {"If-None-Match": packed.headers["ETag"]}
    assert (await reviewer.http.get(path, headers=known)).status_code == 304


async def test_a_packed_file_has_nothing_in_it_of_whoever_asks(
    alice: Person, reviewer: Person, bob: Person, url: str
) -> None:
    for form in ("parts", "view"):
        path = f"{url}/{form}/large.png"
        ours, theirs = [
            await one.http.get(f"{path}?round=1&x={one.user.id}") for one in (alice, reviewer)
        ]
        assert ours.content == theirs.content
        assert ours.headers["Content-Length"] == theirs.headers["Content-Length"]
        known = {"If-None-Match": ours.headers["ETag"]}
        for headers in ({}, known):  # what is kept for others is not there for him
            assert (await bob.http.get(path, headers=headers)).status_code == 404


async def test_a_submission_is_looked_up_with_two_connections(desk: Desk) -> None:
    await desk.write("a.py", b"x = 1\n")
    submission = (await desk.submit()).submission.id
    used: list[object] = []
    event.listen(desk.database.engine.sync_engine, "engine_connect", used.append)
    await desk.submissions.get(RITA, submission)
    assert len(used) == 2  # the submission with all about it, and what the project lets her do
