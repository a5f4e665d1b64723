"""Websocket frames: as Jupyter's own code writes and reads them, and as an attacker would."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jupyter_server.services.kernels.connection import base as stock

from platform_kernels import frames
from platform_kernels.messages import InvalidMessage, Message, compose, message_from_parts

HEADER = {"msg_id": "1", "msg_type": "execute_request", "session": "s"}


def parts(*buffers: bytes) -> list[bytes]:
    return [json.dumps(HEADER).encode(), b"{}", b"{}", b'{"code": "1"}', *buffers]


def legacy(**changes: Any) -> dict[str, Any]:
    message = {"channel": "shell", "header": HEADER, "parent_header": {}, "metadata": {}}
    return {**message, "content": {"code": "1"}, **changes}


@given(st.lists(st.binary(max_size=200), max_size=4))
def test_v1_is_read_as_jupyter_writes_it(buffers: list[bytes]) -> None:
    message = frames.decode_v1(stock.serialize_msg_to_ws_v1(parts(*buffers), "control"))
    assert message.channel == "control"
    assert message.parts == parts(*buffers)
    assert message.header.type == "execute_request"


@given(st.lists(st.binary(max_size=200), max_size=4))
def test_v1_is_written_as_jupyter_reads_it(buffers: list[bytes]) -> None:
    message = message_from_parts("iopub", parts(*buffers))
    assert stock.deserialize_msg_from_ws_v1(frames.encode_v1(message)) == ("iopub", message.parts)


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=4))
def test_legacy_binary_goes_both_ways(buffers: list[bytes]) -> None:
    written = frames.encode_legacy(message_from_parts("iopub", parts(*buffers)))
    assert isinstance(written, bytes)
    read = stock.deserialize_binary_message(written)
    assert (read["channel"], read["content"], read["buffers"]) == ("iopub", {"code": "1"}, buffers)
    sent = stock.serialize_binary_message(legacy(buffers=buffers))
    assert frames.decode_legacy(sent).parts[4:] == buffers


def test_legacy_text_goes_both_ways() -> None:
    message = frames.decode_legacy(json.dumps(legacy()))
    assert json.loads(message.parts[3]) == {"code": "1"}
    written = frames.encode_legacy(compose("iopub", "status", {"execution_state": "idle"}))
    assert json.loads(written)["content"] == {"execution_state": "idle"}
    assert json.loads(written)["channel"] == "iopub"


def words(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(8, "little") for number in numbers)


GOOD = frames.encode_v1(message_from_parts("shell", parts()))
MALFORMED_V1 = {
    "the frame that froze a server": b"\xff" * 64,
    "nothing": b"",
    "text": "hello",
    "more offsets than bytes": words(1000) + bytes(100),
    "too few offsets": words(3, 32, 37, 40) + b"shell",
    "offsets beyond the end": words(6, 56, 61, 70, 80, 90, 2**63),
    "offsets that run backwards": words(6, 61, 56, 70, 60, 90, 91) + bytes(100),
    "offsets into the offsets": words(6, 0, 5, 10, 20, 30, 40) + bytes(100),
    "an unknown channel": GOOD.replace(b"shell", b"hello"),
    "the channel that only kernels write on": GOOD.replace(b"shell", b"iopub"),
    "a header that is no object": GOOD.replace(parts()[0], b"[1]".ljust(len(parts()[0]))),
    "a header that is no JSON": GOOD.replace(parts()[0], b"{{{".ljust(len(parts()[0]))),
}
MALFORMED_LEGACY = {
    "the frame that froze a server": b"\xff" * 64,
    "nothing": b"",
    "no JSON": "hello",
    "a list": "[]",
    "no header": json.dumps({"channel": "shell"}),
    "an unknown channel": json.dumps(legacy(channel="hello")),
    "a channel that is no text": json.dumps(legacy(channel=[])),
    "more buffers than bytes": (1000).to_bytes(4, "big") + bytes(8),
    "a negative number of buffers": (2**32 - 1).to_bytes(4, "big") + bytes(8),
    "a nested bomb": "[" * 100_000,
}


@pytest.mark.parametrize("frame", MALFORMED_V1.values(), ids=MALFORMED_V1)
def test_a_malformed_v1_frame_is_refused(frame: bytes | str) -> None:
    with pytest.raises(InvalidMessage):
        frames.decode_v1(frame)


@pytest.mark.parametrize("frame", MALFORMED_LEGACY.values(), ids=MALFORMED_LEGACY)
def test_a_malformed_legacy_frame_is_refused(frame: bytes | str) -> None:
    with pytest.raises(InvalidMessage):
        frames.decode_legacy(frame)


@given(st.binary(max_size=300) | st.text(max_size=100))
def test_no_frame_does_anything_but_be_read_or_refused(frame: bytes | str) -> None:
    for decode in (frames.decode_v1, frames.decode_legacy):
        try:
            assert isinstance(decode(frame), Message)
        except InvalidMessage:
            continue


def test_a_kernel_that_writes_no_json_is_not_passed_on_to_legacy_clients() -> None:
    message = message_from_parts("iopub", [*parts()[:3], b"\xff not JSON"])
    with pytest.raises(InvalidMessage):
        frames.encode_legacy(message)
