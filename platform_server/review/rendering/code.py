"""Source text with its syntax coloured, line by line. No I/O."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

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
_MOST_LINES = 20_000


def lines_html(source: str, anchor: str, lexer: Lexer | None = None) -> str:
    """Return the lines, numbered; line 3 can be linked to as ``<anchor>-L3``."""
    pieces: list[str] = []
    for number, line in enumerate(_lines(source, lexer or _python()), 1):
        if number > _MOST_LINES:
            pieces.append(f'<p class="note">Lines after {_MOST_LINES} are not shown.</p>')
            break
        pieces.append(f'<span class="line" id="{anchor}-L{number}">{line}\n</span>')
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


def _lines(source: str, lexer: Lexer) -> list[str]:
    if len(source) > _MOST:
        return [shown(line) for line in source.split("\n")]
    lines = [""]
    for kind, text in lex(source, lexer):
        first, *rest = text.split("\n")
        lines[-1] += _coloured(kind, first)
        lines += [_coloured(kind, one) for one in rest]
    return lines


def _coloured(kind: Any, text: str) -> str:
    while kind not in STANDARD_TYPES:
        kind = kind.parent
    name = STANDARD_TYPES[kind]
    if not text or not name or kind in {Token.Text, Token.Text.Whitespace}:
        return shown(text)
    return f'<span class="{name}">{shown(text)}</span>'
