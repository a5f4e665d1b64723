"""ZMTP 3.0, the wire protocol of ZeroMQ, as the connecting side speaks it. No I/O here.

Kernels belong to their users, so what they send is hostile until proven otherwise. libzmq bounds
one frame and counts messages, but one message of endless frames grows it without limit (shown: 270
MB in a second), and it drops the connection over a single large plot. Here a message has a size
limit as a whole; a larger one is skipped as it arrives and reported, and the conversation goes on.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_MORE, _LONG, _COMMAND = 1, 2, 4
_GREETING_SIZE = 64
_HANDSHAKE_LIMIT = 512  # bytes of the peer's READY command
_MAX_FRAMES = 1024  # of one message: widgets send a frame for each of their buffers
_SHORT_HEADER, _LONG_HEADER = 2, 9  # bytes of flags and length before a frame's body
_SHORT = 255  # a frame up to this size has a length of one byte

SUBSCRIBE_TO_ALL = [b"\x01"]
_NO_SUBSCRIPTION = b"\x02"  # begins what a publisher reads, and libzmq leaves alone


class ProtocolError(Exception):
    """The peer does not speak ZMTP 3 with the NULL mechanism, or breaks its rules."""


@dataclass(frozen=True, kw_only=True)
class Oversized:
    """A message that was skipped."""

    size: int  # bytes, as far as they were announced
    beginning: list[bytes]  # the frames before the one that was too much


def opening(socket_type: bytes, identity: bytes = b"") -> bytes:
    """Return what a connecting socket says first: the greeting, and READY without waiting."""
    greeting = b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)
    ready = b"\x05READY" + _property(b"Socket-Type", socket_type) + _property(b"Identity", identity)
    return greeting + bytes([_COMMAND, len(ready)]) + ready


def encode(frames: Sequence[bytes]) -> bytes:
    """Return a message as bytes for the wire."""
    parts: list[bytes] = []
    last = len(frames) - 1
    for index, frame in enumerate(frames):
        more = _MORE if index < last else 0
        if len(frame) > _SHORT:
            parts.append(struct.pack("!BQ", more | _LONG, len(frame)))
        else:
            parts.append(bytes((more, len(frame))))
        parts.append(frame)
    return b"".join(parts)


def note(content: bytes) -> list[bytes]:
    """Return what a subscriber says to the publisher beyond its subscription."""
    return [_NO_SUBSCRIPTION + content]


class Decoder:
    """Turns received bytes into messages, one ``pull`` at a time so that the caller may pause."""

    def __init__(self, limit: int) -> None:
        self.ready = False  # the handshake is done
        self.limit = limit  # bytes of one message; may change at any time
        self._buffer = bytearray()
        self._read = 0  # how much of the buffer is consumed
        self._greeted = False
        self._frames: list[bytes] = []
        self._size = 0  # bytes in _frames
        self._count = 0  # frames of the message at hand, skipped ones included
        self._skipping: Oversized | None = None
        self._skip_bytes = 0  # of the present frame, still to be thrown away
        self._skip_more = False  # further frames of the skipped message follow

    @property
    def held(self) -> int:
        """How many bytes wait here for the rest of their message."""
        return len(self._buffer) - self._read + self._size

    def feed(self, data: bytes) -> None:
        """Take received bytes."""
        if self._read:
            del self._buffer[: self._read]
            self._read = 0
        self._buffer += data

    def pull(self) -> list[bytes] | Oversized | None:
        """Return the next complete message, None when more bytes are needed.

        Raises ProtocolError when the peer breaks the protocol: close the connection.
        """
        if not self._greeted and not self._greeting():
            return None
        while True:
            if self._skipping is not None:
                if not self._skip():
                    return None
                skipped, self._skipping = self._skipping, None
                return skipped
            message = self._frame()
            if message is not None or self._skipping is None:
                return message

    def _greeting(self) -> bool:
        if len(self._buffer) < _GREETING_SIZE:
            return False
        greeting = bytes(self._buffer[:_GREETING_SIZE])
        known = greeting[0] == 0xFF and greeting[9] & 1 and greeting[10] >= 3  # noqa: PLR2004
        if not known or greeting[12:32] != b"NULL".ljust(20, b"\0"):
            raise ProtocolError("not a ZMTP 3 greeting")
        self._read = _GREETING_SIZE
        self._greeted = True
        return True

    def _header(self) -> tuple[int, int, int] | None:
        """Return flags, body size and header size of the frame at hand, None if incomplete."""
        buffer, start = self._buffer, self._read
        available = len(buffer) - start
        if available < _SHORT_HEADER:
            return None
        flags = buffer[start]
        if flags > _MORE | _LONG | _COMMAND:
            raise ProtocolError("unknown frame flags")
        if not flags & _LONG:
            return flags, buffer[start + 1], _SHORT_HEADER
        if available < _LONG_HEADER:
            return None
        return flags, int.from_bytes(buffer[start + 1 : start + 9], "big"), _LONG_HEADER

    def _frame(self) -> list[bytes] | None:
        """Read frames until a message is complete (return it), too large, or bytes run out."""
        while (head := self._header()) is not None:
            flags, size, header = head
            if flags & _COMMAND or not self.ready:
                if not self._command(flags, size, header):
                    return None
                continue
            if self._size + size > self.limit:
                self._begin_skip(flags, size, header)
                return None
            body = self._read + header
            if len(self._buffer) < body + size:
                return None
            self._frames.append(bytes(self._buffer[body : body + size]))
            self._read = body + size
            self._size += size
            if not flags & _MORE:
                message, self._frames, self._size, self._count = self._frames, [], 0, 0
                return message
            self._count_frame()
        return None

    def _count_frame(self) -> None:
        self._count += 1
        if self._count >= _MAX_FRAMES:
            raise ProtocolError("too many frames in one message")

    def _command(self, flags: int, size: int, header: int) -> bool:
        """Take the peer's READY; False if it is incomplete. Nothing else is a command in 3.0."""
        if self.ready or not flags & _COMMAND or size > _HANDSHAKE_LIMIT:
            raise ProtocolError("unexpected command")
        if len(self._buffer) - self._read < header + size:
            return False
        body = self._read + header
        if not self._buffer[body : body + size].startswith(b"\x05READY"):
            raise ProtocolError("no READY command")
        self._read = body + size
        self.ready = True
        return True

    def _begin_skip(self, flags: int, size: int, header: int) -> None:
        self._skipping = Oversized(size=self._size + size, beginning=self._frames)
        self._frames, self._size = [], 0
        self._read += header
        self._skip_bytes, self._skip_more = size, bool(flags & _MORE)

    def _skip(self) -> bool:
        """Throw away what has arrived of the skipped message; True at its end."""
        gone = min(self._skip_bytes, len(self._buffer) - self._read)
        self._read += gone
        self._skip_bytes -= gone
        while not self._skip_bytes:
            if not self._skip_more:
                self._count = 0
                return True
            self._count_frame()
            head = self._header()
            if head is None:
                return False
            flags, size, header = head
            gone = min(size, len(self._buffer) - self._read - header)
            self._read += header + gone
            self._skip_bytes, self._skip_more = size - gone, bool(flags & _MORE)
        return False


def _property(name: bytes, value: bytes) -> bytes:
    return bytes([len(name)]) + name + struct.pack("!I", len(value)) + value
