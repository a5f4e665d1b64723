"""What a kernel has said lately, in order, for servers and pages that were not listening.

The latest is in memory, what came before in files without a name on the project's own volume, both
bounded. What exceeds the bounds is left out, the oldest first: what tells how an execution goes is
kept, and a line in the output says how much of the rest is missing. What everybody has received is
forgotten as soon as its room is needed.
"""

from __future__ import annotations

import bisect
import heapq
import re
import struct
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import IO, NamedTuple

MEBIBYTE = 2**20
MEMORY, DISK = 2 * MEBIBYTE, 64 * MEBIBYTE
_SEGMENTS = 8  # files on a full disk
_RATE = 8 * MEBIBYTE  # bytes a second that are written to the disk in the long run
_OVERHEAD = 256  # bytes that an entry costs beyond its frames
_KEPT = MEBIBYTE // 2  # bytes of what is kept of outputs that were left out
_SMALL = 8 * 1024  # bytes: what is larger is not kept
_DELIMITER = b"<IDS|MSG>"
_ENTRY, _FRAME = struct.Struct("!QBH"), struct.Struct("!I")
_CHANNELS = (b"iopub", b"shell", b"stdin", b"note")
_KIND = re.compile(rb'"msg_type": ?"([a-z_]+)"')
_ESSENTIAL = frozenset(
    (b"status", b"execute_input", b"execute_reply", b"input_request", b"error", b"platform_request")
)

Frames = list[bytes]
MakeNotice = Callable[[Frames, str], Frames]  # a line of text in answer to the same request


class Entry(NamedTuple):
    """One message: its number, where it belongs, and its frames."""

    seq: int
    channel: bytes
    frames: Frames
    size: int


class _Segment:
    """A file of blocks of entries; it has no name, and ends with the process."""

    def __init__(self, folder: str | None) -> None:
        self.size = 0
        self._file: IO[bytes] = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115
        self._blocks: list[tuple[int, int, int]] = []  # last number, offset, length

    @property
    def last(self) -> int:
        return self._blocks[-1][0] if self._blocks else 0

    def write(self, last: int, block: bytes) -> None:
        """Append a block. Raises OSError; then nothing of it counts."""
        self._file.seek(self.size)
        if self._file.write(block) != len(block):
            raise OSError("the disk is full")
        self._blocks.append((last, self.size, len(block)))
        self.size += len(block)

    def entries(self, after: int) -> Iterator[Entry]:
        for last, offset, length in self._blocks:
            if last > after:
                self._file.seek(offset)
                yield from _decoded(self._file.read(length))

    def close(self) -> None:
        self._file.close()


