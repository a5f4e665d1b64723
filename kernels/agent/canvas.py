"""A grid with a cursor, and a region of rows that scrolls: what control sequences act on."""

from __future__ import annotations

from agent.grid import Cell, Grid, Row
from agent.styles import PLAIN, Style

_TAB = 8


class Canvas:
    """Where text goes, and what is moved and erased. Rows and columns count from 0."""

    def __init__(self, rows: int, columns: int) -> None:
        self.grid = Grid(rows, columns)
        self.reset()

    def reset(self) -> None:
        """Begin at the top with nothing set; what is drawn stays."""
        self.row = self.column = 0
        self.is_full = False  # the last column is taken: the next letter begins a new row
        self.top, self.bottom = 0, self.grid.rows
        self.is_relative = False  # rows count from the top of the region
        self.style = Style()
        self.saved: tuple[int, int, bytes] = (0, 0, PLAIN)

    def resize(self, rows: int, columns: int) -> None:
        """Show more or less of it. The region that scrolls is all of it again."""
        self.grid.resize(rows, columns)
        self.top, self.bottom = 0, rows
        self.go(self.row, self.column)

    def put(self, cells: Row, *, insert: bool, wrap: bool) -> None:
        """Put cells, which fit, at the cursor, and move it behind them."""
        write = self.grid.insert if insert else self.grid.write
        write(self.row, self.column, cells)
        self.column += len(cells)
        if self.column >= self.grid.columns:
            self.column = self.grid.columns - 1
            self.is_full = wrap

    def go(self, row: int, column: int) -> None:
        """Move the cursor, as far as the screen goes."""
        self.row = max(0, min(row, self.grid.rows - 1))
        self.column = max(0, min(column, self.grid.columns - 1))
        self.is_full = False

    def address(self, row: int, column: int) -> None:
        """Move the cursor to a place that a program names."""
        if self.is_relative:
            self.go(min(self.top + row, self.bottom - 1), column)
        else:
            self.go(row, column)

    def move(self, rows: int) -> None:
        """Move the cursor down, or up; the region holds it if it is in there."""
        first, last = 0, self.grid.rows - 1
        if rows < 0 and self.row >= self.top:
            first = self.top
        if rows > 0 and self.row < self.bottom:
            last = self.bottom - 1
        self.go(max(first, min(last, self.row + rows)), self.column)

    def tab(self, count: int) -> None:
        """Move the cursor to a tab stop on the right, or on the left."""
        column = self.column if count > 0 else self.column + _TAB - 1
        self.go(self.row, (column // _TAB + count) * _TAB)

    def line_feed(self) -> None:
        """Move the cursor down; the region scrolls at its end."""
        if self.row == self.bottom - 1:
            self.is_full = False
            self.scroll(1)
        else:
            self.go(self.row + 1, self.column)

    def next_row(self) -> None:
        """Begin a new row."""
        self.column = 0
        self.line_feed()

    def reverse_line_feed(self) -> None:
        """Move the cursor up; the region scrolls at its beginning."""
        if self.row == self.top:
            self.scroll(-1)
        else:
            self.go(self.row - 1, self.column)

    def scroll(self, count: int) -> None:
        """Move the region's rows up, or down."""
        self.grid.scroll(self.top, self.bottom, count, self.style.erased())

    def scroll_down(self, count: int) -> None:
        """Move the region's rows down; those that are new have no background, as in xterm.js."""
        self.grid.scroll(self.top, self.bottom, -count, PLAIN)

    def insert_rows(self, count: int) -> None:
        """Insert rows at the cursor, or delete some."""
        if self.top <= self.row < self.bottom:
            self.grid.scroll(self.row, self.bottom, -count, self.style.erased())
            self.go(self.row, 0)

    def insert_blanks(self, count: int) -> None:
        """Move what follows in the row to the right."""
        blank = Cell(" ", self.style.erased())
        self.grid.insert(self.row, self.column, [blank] * min(count, self.grid.columns))

    def delete(self, count: int) -> None:
        """Move what follows in the row to the left."""
        self.grid.delete(self.row, self.column, count, self.style.erased())

    def erase(self, count: int) -> None:
        """Blank so many cells."""
        end = min(self.column + count, self.grid.columns)
        self.grid.erase(self.row, self.column, end, self.style.erased())

    def erase_in_row(self, what: int) -> None:
        """Blank what follows in the row (0), what stands in front (1), or all of it (2)."""
        end = self.grid.columns
        start, stop = [(self.column, end), (0, self.column + 1), (0, end)][min(what, 2)]
        self.grid.erase(self.row, start, stop, self.style.erased())

    def erase_in_screen(self, what: int) -> None:
        """Blank what follows (0), what comes before (1), or all of it (2)."""
        rows = self.grid.rows
        if what in {0, 1}:
            self.erase_in_row(what)
        parts = [range(self.row + 1, rows), range(self.row), range(rows), range(0)]
        for row in parts[min(what, 3)]:
            self.grid.erase(row, 0, self.grid.columns, self.style.erased())

    def set_region(self, top: int, bottom: int) -> None:
        """Let these rows scroll, the last included; they count from 1, and 0 is an end."""
        bottom = min(bottom or self.grid.rows, self.grid.rows)
        top = max(top, 1)
        if top < bottom:
            self.top, self.bottom = top - 1, bottom
            self.address(0, 0)

    def save(self) -> None:
        """Remember the cursor and its style."""
        self.saved = (self.row, self.column, self.style.whole())

    def restore(self) -> None:
        """Go back to what was remembered."""
        row, column, style = self.saved
        self.go(row, column)
        self.style = Style()
        self.style.apply(style[2:-1])
