"""The text of a stream as a notebook keeps it: carriage returns and backspaces carried out."""

from __future__ import annotations

import re

_CONTROLS = re.compile(r"([\n\b\r])")
_REWINDING = re.compile(r"[\b\r]")


class StreamText:
    """Text that is written piece by piece, in time proportional to the pieces.

    The rules are those of JupyterLab's output areas: a carriage return goes back to the beginning
    of the line, a backspace takes a character away but no line feed, what is written next takes the
    place of what stands there, and a line feed always comes to the end.
    """

    def __init__(self) -> None:
        self._lines: list[str] = []  # finished, each with its line feed
        self._line = ""
        self._at = 0  # where in the line the next character goes
        self._finished = 0  # characters in the finished lines

    def __len__(self) -> int:
        return self._finished + len(self._line)

    def __str__(self) -> str:
        return "".join([*self._lines, self._line])

    def write(self, text: str) -> None:
        """Write what the kernel printed."""
        if self._at == len(self._line) and not _REWINDING.search(text):
            self._append(text)
            return
        for piece in _CONTROLS.split(text):
            if piece == "\n":
                self._finish_line()
            elif piece == "\r":
                self._at = 0
            elif piece == "\b":
                self._rub_out()
            else:
                self._overwrite(piece)

    def _append(self, text: str) -> None:
        head, feed, tail = text.rpartition("\n")
        if feed:
            self._line += head
            self._finish_line()
        self._line += tail
        self._at = len(self._line)

    def _finish_line(self) -> None:
        self._lines.append(f"{self._line}\n")
        self._finished += len(self._line) + 1
        self._line, self._at = "", 0

    def _rub_out(self) -> None:
        if self._at > 0:
            # JupyterLab takes away what stands under the cursor, too.
            self._line = self._line[: self._at - 1] + self._line[self._at + 1 :]
            self._at -= 1

    def _overwrite(self, piece: str) -> None:
        self._line = self._line[: self._at] + piece + self._line[self._at + len(piece) :]
        self._at += len(piece)
