"""LaTeX formulas as MathML, which needs no script to be shown. No I/O."""

from __future__ import annotations

from html import escape
from xml.etree import ElementTree as ET

from latex2mathml.converter import convert

_MOST = 4_000  # characters of a formula
_NAMESPACE = "{http://www.w3.org/1998/Math/MathML}"
_ELEMENTS = {
    *("math", "menclose", "merror", "mfenced", "mfrac", "mi", "mlabeledtr", "mmultiscripts", "mn"),
    *("mo", "mover", "mpadded", "mphantom", "mprescripts", "mroot", "mrow", "ms", "mspace"),
    *("msqrt", "mstyle", "msub", "msubsup", "msup", "mtable", "mtd", "mtext", "mtr", "munder"),
    *("munderover", "none"),
}
_ATTRIBUTES = {
    *("accent", "align", "columnalign", "columnlines", "columnspacing", "depth", "display"),
    *("displaystyle", "fence", "form", "height", "linethickness", "lspace", "mathvariant"),
    *("maxsize", "minsize", "movablelimits", "notation", "rowspacing", "rspace", "scriptlevel"),
    *("separator", "stretchy", "symmetric", "width"),
}


def mathml(latex: str, *, display: bool) -> str:
    """Return a formula as MathML; one that cannot be understood as its source."""
    source = f'<code class="latex">{escape(latex)}</code>'
    if len(latex) > _MOST:
        return source
    try:
        written = convert(latex, display="block" if display else "inline")
        root = ET.fromstring(written)  # noqa: S314 - made above; no entities in it
        return _serialised(root)
    except Exception:  # noqa: BLE001 - it fails on bad formulas in any way there is
        return source


def _serialised(element: ET.Element) -> str:
    """Write known elements and attributes only. Raises ValueError for any other element."""
    name = element.tag.removeprefix(_NAMESPACE)
    if name not in _ELEMENTS:
        raise ValueError(name)
    attributes = "".join(
        f' {key}="{escape(value)}"' for key, value in element.attrib.items() if key in _ATTRIBUTES
    )
    inside = escape(element.text or "", quote=False)
    for child in element:
        inside += _serialised(child) + escape(child.tail or "", quote=False)
    return f"<{name}{attributes}>{inside}</{name}>"
