"""A screen on which output is drawn as a terminal would, so that it can be drawn elsewhere."""

from __future__ import annotations

from collections.abc import Callable

from agent.canvas import Canvas
from agent.grid import Cell, width
from agent.sequences import TOKEN

_MOST = 10_000  # what a number in a sequence can mean
# Letters that are lines after ESC ( 0 (DEC special graphics).
_LINES = str.maketrans("`abcdefghijklmnopqrstuvwxyz{|}~", "◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·")


class Screen:
    """Follows what programs with a screen of their own print."""

    def __init__(self, rows: int, columns: int) -> None:
        self._canvas = Canvas(rows, columns)
        self._last = ""  # the letter that can be repeated: only what was printed just now
        self._reset()

    def _reset(self) -> None:
        self._wraps, self._inserts = True, False
        self._charsets = {b"(": b"B", b")": b"B"}
        self._charset = b"("

    def resize(self, rows: int, columns: int) -> None:
        """Show more or less of it."""
        self._canvas.resize(rows, columns)

    def feed(self, data: bytes) -> None:
        """Draw output that begins and ends between two sequences."""
        place = 0
        while place < len(data):
            found = TOKEN.match(data, place)
            if found is None:  # the beginning of a sequence that is none
                place += 1
                continue
            place = found.end()
            if found["text"] is not None:
                self._print(found["text"].decode(errors="replace"))
                continue
            if found["control"] is not None:
                self._control(found["control"])
            elif found["escape"] is not None:
                self._escape(found["escape"])
            elif found["final"] is not None:
                self._sequence(found["parameters"], found["between"] + found["final"])
            self._last = ""

    def drawn(self) -> bytes:
        """Return what draws it on an empty screen on which nothing is set."""
        row, column, style = self._canvas.saved
        saved = b"\x1b[%d;%dH%s\x1b7" % (row + 1, column + 1, style)
        return self._canvas.grid.drawn() + saved

    def text(self) -> list[str]:
        """Return the rows' text, without what is blank at their ends."""
        return self._canvas.grid.text()

    def placed(self) -> bytes:
        """Return what puts the cursor in its place, once everything is set."""
        canvas = self._canvas
        row = canvas.row - (canvas.top if canvas.is_relative else 0) + 1
        place = b"\x1b[%d;%dH" % (row, canvas.column + 1)
        if canvas.is_full:  # which only a letter in the last column brings about
            last = canvas.grid.cell(canvas.row, canvas.column)
            place += last.style + last.text.encode()
        return place + canvas.style.whole()

    def _print(self, text: str) -> None:
        if self._charsets[self._charset] == b"0":
            text = text.translate(_LINES)
        self._last = text[-1:]
        if text.isascii() and not self._inserts:
            self._print_plain(text)
            return
        for letter in text:
            self._print_letter(letter)

    def _print_plain(self, text: str) -> None:
        """Print letters of which each takes one column."""
        canvas, style, start = self._canvas, self._canvas.style.whole(), 0
        while start < len(text):
            self._wrap_if_due()
            piece = text[start : start + canvas.grid.columns - canvas.column]
            canvas.put([Cell(one, style) for one in piece], insert=False, wrap=self._wraps)
            start += len(piece)

    def _print_letter(self, letter: str) -> None:
        canvas, columns = self._canvas, width(letter)
        if columns == 0:
            canvas.grid.mark(canvas.row, canvas.column + canvas.is_full, letter)
            return
        if canvas.column + columns > canvas.grid.columns:
            canvas.is_full = self._wraps
        self._wrap_if_due()
        style = canvas.style.whole()
        cells = [Cell(letter, style), Cell("", style)][:columns]
        canvas.put(cells, insert=self._inserts, wrap=self._wraps)

    def _wrap_if_due(self) -> None:
        if self._canvas.is_full:
            self._canvas.next_row()

    def _control(self, control: bytes) -> None:
        canvas = self._canvas
        if control == b"\r":
            canvas.go(canvas.row, 0)
        elif control in {b"\n", b"\v", b"\f"}:
            canvas.line_feed()
        elif control == b"\b":
            canvas.go(canvas.row, canvas.column - 1)
        elif control == b"\t":
            canvas.tab(1)
        elif control in {b"\x0e", b"\x0f"}:
            self._charset = b")" if control == b"\x0e" else b"("

    def _escape(self, escape: bytes) -> None:
        if escape == b"c":
            self._canvas.reset()
            self._canvas.erase_in_screen(2)
            self._reset()
        elif escape[:1] in self._charsets:
            self._charsets[escape[:1]] = escape[1:]
        elif escape in _ESCAPES:
            _ESCAPES[escape](self._canvas)

    def _sequence(self, parameters: bytes, kind: bytes) -> None:
        if kind in {b"h", b"l"}:
            self._set(parameters, on=kind == b"h")
        elif kind == b"m" and parameters[:1] not in {b">", b"?"}:
            self._canvas.style.apply(parameters)
        elif kind == b"b":
            size = self._canvas.grid.rows * self._canvas.grid.columns
            self._print(self._last * min(_number(parameters) or 1, size))
        elif kind in _SEQUENCES and parameters[:1] not in {b">", b"=", b"<"}:
            first, _, second = parameters.lstrip(b"?").partition(b";")
            _SEQUENCES[kind](self._canvas, _number(first), _number(second))

    def _set(self, parameters: bytes, *, on: bool) -> None:
        if parameters[:1] != b"?":
            self._inserts = on if b"4" in parameters.split(b";") else self._inserts
            return
        for mode in parameters[1:].split(b";"):
            if mode == b"6":
                self._canvas.is_relative = on
                self._canvas.address(0, 0)
            elif mode == b"7":
                self._wraps = on


