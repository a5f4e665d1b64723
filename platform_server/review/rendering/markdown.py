"""Markdown as HTML that can do nothing. No I/O."""

from __future__ import annotations

import secrets
from html import escape
from typing import TYPE_CHECKING, Any

from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

from platform_server.review.rendering.formulas import mathml
from platform_server.review.rendering.sanitiser import sanitised

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from markdown_it.renderer import RendererHTML
    from markdown_it.token import Token
    from markdown_it.utils import EnvType, OptionsDict

MOST = 400_000  # characters
_DEEPEST = 20  # nested lists and quotes
_NO_PICTURES: dict[str, str] = {}


def rendered(text: str, pictures: Mapping[str, str] = _NO_PICTURES) -> str:
    """Return Markdown as HTML; ``pictures`` has the addresses of those that it may show.

    A link is its text with the address beside it: nobody is led anywhere.
    """
    if len(text) > MOST:
        return f"<pre>{escape(text[:MOST])}</pre>"
    parser = MarkdownIt("commonmark", {"html": True, "maxNesting": _DEEPEST})
    parser.enable(["table", "strikethrough"]).use(dollarmath_plugin)
    # Formulas are put in when everything else has been cleaned, in the place of words that nobody
    # can know before.
    word, formulas = f"formula{secrets.token_hex(16)}x", list[str]()

    def formula(_self: Any, tokens: Sequence[Token], at: int, *_rest: Any) -> str:
        display = tokens[at].type != "math_inline"
        formulas.append(mathml(tokens[at].content, display=display))
        return f"{word}{len(formulas) - 1}z"

    for kind in ("math_inline", "math_inline_double", "math_block", "math_block_label"):
        parser.add_render_rule(kind, formula)
    parser.add_render_rule("image", _picture)
    parser.add_render_rule("link_open", _link)
    html = sanitised(parser.render(text, {"pictures": pictures}))
    for number, done in enumerate(formulas):
        html = html.replace(f"{word}{number}z", done)
    return html


def _picture(
    renderer: RendererHTML,
    tokens: Sequence[Token],
    at: int,
    _options: OptionsDict,
    environment: EnvType,
) -> str:
    token = tokens[at]
    address = str(token.attrs.get("src", ""))
    alternative = renderer.renderInlineAsText(token.children, _options, environment)
    known = environment["pictures"].get(address.removeprefix("attachment:"), address)
    if known.startswith("data:"):
        return f'<img alt="{escape(alternative)}" src="{escape(known)}">'
    return f"<em>[picture: {escape(alternative)} {escape(address)}]</em>"


def _link(
    _renderer: RendererHTML,
    tokens: Sequence[Token],
    at: int,
    _options: OptionsDict,
    _environment: EnvType,
) -> str:
    address = str(tokens[at].attrs.get("href", ""))
    return f'<a data-address="{escape(address)}" title="{escape(address)}">'
