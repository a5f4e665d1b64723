"""E. What a reviewer is shown: nothing of it runs, asks, deceives, is trusted or starts anything.

What needs a browser to be tried is in ``tests/browser/test_payloads.py``, and for Firefox in
``tests/browser/test_payloads_in_firefox.py``, under the same numbers.
"""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

from platform_server.identity.model import Role
from platform_server.testing.payloads import EVIL
from platform_server.testing.places import code_cell, notebook
from platform_server.testing.serving import Person, Server, join

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LINKS = (
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    f"{EVIL}/page",
)
ASKING = (
    f"<form action='{EVIL}'><button>x</button></form><iframe src='{EVIL}'></iframe>"
    f"<meta http-equiv=refresh content='0;url={EVIL}'><base href='{EVIL}'>"
    f"<style>*{{background:url({EVIL})}}</style><link rel=prefetch href='{EVIL}'>"
    f"<a ping='{EVIL}' href='{EVIL}'>x</a><p style='background:url({EVIL})'>x</p>"
)
SHADOWING = (
    "<img id=jupyter-config-data name=getElementById><form name=body><input name=cookie></form>"
    "<a id=jupyterapp><a id=jupyterapp name=commands href=x>x</a>"
)


class Attributes(HTMLParser):
    """All elements and attributes of some HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}


class Desk:
    """A learner with a project, and the reviewer of what is submitted from it."""

    def __init__(self, maker: Person, reviewer: Person, project: str) -> None:
        self.maker = maker
        self.reviewer = reviewer
        self.project = project

    async def save(self, path: str, data: bytes) -> None:
        """Save a file of the project."""
        url = f"/api/projects/{self.project}/files/{path}"
        answer = await self.maker.http.put(url, content=data)
        assert answer.status_code in {200, 201}, answer.text

    async def submit(self) -> str:
        """Submit the project; returns the address of the submission."""
        url = f"/api/projects/{self.project}/submissions"
        answer = await self.maker.http.post(url, json={})
        assert answer.status_code == 201, answer.text
        return f"/api/submissions/{answer.json()['id']}"

    async def next_round(self, url: str) -> None:
        """Request changes, so that there can be another round, and submit that."""
        await self.reviewer.http.post(f"{url}/claim")
        body = {"round": 1, "decision": "request_changes"}
        assert (await self.reviewer.http.post(f"{url}/decision", json=body)).status_code == 201
        await self.submit()

    async def get(self, url: str, **query: str) -> Any:
        """Return what the reviewer is told."""
        answer = await self.reviewer.http.get(url, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def html_of(self, *outputs: dict[str, Any] | str) -> str:
        """Submit a notebook that shows these; returns what the reviewer's page gets of it."""
        cells = [
            {"cell_type": "markdown", "metadata": {}, "source": one}
            if isinstance(one, str)
            else code_cell("x", outputs=[one])
            for one in outputs
        ]
        await self.save("shown.ipynb", of(*cells))
        url = await self.submit()
        parts = (await self.get(f"{url}/parts/shown.ipynb"))["parts"]
        return "".join(part["html"] for part in parts)


@pytest.fixture(scope="module")
async def people(server: Server) -> AsyncIterator[tuple[Person, Person]]:
    maker = await join(server, "eve", Role.LEARNER)
    reviewer = await join(server, "raymond", Role.REVIEWER)
    yield maker, reviewer
    await maker.aclose()
    await reviewer.aclose()


@pytest.fixture
async def desk(people: tuple[Person, Person], request: pytest.FixtureRequest) -> Desk:
    maker, reviewer = people
    project = await maker.project(f"shown {request.node.name}"[:40])
    return Desk(maker, reviewer, project["id"])


def of(*cells: dict[str, Any]) -> bytes:
    numbered = [{"id": f"c{at}"} | cell for at, cell in enumerate(cells)]
    return json.dumps(notebook(*numbered)["content"]).encode()


def html(text: str) -> dict[str, Any]:
    return {"output_type": "display_data", "metadata": {}, "data": {"text/html": text}}


