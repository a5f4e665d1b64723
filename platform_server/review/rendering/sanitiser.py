"""HTML that somebody else wrote, less everything that could act. No I/O.

What comes out has no scripts, styles, links, forms, frames, names or ids, and no address but of
pictures that it carries itself. The page that it goes into forbids all of that once more.
"""

from __future__ import annotations

import re

import nh3

_TAGS = {
    *("a", "abbr", "b", "blockquote", "br", "caption", "cite", "code", "col", "colgroup", "dd"),
    *("del", "details", "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "h1", "h2", "h3"),
    *("h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "s"),
    *("samp", "small", "span", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot"),
    *("th", "thead", "tr", "tt", "u", "ul", "var"),
}
_ATTRIBUTES = {
    "*": {"dir", "lang", "title"},
    "a": {"data-address"},
    "col": {"span"},
    "colgroup": {"span"},
    "details": {"open"},
    "img": {"alt", "height", "src", "width"},
    "li": {"value"},
    "ol": {"reversed", "start"},
    "td": {"align", "colspan", "rowspan"},
    "th": {"align", "colspan", "rowspan", "scope"},
}
_GONE_WITH_CONTENT = {
    *("script", "style", "template", "noscript", "iframe", "object", "embed", "svg", "math"),
    *("textarea", "select", "title", "xmp", "noembed", "noframes", "plaintext"),
}
PICTURES = ("png", "jpeg", "gif", "webp", "svg+xml")  # what an image element may show
_DATA = re.compile(
    rf"data:image/(?:{'|'.join(map(re.escape, PICTURES))});base64,[A-Za-z0-9+/]*={{0,2}}",
    re.IGNORECASE,
)
_MOST_COLUMNS = 1000


def sanitised(html: str) -> str:
    """Return the HTML with nothing in it but text, tables and pictures of its own."""
    return nh3.clean(
        html,
        tags=_TAGS,
        clean_content_tags=_GONE_WITH_CONTENT,
        attributes=_ATTRIBUTES,
        attribute_filter=_attribute,
        url_schemes={"data"},
        link_rel=None,
        strip_comments=True,
    )


def is_picture(address: str) -> bool:
    """Tell whether an address is a picture that it carries itself."""
    return _DATA.fullmatch(address) is not None


def _attribute(tag: str, name: str, value: str) -> str | None:
    """Return the value that an attribute may have, None if it may have none."""
    if (tag, name) == ("img", "src"):
        return value if is_picture(value) else None
    if name in {"colspan", "rowspan", "span", "width", "height", "start", "value"}:
        number = value.removesuffix("px")
        fits = number.isascii() and number.isdecimal() and len(number) <= len(str(_MOST_COLUMNS))
        return number if fits else None
    return value
