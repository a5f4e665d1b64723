"""How text looks: the graphic rendition that programs choose (ECMA-48 SGR)."""

from __future__ import annotations

PLAIN = b"\x1b[m"
_EXTENDED = {38: "foreground", 48: "background", 58: "line"}
_DEFAULTS = {39: "foreground", 49: "background", 59: "line"}
# What each number adds, and what it takes away.
_ENDS = {22: (1, 2), 23: (3,), 24: (4, 21), 25: (5, 6), 27: (7,), 28: (8,), 29: (9,), 55: (53,)}
_FLAGS = frozenset({1, 2, 3, 4, 5, 6, 7, 8, 9, 21, 53})
_LENGTHS = {b"5": 3, b"2": 5}  # 38;5;N and 38;2;R;G;B


class Style:
    """The style of what is printed next."""

    def __init__(self) -> None:
        self._flags: dict[int, bytes] = {}
        self._colours: dict[str, bytes] = {}

    def apply(self, parameters: bytes) -> None:
        """Take the parameters of one sequence."""
        parts = parameters.split(b";")
        while parts:
            taken = self._take(parts)
            del parts[:taken]

    def whole(self) -> bytes:
        """Return the sequence that chooses this style, whatever was chosen before."""
        return _sequence([*self._flags.values(), *self._colours.values()])

    def erased(self) -> bytes:
        """Return the style of what is erased: nothing but the background is kept."""
        background = self._colours.get("background")
        return _sequence([background] if background else [])

    def _take(self, parts: list[bytes]) -> int:
        """Apply the first of the parameters; returns how many of them that were."""
        text = parts[0]
        head = text.split(b":")[0]
        number = int(head) if head.isdigit() and len(head) <= 3 else 0  # noqa: PLR2004 - digits
        if number in _EXTENDED:
            count = 1 if b":" in text else _LENGTHS.get(parts[1] if len(parts) > 1 else b"", 2)
            self._colours[_EXTENDED[number]] = b";".join(parts[:count])
            return count
        if number == 0:
            self._flags.clear()
            self._colours.clear()
        elif number in _FLAGS:
            self._flags[number] = text
        elif number in _ENDS:
            for ended in _ENDS[number]:
                self._flags.pop(ended, None)
        elif number in _DEFAULTS:
            self._colours.pop(_DEFAULTS[number], None)
        elif number // 10 in {3, 9}:
            self._colours["foreground"] = text
        elif number // 10 in {4, 10}:
            self._colours["background"] = text
        return 1


def _sequence(parts: list[bytes]) -> bytes:
    return b"\x1b[0;%sm" % b";".join(parts) if parts else PLAIN