async def test_055_pages_ask_nobody_and_may_not(desk: Desk) -> None:
    made = Attributes(await desk.html_of(html(ASKING), ASKING))
    assert not made.elements & {"form", "iframe", "meta", "base", "style", "link", "button"}
    assert not made.attributes & {"action", "src", "href", "ping", "style", "content"}
    (url,) = [f"/api/submissions/{one['id']}" for one in await found(desk)]
    policy = (await desk.get(f"{url}/parts/shown.ipynb"))["policy"]
    page = await desk.reviewer.http.get(f"{url}/view/shown.ipynb")
    for one in (policy, page.headers["Content-Security-Policy"]):
        assert {"default-src 'none'", "form-action 'none'", "base-uri 'none'"} <= set(
            one.split("; ")
        )
        assert "script-src" not in one
        assert "http" not in one


async def found(desk: Desk) -> list[dict[str, Any]]:
    """Return the desk's submissions."""
    every = await desk.get("/api/submissions/")
    return [one for one in every if one["project"] == desk.project]


async def test_056_no_element_has_a_name_that_shadows_anything(desk: Desk) -> None:
    made = Attributes(await desk.html_of(html(SHADOWING), SHADOWING))
    assert not made.attributes & {"id", "name", "for", "form", "slot", "is"}


async def test_057_nothing_is_trusted_because_its_maker_or_anybody_trusts_it(desk: Desk) -> None:
    cell = code_cell("x", outputs=[html("<b>x</b>")], id="c0") | {"metadata": {"trusted": True}}
    content = notebook(cell)
    label = (await desk.maker.http.get(f"/api/projects/{desk.project}")).json()["name"]
    path = f"/api/contents/{label}/a.ipynb"
    assert (await desk.maker.http.put(path, json=content)).status_code in {200, 201}
    url = await desk.submit()
    for _ in range(2):  # looking at it changes nothing
        shown = await desk.get(f"{url}/contents/a.ipynb")
        assert [one["metadata"]["trusted"] for one in shown["content"]["cells"]] == [False]
    refused = await desk.reviewer.http.post(f"{path}/trust")
    assert refused.status_code == 404


async def test_058_062_links_lead_nowhere(desk: Desk) -> None:
    links = [f"<a href='{link}' target=_top>x</a>" for link in LINKS]
    formulas = [f"$\\href{{{link}}}{{x}}$" for link in LINKS]
    markdown = [f"[x]({link}) <{link}>" for link in LINKS]
    made = await desk.html_of(*map(html, links), *links, *formulas, *markdown)
    assert not Attributes(made).attributes & {"href", "target", "xlink:href", "ping", "rel"}


