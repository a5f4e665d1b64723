"""Characters that make a text look like what it is not: shown, instead of believed. No I/O.

See "Trojan Source" (CVE-2021-42574) and Unicode's UTS 39.
"""

from __future__ import annotations

import re
import unicodedata
from html import escape

_BIDIRECTIONAL = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_INVISIBLE = (
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200d\u2060-\u2064\u206a-\u206f"
)
_MORE = "\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e007f"
_CONTROL = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
DECEIVING = re.compile(f"[{_BIDIRECTIONAL}{_INVISIBLE}{_MORE}{_CONTROL}]")


def shown(text: str) -> str:
    """Return a text as HTML in which every deceiving character is a mark that says what it is."""
    pieces: list[str] = []
    done = 0
    for found in DECEIVING.finditer(text):
        pieces += [escape(text[done : found.start()]), _mark(found.group())]
        done = found.end()
    return "".join([*pieces, escape(text[done:])])


def deceives(text: str) -> bool:
    """Tell whether a text has such characters."""
    return DECEIVING.search(text) is not None


def _mark(character: str) -> str:
    name = unicodedata.name(character, "control character")
    return f'<mark class="odd" title="{escape(name)}">U+{ord(character):04X}</mark>'
