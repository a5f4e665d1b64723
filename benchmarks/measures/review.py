"""A submission with a notebook of five megabytes: opened by one reader, and by 200 at once.

A stock server has no reviews: there, the readers load the same notebook over the contents API. All
accept packed answers, as browsers do. What comes is counted and dropped: on one machine, a client
that kept it would be measured as well. Only the first reader of an answer keeps and unpacks it; as
long as that takes is added to the time of each, who has a machine of their own for it.
"""

from __future__ import annotations

import asyncio
import base64
import gzip
import random
import re
import socket
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

import brotli  # type: ignore[import-untyped]  # its authors ship no types

from benchmarks.measures.notebooks import notebook
from benchmarks.rounds import Goal, Measure, p95

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping, Sequence

    from benchmarks.target import Target

READERS = 200
_SOON = 10.0  # seconds
_HEAD = 1 << 16  # bytes of an answer that are read first
_DROPPED = bytearray(1 << 20)  # where bytes go that nobody looks at
_ACCEPTED = "gzip, deflate, br"
_UNPACK: Mapping[bytes, Callable[[bytes], bytes]] = {
    b"br": brotli.decompress,
    b"gzip": gzip.decompress,
}
_TRIES = 5  # of unpacking, to tell how long it takes
_NAME = "large.ipynb"
_PICTURES = 40
_PICTURE_BYTES = 90_000  # 5 MB in all, once they are in base64


def large_notebook() -> dict[str, Any]:
    """Return a notebook of about five megabytes, most of it pictures."""
    chance = random.Random(5)
    content = notebook(0)
    for cell in content["cells"][:_PICTURES]:
        image = base64.b64encode(chance.randbytes(_PICTURE_BYTES)).decode()
        data = {"image/png": image, "text/plain": "<Figure>"}
        cell["outputs"].append({"output_type": "display_data", "data": data, "metadata": {}})
    return content


async def _saved(target: Target) -> None:
    body = {"type": "notebook", "format": "json", "content": large_notebook()}
    await target.call("PUT", target.contents(_NAME), body)


async def _submitted(target: Target) -> list[str]:
    """Submit the notebook; returns what a page asks for that opens the submission."""
    await _saved(target)
    projects = await target.call("GET", "/api/projects/")
    project = next(one["id"] for one in projects if one["name"] == target.folder)
    known = await target.call("GET", "/api/submissions/?own=1")
    made = known[0] if known else None
    if made is None:
        made = await target.call("POST", f"/api/projects/{project}/submissions", {})
    url = f"/api/submissions/{made['id']}"
    return [url, f"{url}/files", f"{url}/comments", f"{url}/parts/{_NAME}"]


class _Readers:
    """People who open the same thing, each on a connection of their own."""

    def __init__(self, target: Target, addresses: Sequence[str]) -> None:
        self._target = target
        self._addresses = addresses
        self._unpacking: dict[tuple[str, bytes, int], float] = {}  # ms, by answer as it was sent

    async def open(self) -> float:
        """Read all of it; returns how many milliseconds that took a reader."""
        begin, unpacking = perf_counter(), 0.0
        host, _, port = self._target.address.rpartition(":")
        loop = asyncio.get_running_loop()
        with socket.socket() as connection:
            connection.setblocking(False)
            await loop.sock_connect(connection, (host, int(port)))
            for address in self._addresses:
                await loop.sock_sendall(connection, self._request(address))
                unpacking += await self._read(connection, address)
        return 1000 * (perf_counter() - begin) + unpacking

    def _request(self, address: str) -> bytes:
        lines = (
            f"GET {address} HTTP/1.1",
            f"Host: {self._target.address}",
            f"Authorization: Bearer {self._target.token}",
            f"Accept-Encoding: {_ACCEPTED}",
        )
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    async def _read(self, connection: socket.socket, address: str) -> float:
        """Read an answer, which says how long it is; returns how long unpacking it takes."""
        coding, length, body = await _begun(connection)
        sent = (address, coding, length)
        if sent in self._unpacking:
            await _drop(connection, length - len(body))
        else:
            body += await _kept(connection, length - len(body))
            self._unpacking[sent] = _time_to_unpack(coding, body)
        return self._unpacking[sent]

    async def each(self) -> AsyncGenerator[float, None]:
        """Let one come after the other."""
        while True:
            yield await self.open()

    async def many(self, within: float) -> AsyncGenerator[float, None]:
        """Let all come, evenly, within so many seconds."""
        await self.open()

        async def come(number: int) -> float:
            await asyncio.sleep(within * number / READERS)
            return await self.open()

        while True:
            for took in await asyncio.gather(*(come(number) for number in range(READERS))):
                yield took


