"""Jupyter messages as signed lists of frames; bodies stay unparsed wherever nobody needs them."""

from __future__ import annotations

import hmac
import json
import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PROTOCOL_VERSION = "5.3"
_DELIMITER = b"<IDS|MSG>"
_HEADER_LIMIT = 8 * 1024  # bytes of a header: parsed for every message, kept for every request
_PLACE = b"platform:"  # begins the frame that says a message's place
_PLACE_LIMIT = 128  # bytes
_SEQ_DIGITS = 18
_CHANNELS = frozenset({"iopub", "shell", "stdin", "note"})
_PARTS = 4  # header, parent header, metadata, content; buffers follow


class InvalidMessage(Exception):
    """These frames are not a message signed with this kernel's key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The part of a message's header that routing needs."""

    id: str = ""
    type: str = ""
    session: str = ""  # the client's own name for its connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a message stands among all that a kernel has said (see the agent's publisher)."""

    epoch: str  # which process of the kernel
    seq: int
    token: str = ""  # of the request for a replay that it answers; "" for what is new


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of a channel: its routing facts, and the frames as they came."""

    channel: str
    header: Header
    parent: Header
    parts: list[bytes]  # header, parent header, metadata, content, *buffers
    size: int = field(default=0)
    place: Place | None = None  # None for what is not journaled

    @property
    def content(self) -> Any:
        """The content, parsed. Raises InvalidMessage unless it is a JSON object."""
        return _json_object(self.parts[3])


class Signer:
    """Signs and checks messages with one kernel's key (HMAC-SHA256)."""

    def __init__(self, key: bytes) -> None:
        self._base = hmac.new(key, digestmod="sha256")

    def sign(self, parts: Sequence[bytes]) -> bytes:
        """Return the signature of a message's first four parts."""
        digest = self._base.copy()
        for part in parts[:_PARTS]:
            digest.update(part)
        return digest.hexdigest().encode()

    def frames(self, parts: Sequence[bytes]) -> list[bytes]:
        """Return the frames to send to the kernel."""
        return [_DELIMITER, self.sign(parts), *parts]

    def message(self, channel: str, frames: list[bytes]) -> Message:
        """Return the message that came from the kernel. Raises InvalidMessage."""
        parts = self.parts(frames)
        if len(parts) < _PARTS:
            raise InvalidMessage("parts are missing")
        if not hmac.compare_digest(frames[-len(parts) - 1], self.sign(parts)):
            raise InvalidMessage("wrong signature")
        message = message_from_parts(channel, parts)
        if channel != "iopub" or not frames[0].startswith(_PLACE):
            return message
        place, channel = _place(frames[0])
        return replace(message, channel=channel, place=place)

    @staticmethod
    def parts(frames: list[bytes]) -> list[bytes]:
        """Return what follows the delimiter and the signature, unchecked; [] if nothing does."""
        if _DELIMITER not in frames:
            return []
        return frames[frames.index(_DELIMITER) + 2 :]


def message_from_parts(channel: str, parts: list[bytes]) -> Message:
    """Return the message that these parts make. Raises InvalidMessage."""
    if len(parts) < _PARTS:
        raise InvalidMessage("parts are missing")
    return Message(
        channel=channel,
        header=_header(parts[0]),
        parent=_header(parts[1]),
        parts=parts,
        size=sum(map(len, parts)),
    )


def compose(
    channel: str, kind: str, content: Mapping[str, object], *, parent: bytes = b"{}"
) -> Message:
    """Return a message of the server's own making, in answer to the one with header ``parent``."""
    header = {
        "msg_id": uuid.uuid4().hex,
        "msg_type": kind,
        "username": "platform",
        "session": "platform",
        "date": datetime.now(UTC).isoformat(),
        "version": PROTOCOL_VERSION,
    }
    parts = [json.dumps(header).encode(), parent, b"{}", json.dumps(content).encode()]
    return message_from_parts(channel, parts)


@lru_cache(maxsize=256)  # one request is the parent of all its outputs
def _header(data: bytes) -> Header:
    if len(data) > _HEADER_LIMIT:
        raise InvalidMessage("header too large")
    fields = _json_object(data)
    id_, kind, session = (fields.get(name, "") for name in ("msg_id", "msg_type", "session"))
    if not (isinstance(id_, str) and isinstance(kind, str) and isinstance(session, str)):
        raise InvalidMessage("header fields are not text")
    return Header(id=id_, type=kind, session=session)


def _place(frame: bytes) -> tuple[Place, str]:
    """Return a message's place, and the channel that it belongs to."""
    fields = frame.decode(errors="replace").split(":") if len(frame) <= _PLACE_LIMIT else []
    if len(fields) != 5:  # noqa: PLR2004 - as many as the frame has
        raise InvalidMessage("not a place")
    _, epoch, seq, channel, token = fields
    if not (seq.isascii() and seq.isdigit() and len(seq) <= _SEQ_DIGITS and channel in _CHANNELS):
        raise InvalidMessage("not a place")
    return Place(epoch=epoch, seq=int(seq), token=token), channel


def _json_object(data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InvalidMessage("not JSON") from error
    if not isinstance(value, dict):
        raise InvalidMessage("not a JSON object")
    return value
