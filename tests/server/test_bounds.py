"""What a request may carry, and how much of the server one user may keep busy."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from tornado.httputil import HTTPConnection, HTTPHeaders, HTTPServerRequest, RequestStartLine
from tornado.web import Application, RequestHandler

from platform_extensions.edge import UNBOUNDED, BodyLimits
from platform_extensions.load import Load
from platform_extensions.routing import SMALL_BODY, Route
from platform_server.errors import TooManyRequests
from platform_server.identity.model import Principal, Role, SessionId, UserId

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx

    from platform_server.testing.serving import Person, Server

MEBIBYTE = 1 << 20


async def test_a_body_larger_than_its_route_takes_is_refused_with_a_reason(alice: Person) -> None:
    answer = await alice.http.put(
        "/lab/api/workspaces/default", content=b" " * (MEBIBYTE + 1), headers={"Expect": ""}
    )
    assert answer.status_code == 413
    assert answer.json()["reason"] == "too_large"
    assert str(256 * 1024) in answer.json()["message"]


async def test_a_refused_body_leaves_the_connection_usable(alice: Person) -> None:
    await alice.http.put("/lab/api/workspaces/default", content=b" " * (2 * MEBIBYTE))
    assert (await alice.http.get("/api/me")).status_code == 200


async def test_a_chunked_body_is_bounded_too(alice: Person) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield b" " * (64 * 1024)

    answer = await alice.http.post("/api/projects/", content=pieces())
    assert answer.status_code == 413
    assert answer.json()["reason"] == "too_large"


async def test_a_large_file_comes_in_through_the_contents_api(alice: Person) -> None:
    await alice.project("bounds")
    body = {"type": "file", "format": "text", "content": "x" * (5 * MEBIBYTE)}
    answer = await alice.http.put("/api/contents/bounds/large.txt", json=body)
    assert answer.status_code == 201, answer.text
    assert answer.json()["size"] == 5 * MEBIBYTE


async def test_nothing_of_a_large_body_is_read_for_a_stranger(server: Server) -> None:
    address = urlsplit(server.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(
        b"PUT /api/contents/bounds/x HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        b"Content-Type: application/json\r\nContent-Length: 90000000\r\n\r\n"
    )
    await writer.drain()
    status = await reader.readline()  # answered although no byte of the body was sent
    writer.close()
    assert b" 401 " in status


async def test_the_answer_says_not_how_the_server_is_made(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.get("/api")
    assert answer.headers["Server"] == "platform"


class _Handler(RequestHandler):
    pass


ALICE = Principal(
    id=UserId("alice"), email="", name="", role=Role.LEARNER, credential=SessionId("s")
)
BOB = Principal(id=UserId("bob"), email="", name="", role=Role.LEARNER, credential=SessionId("t"))


class _Connection(HTTPConnection):
    """What a handler asks of its connection when it is made."""

    context = None

    def set_close_callback(self, _callback: object) -> None:
        """Nothing closes here."""


def _request() -> _Handler:
    request = HTTPServerRequest(
        start_line=RequestStartLine("GET", "/", "HTTP/1.1"),
        headers=HTTPHeaders({"Host": "localhost"}),
        connection=_Connection(),
    )
    return _Handler(Application(), request)


def test_one_user_has_only_so_many_requests_answered_at_once() -> None:
    load = Load(requests_per_user=2)
    first, second = _request(), _request()
    load.admit(ALICE, first)
    load.admit(ALICE, second)
    with pytest.raises(TooManyRequests):
        load.admit(ALICE, _request())
    load.admit(BOB, _request())


def test_an_answered_request_makes_room() -> None:
    load = Load(requests_per_user=1)
    first = _request()
    load.admit(ALICE, first)
    first._finished = True
    load.admit(ALICE, _request())


def test_the_memory_for_bodies_is_bounded_by_user_and_in_all() -> None:
    load = Load(memory_per_user=10, memory=15)
    kept = [_request() for _ in range(4)]
    load.reserve(ALICE, kept[0], 10)
    with pytest.raises(TooManyRequests, match="You are sending"):
        load.reserve(ALICE, kept[1], 1)
    load.reserve(BOB, kept[2], 5)
    with pytest.raises(TooManyRequests, match="Everybody"):
        load.reserve(BOB, kept[3], 1)


def test_limits_follow_the_route_and_the_base_url() -> None:
    routes = [
        Route(r"/small", _Handler, None),
        Route(r"/large/(.+)", _Handler, None, max_body=5),
        Route(r"/stream", _Handler, None, max_body=None),
    ]
    limits = BodyLimits(routes, "/platform/")
    assert limits.limit("/platform/small") == SMALL_BODY
    assert limits.limit("/platform/large/one") == 5
    assert limits.limit("/platform/stream") == UNBOUNDED
    assert limits.limit("/platform/unknown") == SMALL_BODY
