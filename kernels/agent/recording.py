"""What a terminal has shown, so that whoever joins sees the same screen, and can go on."""

from __future__ import annotations

import copy
import re

from agent.modes import Modes
from agent.screen import Screen
from agent.sequences import unfinished, without_questions

LINES_BYTES = 256 * 1024  # of the output on the ordinary screen, the latest
SCREEN_BYTES = 64 * 1024  # of that on the alternate screen, before it is drawn here
_SLACK = 16 * 1024  # what comes on top before something is dropped

_RESET = b"\x1bc"
# Empty, and with nothing set that says where text goes or what it looks like.
_ALTERNATE = b"\x1b[?1049h\x1b[?6l\x1b[r\x1b[m\x1b(B\x0f\x1b[4l\x1b[2J\x1b[H"
_SWITCH = re.compile(rb"\x1b\[\?(?:[0-9;]*;)?1049(?:;[0-9;]*)?[hl]")
_SWITCH_BEGUN = re.compile(rb"\x1b(?:\[(?:\?[0-9;]{0,30})?)?\Z")
# What to skip of output that was cut somewhere: to the end of a line, or to a control sequence.
_START = re.compile(rb"[^\n\x1b]*\n|[^\n\x1b]*(?=\x1b)|[\x80-\xbf]{0,3}")


class _Output:
    """Output of which the beginning may be gone, and what that had set."""

    def __init__(self) -> None:
        self.kept = bytearray()
        self.modes = Modes()

    def drop(self, count: int) -> bytes:
        """Forget about so many bytes at the beginning, and return them."""
        dropped = bytes(self.kept[:count])
        dropped = dropped[: len(dropped) - unfinished(dropped)]
        self.modes.feed(dropped)
        del self.kept[: len(dropped)]
        return dropped


class _Alternate:
    """The alternate screen, on which editors and the like draw. It has no past.

    What was printed there is kept as it came. It is drawn here when it becomes too much, and when
    the size changes, since it was meant for the size before.
    """

    def __init__(self, rows: int, columns: int) -> None:
        self._output = _Output()
        self._size = (rows, columns)
        self._screen: Screen | None = None  # once something was drawn

    def append(self, data: bytes) -> None:
        self._output.kept += data
        if len(self._output.kept) > SCREEN_BYTES + _SLACK:
            self._draw(len(self._output.kept) - SCREEN_BYTES)

    def resize(self, rows: int, columns: int) -> None:
        if (rows, columns) != self._size:
            self._draw(len(self._output.kept))
            self._size = (rows, columns)
            if self._screen is not None:
                self._screen.resize(rows, columns)

    def shown(self) -> bytes:
        if self._screen is None:
            return bytes(self._output.kept)
        modes = self._output.modes.repeated()
        return self._screen.drawn() + modes + self._screen.placed() + bytes(self._output.kept)

    def left_behind(self) -> bytes:
        """Return what stays set when the screen is left."""
        self._output.drop(len(self._output.kept))
        return self._output.modes.repeated(drawing=False)

    def _draw(self, count: int) -> None:
        dropped = self._output.drop(count)
        if dropped:
            self._screen = self._screen or Screen(*self._size)
            self._screen.feed(dropped)


class Recording:
    """The output of one terminal, in bounded memory."""

    def __init__(self, rows: int, columns: int) -> None:
        self._size = (rows, columns)
        self._lines = _Output()
        self._is_cut = False
        self._alternate: _Alternate | None = None
        self._held = b""  # may begin a switch between the screens

    def append(self, data: bytes) -> None:
        """Take what was printed."""
        data = self._held + data
        start = 0
        for found in _SWITCH.finditer(data):
            self._append(data[start : found.start()])
            self._switch(found[0])
            start = found.end()
        begun = _SWITCH_BEGUN.search(data, start)
        end = begun.start() if begun else len(data)
        self._append(data[start:end])
        self._held = data[end:]

    def resize(self, rows: int, columns: int) -> None:
        """Take it that the screen has another size."""
        self._size = (rows, columns)
        if self._alternate is not None:
            self._alternate.resize(rows, columns)

    def replayed(self) -> bytes:
        """Return what brings any terminal into this one's state, b"" when there was no output."""
        lines = bytes(self._lines.kept)
        modes = copy.deepcopy(self._lines.modes)
        start = _START.match(lines) if self._is_cut else None
        skipped = start.end() if start else 0
        modes.feed(lines[:skipped])
        told = modes.repeated() + without_questions(lines[skipped:]) + self.screen() + self._held
        return _RESET + told if told else b""

    def screen(self) -> bytes:
        """Return what draws the alternate screen anew, b"" while it is not shown."""
        if self._alternate is None:
            return b""
        return _ALTERNATE + without_questions(self._alternate.shown())

    def _append(self, data: bytes) -> None:
        if self._alternate is not None:
            self._alternate.append(data)
            return
        self._lines.kept += data
        if len(self._lines.kept) > LINES_BYTES + _SLACK:
            self._lines.drop(len(self._lines.kept) - LINES_BYTES)
            self._is_cut = True

    def _switch(self, sequence: bytes) -> None:
        others = _without_switch(sequence)
        if sequence.endswith(b"h"):
            self._alternate = self._alternate or _Alternate(*self._size)
            self._alternate.append(others)
        elif self._alternate is not None:
            self._alternate.append(others)
            left, self._alternate = self._alternate.left_behind(), None
            self._append(b"\x1b7%s\x1b8" % left if left else b"")  # the cursor stays where it was


def _without_switch(sequence: bytes) -> bytes:
    """Return a sequence that sets modes, without the mode that switches between the screens."""
    modes = [one for one in sequence[3:-1].split(b";") if one and one != b"1049"]
    return b"\x1b[?%s%s" % (b";".join(modes), sequence[-1:]) if modes else b""