async def test_059_no_other_site_frames_a_page(desk: Desk) -> None:
    await desk.save("a.html", b"<p>x")
    url = await desk.submit()
    lab = await desk.reviewer.http.get("/lab")
    shown = await desk.reviewer.http.get(f"{url}/view/a.html")
    raw = await desk.reviewer.http.get(f"{url}/raw/a.html")
    assert "frame-ancestors 'none'" in lab.headers["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in shown.headers["Content-Security-Policy"]
    for answer, option in ((lab, "DENY"), (shown, "SAMEORIGIN"), (raw, "DENY")):
        assert answer.headers["X-Frame-Options"] == option


async def test_060_061_files_of_a_submission_have_no_origin(desk: Desk) -> None:
    await desk.save("worker.js", b"self.onfetch = () => {}")
    await desk.save("a.html", b"<script src=worker.js></script>")
    await desk.save("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>")
    url = await desk.submit()
    for name in ("worker.js", "a.html", "a.svg"):
        for form in ("raw", "view"):
            answer = await desk.reviewer.http.get(f"{url}/{form}/{name}")
            policy = answer.headers["Content-Security-Policy"].split("; ")
            assert any(one.split(" ")[0] == "sandbox" for one in policy), (form, name)
            assert not any("allow-same-origin" in one or "allow-scripts" in one for one in policy)
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "Service-Worker-Allowed" not in answer.headers


async def test_063_text_that_reads_otherwise_than_it_runs_is_flagged(desk: Desk) -> None:
    await desk.save("a.py", b"if is_admin:\n    pass\n")
    await desk.save("a.ipynb", of(code_cell("x = 1")))
    url = await desk.submit()
    await desk.save("a.py", "if is_admin:  # \u202e check\n    pass\n".encode())
    await desk.save("a.ipynb", of(code_cell("x\u200b = 1")))
    await desk.next_round(url)
    for path in ("a.py", "a.ipynb"):
        (part,) = (await desk.get(f"{url}/parts/{path}"))["parts"]
        assert part["warnings"] == ["deceives"]
        (before,) = (await desk.get(f"{url}/parts/{path}", round="1"))["parts"]
        assert before["warnings"] == []
    page = await desk.reviewer.http.get(f"{url}/view/a.py")
    assert "U+202E" in page.text
    assert "\u202e" not in page.text


async def test_064_outputs_that_no_run_explains_are_marked(desk: Desk) -> None:
    output = {"output_type": "stream", "name": "stdout", "text": "passed\n"}
    forged = {"output_type": "stream", "name": "stdout", "text": "PASSED\n"}
    ran = code_cell("check(everything)", outputs=[output], execution_count=2)
    other = code_cell("print('the same')", execution_count=3)
    await desk.save("forged.ipynb", of(ran, other))
    url = await desk.submit()
    await desk.save("forged.ipynb", of(ran | {"outputs": [forged]}, other))
    never = code_cell("y", outputs=[output])
    early = code_cell("z", outputs=[output], execution_count=1)
    await desk.save("a.ipynb", of(ran, never, early))
    await desk.next_round(url)
    parts = (await desk.get(f"{url}/parts/a.ipynb"))["parts"]
    assert [one["warnings"] for one in parts] == [[], ["never run"], ["out of order"]]
    diff = await desk.get(f"{url}/diff", path="forged.ipynb", against="1")
    (cells,) = [one["diff"] for one in diff["notebook"] if one["key"] == "cells"]
    assert [(one["op"], [part["key"] for part in one["diff"]]) for one in cells] == [
        ("patch", ["outputs"])
    ]


async def test_065_a_comparison_ends(desk: Desk) -> None:
    await desk.save("a.txt", b"x" * 9 * 2**20)
    await desk.save("a.ipynb", of(*(code_cell(f"a{at}" * 40) for at in range(60))))
    url = await desk.submit()
    await desk.save("a.txt", b"y" * 9 * 2**20)
    await desk.save("a.ipynb", of(*(code_cell(f"b{at}" * 40) for at in range(60))))
    await desk.next_round(url)
    large = await desk.get(f"{url}/diff", path="a.txt", against="1")
    assert large["kind"] == "too large"
    long = await desk.get(f"{url}/diff", path="a.ipynb", against="1")
    assert long["kind"] in {"notebook", "text"}
    await desk.get(f"{url}/parts/a.ipynb")


async def test_066_looking_starts_nothing(desk: Desk) -> None:
    await desk.save("a.ipynb", of(code_cell("x")))
    url = await desk.submit()
    for path in ("", "/files", "/events", "/comments"):
        await desk.get(f"{url}{path}")
    for form in ("parts", "contents", "view", "raw"):
        assert (await desk.reviewer.http.get(f"{url}/{form}/a.ipynb")).status_code == 200
    for person in (desk.reviewer, desk.maker):
        for things in ("/api/containers/", "/api/kernels", "/api/sessions", "/api/terminals"):
            assert (await person.http.get(things)).json() == []


async def test_067_a_notebook_taken_home_is_not_trusted(desk: Desk) -> None:
    cell = code_cell("x", outputs=[html("<script>alert(1)</script>")], id="c0")
    await desk.save("a.ipynb", of(cell | {"metadata": {"trusted": True}}))
    url = await desk.submit()
    data = (await desk.reviewer.http.get(f"{url}/raw/a.ipynb", params={"download": "1"})).content
    home = await desk.reviewer.project("taken home")
    saved = await desk.reviewer.http.put(f"/api/projects/{home['id']}/files/a.ipynb", content=data)
    assert saved.status_code == 201, saved.text
    mine = await desk.get("/api/contents/taken home/a.ipynb")
    assert [one["metadata"]["trusted"] for one in mine["content"]["cells"]] == [False]