class Journal:
    """Numbers messages from 1, and keeps them. For one thread."""

    def __init__(
        self,
        make_notice: MakeNotice,
        *,
        memory: int = MEMORY,
        disk: int = DISK,
        folder: str | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.seq = 0  # the number of the latest
        self._make_notice = make_notice
        self._memory, self._disk, self._folder, self._now = memory, disk, folder, now
        self._recent: deque[Entry] = deque()
        self._recent_size = 0
        self._segments: deque[_Segment] = deque()
        self._kept: list[Entry] = []  # essential ones among those that were left out, in order
        self._kept_size = 0
        self._missing: dict[bytes, tuple[int, Entry]] = {}  # bytes and notice, by parent header
        self.released = 0  # what everybody has received is numbered up to this
        self._question = 0  # the number of the input request that waits for its answer
        self._may_write, self._written_at = float(disk), now()

    def append(self, channel: bytes, frames: Frames) -> int:
        """Keep a message, and return its number."""
        self.seq += 1
        size = _OVERHEAD + sum(map(len, frames))
        self._recent.append(Entry(self.seq, channel, frames, size))
        self._recent_size += size
        if channel == b"stdin":
            self._question = self.seq
        if self._recent_size > self._memory:
            self._make_room()
        return self.seq

    def note_answer(self) -> None:
        """Note that the question has its answer: nobody is to be asked again."""
        self._question = 0

    def release(self, seq: int) -> None:
        """Note that everybody has received what is numbered up to this."""
        self.released = max(self.released, min(seq, self.seq))
        while self._segments and self._segments[0].last <= self.released:
            self._segments.popleft().close()
        while self._kept and self._kept[0].seq <= self.released:
            self._kept_size -= self._kept.pop(0).size
        if not self._kept:
            self._missing.clear()

    def after(self, seq: int, *, size: int, until: int | None = None) -> Iterator[Entry]:
        """Yield what is still there of the numbers after this, until it is so many bytes."""
        until = self.seq if until is None else until
        for entry in heapq.merge(list(self._kept), self._whole(seq)):
            if entry.seq > until or size <= 0:
                return
            if entry.seq > seq and (entry.channel != b"stdin" or entry.seq == self._question):
                size -= entry.size
                yield entry

    def find(self, message_id: str) -> int | None:
        """Return the number of the message with this id, None if it is not there any more."""
        wanted = b'"' + message_id.encode() + b'"'
        older = (entry for part in reversed(self._segments) for entry in part.entries(0))
        for entries in (reversed(self._recent), reversed(self._kept), older):
            for entry in entries:
                if wanted in _parts(entry.frames)[0]:
                    return entry.seq
        return None

    def close(self) -> None:
        """Let go of the files."""
        while self._segments:
            self._segments.popleft().close()

    def _whole(self, seq: int) -> Iterator[Entry]:
        for segment in list(self._segments):
            if segment.last > seq:
                yield from segment.entries(seq)
        yield from list(self._recent)

    def _make_room(self) -> None:
        """Move the oldest quarter out of memory."""
        oldest = []
        while self._recent and self._recent_size > self._memory * 3 // 4:
            entry = self._recent.popleft()
            self._recent_size -= entry.size
            if entry.seq > self.released:
                oldest.append(entry)
        if oldest:
            self._spill(oldest)

    def _spill(self, entries: list[Entry]) -> None:
        if not self._write(entries):
            self._leave_out(entries)
        while sum(segment.size for segment in self._segments) > self._disk:
            oldest = self._segments.popleft()
            self._leave_out(oldest.entries(0))
            oldest.close()

    def _write(self, entries: list[Entry]) -> bool:
        block = b"".join(_encoded(entries))
        if not self._afford(len(block)):
            return False
        try:
            self._segment().write(entries[-1].seq, block)
        except (OSError, ValueError):  # also a folder that cannot be one
            return False
        return True

    def _afford(self, size: int) -> bool:
        """Tell whether so much may be written now: a loop that prints is not to wear out a disk."""
        now = self._now()
        saved = self._may_write + (now - self._written_at) * _RATE
        self._may_write, self._written_at = min(self._disk, saved), now
        if size > self._may_write:
            return False
        self._may_write -= size
        return True

    def _segment(self) -> _Segment:
        if not self._segments or self._segments[-1].size > self._disk // _SEGMENTS:
            self._segments.append(_Segment(self._folder))
        return self._segments[-1]

    def _leave_out(self, entries: Iterable[Entry]) -> None:
        """Keep what is essential of these; one line per request says what is missing."""
        missing: dict[bytes, tuple[int, Entry]] = {}
        for entry in entries:
            if entry.seq <= self.released:
                continue
            if _is_essential(entry):
                self._keep(entry)
            elif entry.channel == b"iopub":
                parent = _parts(entry.frames)[1]
                size = missing[parent][0] if parent in missing else 0
                missing[parent] = size + entry.size - _OVERHEAD, entry
        for parent, (size, latest) in missing.items():
            self._note_missing(parent, size, latest)

    def _note_missing(self, parent: bytes, size: int, latest: Entry) -> None:
        seq = latest.seq
        if parent in self._missing:
            earlier, before = self._missing[parent]
            size, seq = size + earlier, max(seq, before.seq)
            if before in self._kept:
                self._kept.remove(before)
                self._kept_size -= before.size
        text = f"[{size / MEBIBYTE:.1f} MB of output left out while nobody listened]\n"
        frames = self._make_notice(latest.frames, text)
        notice = Entry(seq, b"iopub", frames, _OVERHEAD + sum(map(len, frames)))
        self._missing[parent] = size, notice
        self._keep(notice)

    def _keep(self, entry: Entry) -> None:
        bisect.insort(self._kept, entry)
        self._kept_size += entry.size
        while self._kept_size > _KEPT:
            self._kept_size -= self._kept.pop(0).size


def _parts(frames: Frames) -> Frames:
    """Return the header, the parent's header, and so on."""
    return frames[frames.index(_DELIMITER) + 2 :]


def _is_essential(entry: Entry) -> bool:
    kind = _KIND.search(_parts(entry.frames)[0])
    return entry.size <= _SMALL and kind is not None and kind[1] in _ESSENTIAL


def _encoded(entries: list[Entry]) -> Iterator[bytes]:
    for entry in entries:
        yield _ENTRY.pack(entry.seq, _CHANNELS.index(entry.channel), len(entry.frames))
        for frame in entry.frames:
            yield _FRAME.pack(len(frame))
            yield frame


def _decoded(block: bytes) -> Iterator[Entry]:
    at = 0
    while at < len(block):
        seq, channel, count = _ENTRY.unpack_from(block, at)
        at += _ENTRY.size
        frames = []
        for _ in range(count):
            (length,) = _FRAME.unpack_from(block, at)
            at += _FRAME.size + length
            frames.append(block[at - length : at])
        yield Entry(seq, _CHANNELS[channel], frames, _OVERHEAD + sum(map(len, frames)))