def _number(text: bytes) -> int:
    text = text.partition(b";")[0]
    return min(int(text[:9]), _MOST) if text.isdigit() else 0


_ESCAPES: dict[bytes, Callable[[Canvas], None]] = {
    b"7": Canvas.save,
    b"8": Canvas.restore,
    b"D": Canvas.line_feed,
    b"E": Canvas.next_row,
    b"M": Canvas.reverse_line_feed,
}
# What the last letter of a sequence does, with its first two numbers; 0: there was none.
_SEQUENCES: dict[bytes, Callable[[Canvas, int, int], None]] = {
    b"A": lambda canvas, count, _: canvas.move(-(count or 1)),
    b"B": lambda canvas, count, _: canvas.move(count or 1),
    b"e": lambda canvas, count, _: canvas.move(count or 1),
    b"C": lambda canvas, count, _: canvas.go(canvas.row, canvas.column + (count or 1)),
    b"a": lambda canvas, count, _: canvas.go(canvas.row, canvas.column + (count or 1)),
    b"D": lambda canvas, count, _: canvas.go(canvas.row, canvas.column - (count or 1)),
    b"E": lambda canvas, count, _: _begin_row(canvas, count or 1),
    b"F": lambda canvas, count, _: _begin_row(canvas, -(count or 1)),
    b"G": lambda canvas, column, _: canvas.go(canvas.row, (column or 1) - 1),
    b"`": lambda canvas, column, _: canvas.go(canvas.row, (column or 1) - 1),
    b"H": lambda canvas, row, column: canvas.address((row or 1) - 1, (column or 1) - 1),
    b"f": lambda canvas, row, column: canvas.address((row or 1) - 1, (column or 1) - 1),
    b"d": lambda canvas, row, _: canvas.address((row or 1) - 1, canvas.column),
    b"I": lambda canvas, count, _: canvas.tab(count or 1),
    b"Z": lambda canvas, count, _: canvas.tab(-(count or 1)),
    b"J": lambda canvas, what, _: canvas.erase_in_screen(what),
    b"K": lambda canvas, what, _: canvas.erase_in_row(what),
    b"X": lambda canvas, count, _: canvas.erase(count or 1),
    b"@": lambda canvas, count, _: canvas.insert_blanks(count or 1),
    b"P": lambda canvas, count, _: canvas.delete(count or 1),
    b"L": lambda canvas, count, _: canvas.insert_rows(count or 1),
    b"M": lambda canvas, count, _: canvas.insert_rows(-(count or 1)),
    b"S": lambda canvas, count, _: canvas.scroll(count or 1),
    b"T": lambda canvas, count, _: canvas.scroll_down(count or 1),
    b"r": Canvas.set_region,
    b"s": lambda canvas, _first, _second: canvas.save(),
    b"u": lambda canvas, _first, _second: canvas.restore(),
}


def _begin_row(canvas: Canvas, rows: int) -> None:
    canvas.move(rows)
    canvas.go(canvas.row, 0)
