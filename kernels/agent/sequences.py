"""The control sequences of terminals (ECMA-48, xterm), found in what programs print."""

from __future__ import annotations

import re

LONGEST = 4096  # bytes of one sequence; what is longer is not taken for one
_STRINGS = (b"]", b"P", b"X", b"^", b"_")
_CONTINUATION, _FIRST_OF_TWO = 0x80, 0xC0  # the bytes of a letter in UTF-8

_SEQUENCES = rb"""
    \x1b\[ (?P<parameters>[0-?]*) (?P<between>[ -/]*) (?P<final>[@-~])
  | \x1b\] (?P<command>[^\x07\x1b]*) (?:\x07|\x1b\\)
  | \x1b[PX^_] [^\x1b]* \x1b\\
  | \x1b (?P<escape>[ -/]+[0-~]|[0-OQ-WYZ\\`-~])
"""
SEQUENCE = re.compile(_SEQUENCES + rb"| (?P<shift>[\x0e\x0f])", re.VERBOSE)
TOKEN = re.compile(
    _SEQUENCES + rb"| (?P<control>[\x00-\x1a\x1c-\x1f\x7f]) | (?P<text>[^\x00-\x1f\x7f]+)",
    re.VERBOSE,
)
# What a terminal answers as if somebody had typed. Asked again, it would answer again.
_QUESTION = re.compile(
    rb"""
    \x1b\[ [0-9;?>=]* [cnt]
  | \x1b\[ [0-9;?]* \$p
  | \x1b\[ (?: > [0-9;]* q | [0-9;]* x | \? u)
  | \x1b\] [0-9;]* ;\? (?:\x07|\x1b\\)
  | \x1bP [$+] q [^\x1b]* \x1b\\
  | \x1bZ | \x05
""",
    re.VERBOSE,
)


def without_questions(data: bytes) -> bytes:
    """Return the output without what asks the terminal to say something."""
    return _QUESTION.sub(b"", data)


def unfinished(data: bytes | bytearray) -> int:
    """Return how many bytes at the end begin a sequence, or a letter, that is not whole."""
    first = max(0, len(data) - LONGEST)
    start = data.rfind(b"\x1b", first)
    if start < 0 or SEQUENCE.match(data, start):
        return _unfinished_letter(data)
    before = data.rfind(b"\x1b", first, start)
    if start == len(data) - 1 and before >= 0 and _begins_string(data, before):
        start = before  # what ends here may be what ends the string
    return len(data) - start


def _begins_string(data: bytes | bytearray, start: int) -> bool:
    return data[start + 1 : start + 2] in _STRINGS and SEQUENCE.match(data, start) is None


def _unfinished_letter(data: bytes | bytearray) -> int:
    for count, byte in enumerate(reversed(data[-4:]), 1):
        if byte >= _FIRST_OF_TWO:
            return count if count < _length_of_letter(byte) else 0
        if byte < _CONTINUATION:
            return 0
    return 0


def _length_of_letter(first: int) -> int:
    return 2 + (first >= 0xE0) + (first >= 0xF0)  # noqa: PLR2004 - of three bytes, of four
