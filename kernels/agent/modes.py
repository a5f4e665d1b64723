"""What programs have set in a terminal, apart from what is on its screen."""

from __future__ import annotations

import re

from agent.sequences import SEQUENCE

_MOST_STYLES = 32  # sequences since the last plain text
_MOST_TITLE = 512  # bytes
# Those of a terminal that is not plain: cursor keys, wrapping, the cursor, mice, pasting, ...
_PRIVATE = frozenset(
    {1, 5, 6, 7, 12, 25, 45, 47, 66, 1000, 1002, 1003, 1004, 1005, 1006, 1007, 1015, 1016}
    | {1047, 2004}
)
_ANSI = frozenset({4, 20})
_MODE = re.compile(rb"\?[0-9;]*|[0-9;]+")
_TITLE = re.compile(rb"[012];")


class Modes:
    """Follows the control sequences, and can repeat what they have set."""

    def __init__(self) -> None:
        self._private: dict[int, bytes] = {}  # h: set, l: not
        self._ansi: dict[int, bytes] = {}
        self._others: dict[bytes, bytes] = {}  # keypad, cursor, title: by what they are about
        self._drawing: dict[bytes, bytes] = {}  # letters and the region that scrolls
        self._styles: list[bytes] = []

    def feed(self, data: bytes | bytearray) -> None:
        """Take output that begins and ends between two sequences."""
        for found in SEQUENCE.finditer(data):
            final, escape, command = found["final"], found["escape"], found["command"]
            if final is not None:
                self._control(found[0], found["parameters"], found["between"], final)
            elif escape is not None:
                self._escape(found[0], escape)
            elif command is not None and _TITLE.match(command) and len(command) <= _MOST_TITLE:
                self._others[b"title"] = found[0]
            elif found["shift"] is not None:
                self._drawing[b"shift"] = found[0]

    def repeated(self, *, drawing: bool = True) -> bytes:
        """Return what sets all of it again, without how text is drawn if that is not wanted."""
        parts = list(self._drawing.values()) if drawing else []
        parts += [b"\x1b[?%d%s" % one for one in self._private.items()]
        parts += [b"\x1b[%d%s" % one for one in self._ansi.items()]
        parts += self._others.values()
        parts += self._styles if drawing else []
        return b"".join(parts)

    def _control(self, whole: bytes, parameters: bytes, between: bytes, final: bytes) -> None:
        kind = between + final
        if kind == b"m" and parameters[:1] not in {b">", b"?"}:
            self._style(whole, parameters)
        elif kind in {b"h", b"l"} and _MODE.fullmatch(parameters):
            self._set(parameters, final)
        elif kind == b"r" and parameters[:1] != b"?":
            self._drawing[b"region"] = whole
        elif kind == b" q":
            self._others[b"cursor"] = whole
        elif kind == b"!p":
            title = self._others.get(b"title")
            self._reset()
            self._others.update({b"title": title} if title else {})

    def _style(self, whole: bytes, parameters: bytes) -> None:
        if parameters in {b"", b"0"}:
            self._styles.clear()
            return
        if parameters.startswith(b"0;"):
            self._styles.clear()
        self._styles.append(whole)
        del self._styles[:-_MOST_STYLES]

    def _set(self, parameters: bytes, final: bytes) -> None:
        is_private = parameters.startswith(b"?")
        modes, kept = (self._private, _PRIVATE) if is_private else (self._ansi, _ANSI)
        for text in parameters.lstrip(b"?").split(b";"):
            number = int(text) if text.isdigit() and len(text) <= 4 else 0  # noqa: PLR2004 - digits
            if number in kept:
                modes[number] = final

    def _escape(self, whole: bytes, escape: bytes) -> None:
        if escape == b"c":
            self._reset()
        elif escape in {b"=", b">"}:
            self._others[b"keypad"] = whole
        elif escape[:1] in {b"(", b")", b"*", b"+"}:
            self._drawing[escape[:1]] = whole

    def _reset(self) -> None:
        for one in (self._private, self._ansi, self._others, self._drawing):
            one.clear()
        self._styles.clear()
