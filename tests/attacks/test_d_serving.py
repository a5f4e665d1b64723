"""D. The doors to files over HTTP, what comes out of them, and what the server makes of files.

``theirs``  a project of bob's with secrets in it, which alice is no member of
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from platform_server.clock import new_id
from platform_server.identity.model import Role
from platform_server.testing.hostile_code import SPARSE
from platform_server.testing.serving import Server, join

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from platform_server.testing.serving import Person

SECRET = "of the victim"
PLANTED = [  # what one Python program or another runs when it is started near it
    ".jupyter/jupyter_server_config.py",
    ".ipython/profile_default/startup/00.py",
    ".ipython/profile_default/ipython_config.py",
    "jupyter_server_config.py",
    "jupyter_config.py",
    "jupyter_lab_config.py",
    "sitecustomize.py",
    "usercustomize.py",
    "platform_server/__init__.py",
    "nbformat.py",
]
NOTEBOOK = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {},
    "cells": [{"cell_type": "markdown", "id": "a", "metadata": {}, "source": SECRET}],
}


@pytest.fixture
async def theirs(bob: Person) -> str:
    name = f"theirs-{new_id()}"
    await bob.project(name)
    text = {"type": "file", "content": SECRET}
    await bob.http.put(f"/api/contents/{name}/secret.txt", json=text)
    answer = await bob.http.put(
        f"/api/contents/{name}/secret.ipynb", json={"type": "notebook", "content": NOTEBOOK}
    )
    assert answer.status_code == 201
    return name


async def test_046_the_server_loads_nothing_out_of_a_project(tmp_path: Path) -> None:
    """It is started again with the project there: what is loaded is loaded at the start."""
    marker = tmp_path / "marker"
    planted = f"open({str(marker)!r}, 'w').close()\n"
    async with Server.start(tmp_path / "home") as server:
        person = await join(server, "planter", Role.LEARNER)
        project = await person.project("hidden")
        for path in PLANTED:
            url = f"/api/projects/{project['id']}/files/{path}"
            assert (await person.http.put(url, content=planted.encode())).status_code == 201
        await person.aclose()
    async with Server.start(tmp_path / "home") as server:
        person = await join(server, "reader", Role.LEARNER)
        assert (await person.http.get("/api/contents/")).status_code == 200
        await person.aclose()
    files = tmp_path / "home" / "volumes" / project["id"] / "files"
    assert all((files / path).exists() for path in PLANTED)
    assert not marker.exists()


async def test_048_no_other_door_leads_to_a_file(
    alice: Person, stranger: httpx.AsyncClient, theirs: str
) -> None:
    file, notebook = f"{theirs}/secret.txt", f"{theirs}/secret.ipynb"
    paths = [
        *(f"/api/contents/{file}?content={flag}" for flag in "01"),
        *(f"/api/contents/{file}?type={kind}" for kind in ("file", "directory", "notebook")),
        f"/api/contents/{file}?format=base64&hash=1",
        f"/api/contents/{theirs}?type=directory",
        f"/api/contents/{file}/checkpoints",
        f"/api/contents/{notebook}",
        *(f"/{door}/{file}" for door in ("files", "view", "edit", "static", "voila", "tree")),
        f"/files/{file}?download=1",
        *(f"/nbconvert/{kind}/{notebook}" for kind in ("html", "script", "latex")),
        f"/api/resolvePath?path={file}",
        f"/api/nbconvert/{notebook}",
        f"/lsp/{file}",
        f"/notebooks/{notebook}",
    ]
    missing = await alice.http.get("/api/contents/nobodys/secret.txt")
    for path in paths:
        answer = await alice.http.get(path)
        unknown = await stranger.get(path)
        assert answer.status_code == 404, (path, answer.text)
        assert unknown.status_code in {302, 401, 403, 404}, (path, unknown.text)
        assert SECRET not in answer.text + unknown.text
    assert (await alice.http.get(f"/api/contents/{file}")).text == missing.text


@pytest.mark.parametrize(
    "name",
    [
        "a.html",
        "a.htm",
        "a.xhtml",
        "a.svg",
        "a.xml",
        "a.js",
        "a.mjs",
        "a.css",
        "a.ipynb",
        "a",
        "a.xsl",
    ],
)
async def test_049_050_what_could_be_a_page_is_saved_to_disk(alice: Person, name: str) -> None:
    project = await alice.project("pages")
    page = b"<html xmlns='http://www.w3.org/1999/xhtml'><script>alert(1)</script></html>"
    by_id = f"/api/projects/{project['id']}/files/{name}"
    await alice.http.put(by_id, content=page)
    for url in (by_id, f"/files/pages/{name}"):
        answer = await alice.http.get(url)
        policy = answer.headers["content-security-policy"]
        assert answer.content == page
        assert answer.headers["content-disposition"].startswith("attachment;")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert policy.split(";")[0] == "sandbox"
        assert "default-src 'none'" in policy
        assert "allow-" not in policy


@pytest.mark.parametrize("name", ["a.pdf", "a.png", "a.txt", "a.json", "a.csv"])
async def test_049_050_what_is_shown_keeps_its_type_and_has_no_origin(
    alice: Person, name: str
) -> None:
    project = await alice.project("pages")
    by_id = f"/api/projects/{project['id']}/files/{name}"
    await alice.http.put(by_id, content=b"<script>alert(1)</script>")
    for url in (by_id, f"/files/pages/{name}"):
        answer = await alice.http.get(url)
        assert "html" not in answer.headers["content-type"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].split(";")[0] == "sandbox"


async def test_049_a_name_does_not_write_headers(alice: Person) -> None:
    project = await alice.project("pages")
    name = "a%22;%20filename=%22b.html;%20%C3%A9.txt"
    await alice.http.put(f"/api/projects/{project['id']}/files/{name}", content=b"x")
    answer = await alice.http.get(f"/files/pages/{name}")
    assert answer.headers["content-disposition"] == (
        "inline; filename*=UTF-8''a%22%3B%20filename%3D%22b.html%3B%20%C3%A9.txt"
    )


async def test_049_another_sites_page_cannot_include_a_file(alice: Person) -> None:
    await alice.project("pages")
    saved = {"type": "file", "content": "[1]"}
    await alice.http.put("/api/contents/pages/data.json", json=saved)
    browser = await alice.browser()
    own = {"Referer": f"{alice.server.url}/lab"}
    assert (await browser.get("/files/pages/data.json", headers=own)).text == "[1]"
    evil = {"Referer": "http://evil.example/"}
    assert (await browser.get("/files/pages/data.json", headers=evil)).status_code in {403, 404}


async def test_130_a_sparse_file_costs_the_server_what_is_asked_of_it(alice: Person) -> None:
    project = await alice.project("sparse")
    listed = await alice.http.get("/api/contents/sparse")
    huge = alice.server.home / "volumes" / project["id"] / "files" / "huge.bin"
    with huge.open("wb") as file:
        file.seek(SPARSE - 3)
        file.write(b"end")
    by_id = f"/api/projects/{project['id']}/files/huge.bin"
    for url in (by_id, "/files/sparse/huge.bin"):
        tail = await alice.http.get(url, headers={"Range": "bytes=-3"})
        assert (tail.status_code, tail.content) == (206, b"end")
        assert (await alice.http.head(url)).headers["content-length"] == str(SPARSE)
    model = await alice.http.get("/api/contents/sparse/huge.bin?content=0&hash=1")
    opened = await alice.http.get("/api/contents/sparse/huge.bin")
    assert listed.status_code == 200
    assert (model.json()["size"], model.json()["hash"]) == (SPARSE, None)
    assert opened.status_code == 413
    assert (await alice.http.delete("/api/contents/sparse/huge.bin")).status_code == 204
