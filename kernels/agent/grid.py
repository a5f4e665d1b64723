"""The cells of a screen: letters with their styles, in rows that can be moved."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

from agent.styles import PLAIN

_MOST_MARKS = 8  # accents and joiners on one letter


class Cell(NamedTuple):
    """One place. The right half of a wide letter has no text."""

    text: str
    style: bytes


Row = list[Cell]


class Grid:
    """Rows of cells. What a smaller screen does not show is kept, as it may grow again."""

    def __init__(self, rows: int, columns: int) -> None:
        self.rows, self.columns = rows, columns
        self._cells: list[Row] = [[] for _ in range(rows)]

    def resize(self, rows: int, columns: int) -> None:
        """Show more or less."""
        self.rows, self.columns = rows, columns
        self._cells += [[] for _ in range(rows - len(self._cells))]

    def write(self, row: int, column: int, cells: Row) -> None:
        """Put cells in the place of others."""
        line = self._filled(row, column)
        end = column + len(cells)
        for cut in (column, end):  # where half of a wide letter would be left
            if 0 < cut < len(line) and not line[cut].text:
                line[cut - 1 : cut + 1] = blanks(2, line[cut].style)
        line[column:end] = cells

    def insert(self, row: int, column: int, cells: Row) -> None:
        """Put cells in front of others; what is moved out is lost."""
        line = self._filled(row, column)
        line[column:column] = cells
        del line[self.columns :]

    def delete(self, row: int, column: int, count: int, style: bytes) -> None:
        """Take cells away; the rest moves up."""
        line = self._filled(row, column if style == PLAIN else self.columns)
        del line[self.columns :]
        del line[column : column + count]
        if style != PLAIN:
            line += blanks(self.columns - len(line), style)

    def erase(self, row: int, start: int, end: int, style: bytes) -> None:
        """Blank the cells from ``start`` up to ``end``."""
        line = self._cells[row]
        if style == PLAIN and end >= self.columns:
            del line[start:]
        elif end > start:
            self.write(row, start, blanks(end - start, style))

    def scroll(self, top: int, bottom: int, count: int, style: bytes) -> None:
        """Move the rows from ``top`` up to ``bottom`` up, or down if ``count`` is negative."""
        height = bottom - top
        count = max(-height, min(height, count))
        fresh = [blanks(self.columns if style != PLAIN else 0, style) for _ in range(abs(count))]
        region = self._cells[top:bottom]
        kept = region[max(0, count) : height + min(0, count)]
        self._cells[top:bottom] = kept + fresh if count >= 0 else fresh + kept

    def mark(self, row: int, column: int, accent: str) -> None:
        """Add an accent to what stands in front of the column."""
        line = self._cells[row]
        place = min(column, len(line)) - 1
        while place > 0 and not line[place].text:
            place -= 1
        if place >= 0 and len(line[place].text) < _MOST_MARKS:
            line[place] = Cell(line[place].text + accent, line[place].style)

    def cell(self, row: int, column: int) -> Cell:
        """Return what stands there."""
        line = self._cells[row]
        return line[column] if column < len(line) else Cell(" ", PLAIN)

    def drawn(self) -> bytes:
        """Return what draws all that is shown on an empty screen."""
        return b"".join(
            _drawn_row(number, line[: self.columns])
            for number, line in enumerate(self._cells[: self.rows], 1)
        )

    def text(self) -> list[str]:
        """Return the rows' text, without what is blank at their ends."""
        shown = [line[: self.columns] for line in self._cells[: self.rows]]
        return ["".join(cell.text for cell in line).rstrip() for line in shown]

    def _filled(self, row: int, column: int) -> Row:
        line = self._cells[row]
        line += blanks(column - len(line), PLAIN)
        return line


def blanks(count: int, style: bytes) -> Row:
    """Return empty cells."""
    return [Cell(" ", style) for _ in range(count)]


def width(letter: str) -> int:
    """Return how many columns a letter takes."""
    if letter < "\u0300":
        return 1
    if unicodedata.category(letter) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(letter) in {"W", "F"} else 1


def _drawn_row(number: int, line: Row) -> bytes:
    """Return a row's cells; each letter that may be wider elsewhere is put in its place."""
    while line and line[-1].text == " " and line[-1].style == PLAIN:
        line.pop()
    parts: list[bytes] = []
    style, is_placed = b"", False
    for column, cell in enumerate(line, 1):
        if not cell.text:
            continue
        if not is_placed:
            parts.append(b"\x1b[%d;%dH" % (number, column))
        if cell.style != style:
            style = cell.style
            parts.append(style)
        parts.append(cell.text.encode())
        is_placed = cell.text.isascii()
    return b"".join(parts)
