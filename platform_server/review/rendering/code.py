"""Source text with its syntax coloured, line by line. No I/O."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from pygments import lex
from pygments.lexers import get_lexer_for_filename
from pygments.lexers.python import PythonLexer
from pygments.lexers.special import TextLexer
from pygments.token import STANDARD_TYPES, Token
from pygments.util import ClassNotFound

from platform_server.review.rendering.characters import shown

if TYPE_CHECKING:
    from pygments.lexer import Lexer

_MOST = 200_000  # characters that are coloured; more are shown plainly
MOST_LINES = 20_000  # of a file or a cell that are shown


Piece: TypeAlias = tuple[str, str]  # what it is, "" if that is nothing in particular; its text
Line: TypeAlias = list[Piece]


def lines_of(source: str, lexer: Lexer | None = None) -> list[Line]:
    """Return the lines, in pieces of one colour each."""
    lines = _lines(source, lexer or _python())
    return lines[:MOST_LINES]


def lines_html(lines: list[Line], anchor: str) -> str:
    """Return the lines, numbered; line 3 can be linked to as ``<anchor>-L3``."""
    pieces = [
        f'<span class="line" id="{anchor}-L{number}">{"".join(map(_html, line))}\n</span>'
        for number, line in enumerate(lines, 1)
    ]
    if len(lines) == MOST_LINES:
        pieces.append(f'<p class="note">Lines after {MOST_LINES} are not shown.</p>')
    return f'<pre class="code">{"".join(pieces)}</pre>'


def lexer_for(name: str) -> Lexer:
    """Return what knows the language of a file of that name."""
    try:
        return get_lexer_for_filename(name, **_AS_IT_IS)
    except ClassNotFound:
        return TextLexer(**_AS_IT_IS)


_AS_IT_IS: dict[str, Any] = {"stripnl": False, "ensurenl": False}


@cache
def _python() -> Lexer:
    return PythonLexer(**_AS_IT_IS)


def _lines(source: str, lexer: Lexer) -> list[Line]:
    if len(source) > _MOST:
        return [[("", line)] for line in source.split("\n")]
    lines: list[Line] = [[]]
    for kind, text in lex(source, lexer):
        for number, one in enumerate(text.split("\n")):
            if number:
                lines.append([])
            if one:
                lines[-1].append((_name(kind), one))
    return lines


def _name(kind: Any) -> str:
    while kind not in STANDARD_TYPES:
        kind = kind.parent
    return "" if kind in {Token.Text, Token.Text.Whitespace} else STANDARD_TYPES[kind]


def _html(piece: Piece) -> str:
    name, text = piece
    return f'<span class="{name}">{shown(text)}</span>' if name else shown(text)
