"""Other people's files become pages that can do nothing."""

from __future__ import annotations

import base64
import hashlib
import json
from html.parser import HTMLParser
from typing import Any

import pytest

from platform_server.review.rendering.characters import shown
from platform_server.review.rendering.formulas import mathml
from platform_server.review.rendering.markdown import rendered
from platform_server.review.rendering.outputs import output_html, terminal
from platform_server.review.rendering.page import page
from platform_server.review.rendering.sanitiser import sanitised
from platform_server.review.rendering.style import POLICY, STYLE
from platform_server.testing.places import code_cell, notebook

PIXEL = base64.b64encode(b"\x89PNG pixel").decode()
ADDRESSES = {"action", "background", "cite", "data", "formaction", "href", "longdesc", "poster"}
FORBIDDEN = {
    *("script", "iframe", "frame", "object", "embed", "base", "form", "input", "button", "link"),
    *(
        "meta",
        "svg",
        "video",
        "audio",
        "source",
        "template",
        "textarea",
        "portal",
        "annotation-xml",
    ),
}


class Found(HTMLParser):
    """What of a page could do something."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.bad: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag or an attribute that acts."""
        if tag in FORBIDDEN:
            self.bad.append(tag)
        for name, value in attrs:
            is_bad = name.startswith("on") or name in ADDRESSES | {"style", "srcset", "name"}
            if is_bad or (name == "src" and not (value or "").startswith("data:image/")):
                self.bad.append(f"{tag} {name}={value}")


def output(**data: Any) -> str:
    kinds = {name.replace("__", "/").replace("_", "-"): value for name, value in data.items()}
    return output_html({"output_type": "display_data", "data": kinds, "metadata": {}})


def notebook_page(*cells: dict[str, Any], **metadata: Any) -> str:
    content = notebook(*cells)["content"] | {"metadata": metadata}
    return page("n.ipynb", json.dumps(content).encode())


ACTIVE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<img src='https://evil.example/pixel.png'>",
    "<img srcset='https://evil.example/1.png 1x'>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='https://evil.example' ping='https://evil.example'>x</a>",
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<form action='https://evil.example'><input name=a><button>go</button></form>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<base href='https://evil.example/'>",
    "<link rel=prefetch href='https://evil.example'>",
    "<style>@import 'https://evil.example/a.css'; * { background: url(//evil.example) }</style>",
    "<p style='background:url(https://evil.example)'>x</p>",
    "<button data-commandlinker-command='x' data-commandlinker-args='{}'>x</button>",
    "<div id=location><img name=cookie></div>",
    "<video src='https://evil.example' autoplay></video>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "<template><script>alert(1)</script></template>",
    "<img src='data:text/html;base64,PHNjcmlwdD4='>",
)


@pytest.mark.parametrize("html", ACTIVE)
def test_nothing_that_acts_is_left(html: str) -> None:
    cell = code_cell("x", outputs=[{"output_type": "display_data", "data": {"text/html": html}}])
    markdown = {"cell_type": "markdown", "id": "m", "metadata": {}, "source": html}
    for done in (
        sanitised(html),
        rendered(html),
        output(text__html=html),
        output(text__markdown=html),
        output(text__latex=f"$\\text{{{html}}}$"),
        output(text__plain=html),
        output(application__json={"a": html}),
        notebook_page(cell, markdown, title=html),
        page("a.md", html.encode()),
        page("a.html", html.encode()),
        page(f"{html}.txt", b"x"),
    ):
        inside = done.partition("<main>")[2] or done
        assert Found(inside).bad == []


def test_the_page_allows_its_own_style_and_pictures_it_carries_only() -> None:
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    assert POLICY.split("; ") == [
        "sandbox",
        "default-src 'none'",
        "img-src data:",
        f"style-src 'sha256-{digest}'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
    ]
    assert f"<style>{STYLE}</style>" in page("a.txt", b"")


def test_tables_pictures_and_text_are_kept() -> None:
    table = (
        "<table border=1><thead><tr><th>a</th></tr></thead><tr><td colspan=2>1</td></tr></table>"
    )
    assert '<td colspan="2">1</td>' in output(text__html=table)
    assert f'src="data:image/png;base64,{PIXEL}"' in output(image__png=f"{PIXEL}\n")
    assert "data:image/svg+xml;base64," in output(**{"image__svg+xml": "<svg/>"})
    assert "<strong>b</strong>" in rendered("**b**")
    assert "damaged" in output(image__png='"><script>')


def test_formulas_come_as_mathml() -> None:
    html = rendered("Let $a<b$ and\n\n$$\\frac{1}{2}$$\n")
    assert html.count("<math") == 2
    assert "<mfrac>" in html
    assert "$" not in html


@pytest.mark.parametrize(
    "latex",
    [
        r"\text{<script>alert(1)</script>}",
        r"\href{javascript:alert(1)}{x}",
        "{" * 5000,
        r"\def\a{\a\a}\a",
        "<!DOCTYPE x>",
        r"\text{]]>}",
    ],
)
def test_no_formula_does_anything(latex: str) -> None:
    assert Found(mathml(latex, display=False)).bad == []


def test_a_link_says_where_it_would_lead_and_leads_nowhere() -> None:
    html = rendered("[the docs](https://docs.python.org) and ![plot](plot.png)")
    assert 'data-address="https://docs.python.org"' in html
    assert "href" not in html
    assert "[picture: plot plot.png]" in html


def test_pictures_of_a_cell_are_shown() -> None:
    cell = {
        "cell_type": "markdown",
        "id": "m",
        "metadata": {},
        "source": "![x](attachment:a.png)",
        "attachments": {"a.png": {"image/png": PIXEL}},
    }
    assert f"data:image/png;base64,{PIXEL}" in notebook_page(cell)


def test_colours_of_terminals_are_kept_and_nothing_else() -> None:
    html = terminal(
        "\x1b[1;31mred\x1b[0m \x1b]8;;https://evil.example\x07link\x1b]8;;\x07 \x1b[2Jx<b>"
    )
    assert html == '<span class="bold red">red</span> link x&lt;b&gt;'


def test_deceiving_characters_are_marked() -> None:
    html = shown("admin\u202e \u2066// check\u2069")
    assert html.count('class="odd"') == 3
    assert "RIGHT-TO-LEFT OVERRIDE" in html
    assert "cannot be seen" in notebook_page(code_cell("if admin:\u202e pass"))
    assert "cannot be seen" not in notebook_page(code_cell("é = 'ü'"))


def test_cells_and_lines_can_be_linked_to() -> None:
    html = notebook_page(code_cell("a\nb"), code_cell("c"))
    for anchor in ("cell-0", "cell-1", "cell-0-L2", "cell-1-L1"):
        assert f'id="{anchor}"' in html
    assert 'id="file-L2"' in page("a.py", b"a\nb")


def test_any_bytes_become_a_page() -> None:
    odd: list[bytes] = [b"", b"\xff\xfe\0", b"[]", b'{"cells": [{"cell_type": 5}]}', b"[" * 10_000]
    outputs: list[Any] = [1, {}, {"output_type": "stream", "text": 5}, {"output_type": "error"}]
    outputs += [{"output_type": "display_data", "data": {"image/png": 5, "text/html": [1]}}]
    odd.append(json.dumps({"cells": [code_cell("x", outputs=outputs)]}).encode())
    for data in odd:
        for name in ("a.ipynb", "a.md", "a.py", "a.png", "a", "a.csv"):
            assert page(name, data).endswith("</html>")