async def _begun(connection: socket.socket) -> tuple[bytes, int, bytes]:
    """Return an answer's coding, how long it is, and what came of it already."""
    loop, head = asyncio.get_running_loop(), b""
    while b"\r\n\r\n" not in head:
        head += await loop.sock_recv(connection, _HEAD)
    head, _, body = head.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\ncontent-length: (\d+)", head)
    if not head.startswith(b"HTTP/1.1 200 ") or length is None:
        raise ConnectionError(head.decode(errors="replace"))
    coding = re.search(rb"(?i)\ncontent-encoding: (\w+)", head)
    return coding[1] if coding else b"", int(length[1]), body


async def _drop(connection: socket.socket, missing: int) -> None:
    loop = asyncio.get_running_loop()
    while missing > 0:
        received = await loop.sock_recv_into(connection, _DROPPED)
        if not received:
            raise ConnectionError("The answer ended too soon.")
        missing -= received


async def _kept(connection: socket.socket, missing: int) -> bytes:
    loop, kept = asyncio.get_running_loop(), bytearray()
    while len(kept) < missing:
        received = await loop.sock_recv(connection, _HEAD)
        if not received:
            raise ConnectionError("The answer ended too soon.")
        kept += received
    return bytes(kept)


def _time_to_unpack(coding: bytes, body: bytes) -> float:
    """Return how many milliseconds it takes, nothing for what was not packed."""
    if not coding:
        return 0.0
    times = []
    for _ in range(_TRIES):
        begin = perf_counter()
        _UNPACK[coding](body)
        times.append(1000 * (perf_counter() - begin))
    return median(times)


async def submission(target: Target) -> AsyncGenerator[float, None]:
    """Open the submission, one reader after the other."""
    async for took in _Readers(target, await _submitted(target)).each():
        yield took


async def submissions_at_once(target: Target) -> AsyncGenerator[float, None]:
    """Open the submission, all readers at once."""
    async for took in _Readers(target, await _submitted(target)).many(within=0):
        yield took


async def submissions_soon(target: Target) -> AsyncGenerator[float, None]:
    """Open the submission, all readers within some seconds."""
    async for took in _Readers(target, await _submitted(target)).many(within=_SOON):
        yield took


async def file(target: Target) -> AsyncGenerator[float, None]:
    """Load the notebook, one reader after the other."""
    await _saved(target)
    async for took in _Readers(target, [target.contents(_NAME)]).each():
        yield took


async def files_at_once(target: Target) -> AsyncGenerator[float, None]:
    """Load the notebook, all readers at once."""
    await _saved(target)
    async for took in _Readers(target, [target.contents(_NAME)]).many(within=0):
        yield took


async def files_soon(target: Target) -> AsyncGenerator[float, None]:
    """Load the notebook, all readers within some seconds."""
    await _saved(target)
    async for took in _Readers(target, [target.contents(_NAME)]).many(within=_SOON):
        yield took


MEASURES = (
    Measure(
        title="open a submission of 5 MB",
        unit="ms",
        ours=submission,
        stock=file,
        rounds=30,
        quick_rounds=10,
        statistics=(("p50", median), ("p95", p95)),
        goal=Goal(value=1000),
    ),
    Measure(
        title=f"{READERS} readers open a submission of 5 MB within {_SOON:g} s",
        unit="ms",
        ours=submissions_soon,
        stock=files_soon,
        rounds=READERS - 1,
        quick_rounds=READERS - 1,
        statistics=(("p50", median), ("p95", p95)),
        goal=Goal(value=1000),
    ),
    Measure(
        title=f"{READERS} readers open a submission of 5 MB at once",
        unit="ms",
        ours=submissions_at_once,
        stock=files_at_once,
        rounds=READERS - 1,
        quick_rounds=READERS - 1,
        statistics=(("p50", median), ("p95", p95)),
        goal=Goal(value=1000),
    ),
)
