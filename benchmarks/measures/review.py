"""A submission with a notebook of five megabytes: opened by one reader, and by 200 at once.

A stock server has no reviews: there, the readers load the same notebook over the contents API. What
comes is counted and dropped: on one machine, a client that kept it would be measured as well.
"""

from __future__ import annotations

import asyncio
import base64
import random
import re
import socket
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

from benchmarks.measures.notebooks import notebook
from benchmarks.rounds import Goal, Measure, p95

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from benchmarks.target import Target

READERS = 200
_SOON = 10.0  # seconds
_PIECE = 1 << 20  # bytes that are read at a time
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


async def _open(target: Target, addresses: Sequence[str]) -> float:
    """Read all of it, on a connection of its own; returns how many milliseconds that took."""
    begin = perf_counter()
    host, _, port = target.address.rpartition(":")
    loop = asyncio.get_running_loop()
    with socket.socket() as connection:
        connection.setblocking(False)
        await loop.sock_connect(connection, (host, int(port)))
        for address in addresses:
            request = f"GET {address} HTTP/1.1\r\nHost: {target.address}\r\n"
            authorization = f"Authorization: Bearer {target.token}\r\n\r\n"
            await loop.sock_sendall(connection, (request + authorization).encode())
            await _read_away(loop, connection)
    return 1000 * (perf_counter() - begin)


async def _read_away(loop: asyncio.AbstractEventLoop, connection: socket.socket) -> None:
    """Read an answer, which says how long it is."""
    head = b""
    while b"\r\n\r\n" not in head:
        head += await loop.sock_recv(connection, _PIECE)
    head, _, body = head.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    if not head.startswith(b"HTTP/1.1 200 ") or length is None:
        raise ConnectionError(head.decode(errors="replace"))
    missing, piece = int(length[1]) - len(body), bytearray(_PIECE)
    while missing > 0:
        received = await loop.sock_recv_into(connection, piece)
        if not received:
            raise ConnectionError("The answer ended too soon.")
        missing -= received


async def _each(target: Target, addresses: Sequence[str]) -> AsyncGenerator[float, None]:
    while True:
        yield await _open(target, addresses)


async def _many(
    target: Target, addresses: Sequence[str], *, within: float
) -> AsyncGenerator[float, None]:
    """Let all readers come, evenly, within so many seconds."""
    await _open(target, addresses)

    async def come(number: int) -> float:
        await asyncio.sleep(within * number / READERS)
        return await _open(target, addresses)

    while True:
        for took in await asyncio.gather(*(come(number) for number in range(READERS))):
            yield took


async def submission(target: Target) -> AsyncGenerator[float, None]:
    """Open the submission, one reader after the other."""
    async for took in _each(target, await _submitted(target)):
        yield took


async def submissions_at_once(target: Target) -> AsyncGenerator[float, None]:
    """Open the submission, all readers at once."""
    async for took in _many(target, await _submitted(target), within=0):
        yield took


async def submissions_soon(target: Target) -> AsyncGenerator[float, None]:
    """Open the submission, all readers within some seconds."""
    async for took in _many(target, await _submitted(target), within=_SOON):
        yield took


async def file(target: Target) -> AsyncGenerator[float, None]:
    """Load the notebook, one reader after the other."""
    await _saved(target)
    async for took in _each(target, [target.contents(_NAME)]):
        yield took


async def files_at_once(target: Target) -> AsyncGenerator[float, None]:
    """Load the notebook, all readers at once."""
    await _saved(target)
    async for took in _many(target, [target.contents(_NAME)], within=0):
        yield took


async def files_soon(target: Target) -> AsyncGenerator[float, None]:
    """Load the notebook, all readers within some seconds."""
    await _saved(target)
    async for took in _many(target, [target.contents(_NAME)], within=_SOON):
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
