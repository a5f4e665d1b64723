"""What a shell tells of the command lines typed in it, over a pipe that nobody shows."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

from agent.loop import READ, Loop
from agent.processes import WORKSPACE
from agent.streams import read_some

DESCRIPTOR = 250  # in the shell; bash itself takes those from 10 and up to 63, and 255
VARIABLE = "SANDBOX_NOTES"
_FIELDS = 5
_DIGITS, _LAST_CODE = 19, 255
_LINE_BYTES = 32 * 1024
_MOST_TYPED, _MOST_FOLDER = 2000, 1000  # characters; what is longer is cut, or left out
_NEWLINE = "\x1e"  # stands for one within a command
_BURST, _A_SECOND = 100, 5  # what is told of at most: any process can write to the pipe

Note = Callable[[dict[str, Any]], None]


class Notes:
    """The reading end of one shell's pipe. ``theirs`` is the shell's end."""

    def __init__(self, loop: Loop, note: Note) -> None:
        self._loop = loop
        self._note = note
        self._begun = bytearray()
        self._is_too_long = False
        self._allowance, self._since = float(_BURST), time.monotonic()
        self._fd, self.theirs = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(self._fd, False)
        self._loop.watch(self._fd, READ, self._ready)

    def close(self) -> None:
        """Read no more. May be called twice."""
        if self._fd >= 0:
            self._loop.watch(self._fd, 0, self._ready)
            os.close(self._fd)
            self._fd = -1

    def _ready(self) -> None:
        data = read_some(self._fd)
        if data == b"":
            self.close()
            return
        *lines, rest = (data or b"").split(b"\n")
        for line in lines:
            self._begun += line
            if not self._is_too_long:
                self._take(bytes(self._begun))
            self._begun.clear()
            self._is_too_long = False
        self._begun += rest
        if len(self._begun) > _LINE_BYTES:
            self._is_too_long = True
            self._begun.clear()

    def _take(self, line: bytes) -> None:
        told = parse(line)
        now = time.monotonic()
        self._allowance = min(_BURST, self._allowance + (now - self._since) * _A_SECOND)
        self._since = now
        if told is not None and self._allowance >= 1:
            self._allowance -= 1
            self._note(told)


def parse(line: bytes) -> dict[str, Any] | None:
    """Return what a line tells of: code, times in microseconds, folder, command; None: nothing."""
    fields = line.decode(errors="replace").split("\t", _FIELDS - 1)
    if len(fields) != _FIELDS or not all(map(_is_number, fields[:3])):
        return None
    code, began, ended = (int(one) for one in fields[:3])
    text = fields[4].replace(_NEWLINE, "\n")[:_MOST_TYPED].strip()
    if not text or code > _LAST_CODE or ended < began:
        return None
    return {
        "text": text,
        "cwd": relative(fields[3])[:_MOST_FOLDER],
        "code": code,
        "began": began / 1e6,
        "duration": (ended - began) / 1e6,
    }


def _is_number(text: str) -> bool:
    return text.isdecimal() and text.isascii() and len(text) <= _DIGITS


def relative(folder: str) -> str:
    """Return a folder as the project has it; one outside of the project stays as it is."""
    if folder == WORKSPACE:
        return ""
    return folder.removeprefix(WORKSPACE + "/")
