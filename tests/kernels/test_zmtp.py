"""The wire protocol, against libzmq and against peers that break it."""

from __future__ import annotations

import asyncio
import struct
from typing import TYPE_CHECKING

import pytest
import zmq
import zmq.asyncio
from hypothesis import given
from hypothesis import strategies as st

from platform_kernels import zmtp
from platform_kernels.bounds import Allowance, Pace
from platform_kernels.wire import Wire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

MEBIBYTE = 2**20
GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)
READY = b"\x04\x06\x05READY"


def decoder(limit: int = MEBIBYTE) -> zmtp.Decoder:
    ready = zmtp.Decoder(limit)
    ready.feed(GREETING + READY)
    assert ready.pull() is None
    assert ready.ready
    return ready


@given(
    st.lists(st.lists(st.binary(max_size=600), min_size=1, max_size=9), max_size=5),
    st.integers(min_value=1, max_value=700),
)
def test_what_is_encoded_is_decoded_however_it_is_cut(
    messages: list[list[bytes]], cut: int
) -> None:
    data = b"".join(map(zmtp.encode, messages))
    reader = decoder()
    read = []
    for start in range(0, len(data), cut):
        reader.feed(data[start : start + cut])
        while (message := reader.pull()) is not None:
            read.append(message)
    assert read == messages
    assert reader.held == 0


@given(st.binary(max_size=2000))
def test_garbage_is_refused_or_waited_out_but_never_breaks_the_decoder(data: bytes) -> None:
    reader = decoder(limit=1000)
    reader.feed(data)
    try:
        while reader.pull() is not None:
            pass
    except zmtp.ProtocolError:
        return
    assert reader.held <= len(data)


@pytest.mark.parametrize(
    "opening",
    [
        b"GET / HTTP/1.1\r\n".ljust(64, b"\n"),
        GREETING.replace(b"NULL\0", b"CURVE"),
        GREETING.replace(b"\x03\x00NULL", b"\x02\x00NULL"),
        GREETING + b"\x00\x05hello",
        GREETING + b"\x04\x05ERROR",
    ],
)
def test_a_peer_that_speaks_something_else_is_refused(opening: bytes) -> None:
    reader = zmtp.Decoder(MEBIBYTE)
    reader.feed(opening)
    with pytest.raises(zmtp.ProtocolError):
        reader.pull()


def test_a_message_over_the_limit_is_skipped_and_the_next_one_read() -> None:
    reader = decoder(limit=1000)
    reader.feed(zmtp.encode([b"header", b"x" * 5000, b"more"]) + zmtp.encode([b"next"]))
    skipped = reader.pull()
    assert isinstance(skipped, zmtp.Oversized)
    assert skipped.beginning == [b"header"]
    assert skipped.size > 5000
    assert reader.pull() == [b"next"]


def test_the_limit_counts_all_frames_of_a_message_together() -> None:
    reader = decoder(limit=1000)
    reader.feed(zmtp.encode([b"x" * 400] * 3))
    assert isinstance(reader.pull(), zmtp.Oversized)


def test_120_a_skipped_message_is_thrown_away_as_it_arrives() -> None:
    reader = decoder(limit=1000)
    reader.feed(b"\x02" + struct.pack("!Q", 10 * MEBIBYTE))
    for _ in range(10):
        assert reader.pull() is None
        reader.feed(bytes(MEBIBYTE))
    assert isinstance(reader.pull(), zmtp.Oversized)
    assert reader.held == 0


def test_a_message_of_endless_frames_breaks_the_protocol() -> None:
    reader = decoder()
    reader.feed(b"\x01\x00" * 2000)
    with pytest.raises(zmtp.ProtocolError, match="too many frames"):
        reader.pull()


class Ear:
    """Receives for a wire."""

    def __init__(self) -> None:
        self.opened = asyncio.Event()
        self.heard: asyncio.Queue[list[bytes]] = asyncio.Queue()
        self.skipped: list[zmtp.Oversized] = []

    def wire_opened(self, _wire: Wire) -> None:
        self.opened.set()

    def wire_received(self, _wire: Wire, frames: list[bytes]) -> None:
        self.heard.put_nowait(frames)

    def wire_skipped(self, _wire: Wire, skipped: zmtp.Oversized) -> None:
        self.skipped.append(skipped)


@pytest.fixture
async def context() -> AsyncIterator[zmq.asyncio.Context]:
    with zmq.asyncio.Context() as context:
        context.linger = 0
        yield context


def wire(path: Path, ear: Ear, socket_type: bytes, allowance: Allowance | None = None) -> Wire:
    return Wire(
        "shell",
        str(path),
        ear,
        opening=zmtp.opening(socket_type, b"me"),
        limit=16 * MEBIBYTE,
        allowance=allowance or Allowance(64 * MEBIBYTE),
        pace=Pace(),
    )


async def test_it_talks_to_a_router_of_libzmq(tmp_path: Path, context: zmq.asyncio.Context) -> None:
    ear, large = Ear(), bytes(3 * MEBIBYTE)
    dealer = wire(tmp_path / "s", ear, b"DEALER")
    dealer.start()
    with context.socket(zmq.ROUTER) as router:
        router.bind(f"ipc://{tmp_path}/s")
        await ear.opened.wait()
        dealer.send([b"question", b"", large])
        assert await router.recv_multipart() == [b"me", b"question", b"", large]
        await router.send_multipart([b"me", b"answer", large])
        assert await ear.heard.get() == [b"answer", large]
    await dealer.aclose()


async def test_it_subscribes_to_a_publisher_of_libzmq(
    tmp_path: Path, context: zmq.asyncio.Context
) -> None:
    ear = Ear()
    subscriber = wire(tmp_path / "s", ear, b"SUB")
    subscriber.start()
    with context.socket(zmq.XPUB) as publisher:
        publisher.bind(f"ipc://{tmp_path}/s")
        await ear.opened.wait()
        subscriber.send(zmtp.SUBSCRIBE_TO_ALL)
        assert await publisher.recv_multipart() == [b"\x01"]
        await publisher.send_multipart([b"topic", b"news"])
        assert await ear.heard.get() == [b"topic", b"news"]
    await subscriber.aclose()


async def test_it_connects_again_when_the_other_side_comes_back(
    tmp_path: Path, context: zmq.asyncio.Context
) -> None:
    ear = Ear()
    dealer = wire(tmp_path / "s", ear, b"DEALER")
    dealer.start()
    for _ in range(2):
        with context.socket(zmq.ROUTER) as router:
            router.bind(f"ipc://{tmp_path}/s")
            await ear.opened.wait()
            ear.opened.clear()
    await dealer.aclose()


async def test_120_a_peer_that_never_ends_its_message_fills_no_memory(tmp_path: Path) -> None:
    announced = 200
    ended = asyncio.Event()

    async def bomb(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(GREETING + READY)
        chunk = b"\x03" + struct.pack("!Q", MEBIBYTE) + bytes(MEBIBYTE)
        for _ in range(announced):
            writer.write(chunk)
            await writer.drain()
        writer.write(zmtp.encode([b"end"]))
        await reader.read(-1)
        writer.close()
        ended.set()

    server = await asyncio.start_unix_server(bomb, tmp_path / "s")
    ear, allowance = Ear(), Allowance(64 * MEBIBYTE)
    dealer = wire(tmp_path / "s", ear, b"DEALER", allowance)
    dealer.start()
    most = 0
    while not ear.skipped:
        await asyncio.sleep(0)
        most = max(most, allowance.used)
    assert most <= 17 * MEBIBYTE
    await dealer.aclose()
    await ended.wait()
    server.close()
    assert allowance.used == 0
