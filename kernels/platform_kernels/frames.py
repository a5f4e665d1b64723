"""Kernel messages as websocket frames: v1 of the protocol, and the legacy one.

What comes in is checked before anything is allocated for it: one frame of 64 bytes that announces
2^64 offsets froze a whole server.
"""

from __future__ import annotations

import json
import struct
from itertools import pairwise
from typing import Any

from platform_kernels.messages import InvalidMessage, Message, message_from_parts

V1 = "v1.kernel.websocket.jupyter.org"
CLIENT_CHANNELS = frozenset({"shell", "control", "stdin"})  # what a client may send on
_MAX_OFFSETS = 1024
_WORD = 8  # bytes of an offset in v1
_FIRST_PARTS = ("header", "parent_header", "metadata", "content")


def encode_v1(message: Message) -> bytes:
    """Return the message as one binary v1 frame."""
    channel = message.channel.encode()
    position = _WORD * (3 + len(message.parts))
    offsets = [position, position := position + len(channel)]
    offsets += [position := position + len(part) for part in message.parts]
    head = struct.pack(f"<{len(offsets) + 1}Q", len(offsets), *offsets)
    return b"".join((head, channel, *message.parts))


def decode_v1(data: bytes | str) -> Message:
    """Return the client's message. Raises InvalidMessage when the frame is malformed."""
    if isinstance(data, str) or len(data) < _WORD:
        raise InvalidMessage("not a v1 frame")
    count = int.from_bytes(data[:_WORD], "little")
    if not len(_FIRST_PARTS) + 2 <= count <= _MAX_OFFSETS or len(data) < _WORD * (count + 1):
        raise InvalidMessage("impossible number of offsets")
    offsets = struct.unpack_from(f"<{count}Q", data, _WORD)
    _check_offsets(offsets, start=_WORD * (count + 1), end=len(data))
    channel = _channel(data[offsets[0] : offsets[1]].decode("ascii", "replace"))
    parts = [data[start:stop] for start, stop in pairwise(offsets[1:])]
    return message_from_parts(channel, parts)


def encode_legacy(message: Message) -> bytes | str:
    """Return the message as a legacy frame: JSON text, or binary when it has buffers.

    Raises InvalidMessage when a part is not JSON.
    """
    fields: dict[str, Any] = {}
    for name, part in zip(_FIRST_PARTS, message.parts, strict=False):
        try:
            fields[name] = json.loads(part)
        except (ValueError, RecursionError) as error:
            raise InvalidMessage(f"{name} is not JSON") from error
    fields["msg_id"], fields["msg_type"] = message.header.id, message.header.type
    fields["channel"] = message.channel
    buffers = message.parts[len(_FIRST_PARTS) :]
    if not buffers:
        return json.dumps({**fields, "buffers": []})
    return _join_legacy([json.dumps(fields).encode(), *buffers])


def decode_legacy(data: bytes | str) -> Message:
    """Return the client's message. Raises InvalidMessage when the frame is malformed."""
    buffers: list[bytes] = []
    text: bytes | str = data
    if isinstance(data, bytes):
        text, *buffers = _split_legacy(data)
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidMessage("not JSON") from error
    if not isinstance(fields, dict) or not isinstance(fields.get("header"), dict):
        raise InvalidMessage("not a message")
    parts = [json.dumps(fields.get(name) or {}).encode() for name in _FIRST_PARTS]
    return message_from_parts(_channel(fields.get("channel", "shell")), [*parts, *buffers])


def _join_legacy(pieces: list[bytes]) -> bytes:
    position = 4 * (len(pieces) + 1)
    offsets = [position]
    offsets += [position := position + len(piece) for piece in pieces[:-1]]
    return b"".join((struct.pack(f"!{len(pieces) + 1}I", len(pieces), *offsets), *pieces))


def _split_legacy(data: bytes) -> list[bytes]:
    count = int.from_bytes(data[:4], "big")
    if not 1 <= count <= _MAX_OFFSETS or len(data) < 4 * (count + 1):
        raise InvalidMessage("impossible number of buffers")
    offsets = (*struct.unpack_from(f"!{count}I", data, 4), len(data))
    _check_offsets(offsets, start=4 * (count + 1), end=len(data))
    return [data[start:stop] for start, stop in pairwise(offsets)]


def _check_offsets(offsets: tuple[int, ...], *, start: int, end: int) -> None:
    ordered = all(a <= b for a, b in pairwise(offsets))
    if not ordered or offsets[0] < start or offsets[-1] > end:
        raise InvalidMessage("offsets point outside of the frame")


def _channel(name: object) -> str:
    if not isinstance(name, str) or name not in CLIENT_CHANNELS:
        raise InvalidMessage("no such channel")
    return name
