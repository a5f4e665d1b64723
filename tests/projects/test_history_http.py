"""A project's history over HTTP: listed, read, compared, brought back; by those who may."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from platform_server.clock import new_id
from platform_server.testing.places import Place, code_cell, notebook, refused

if TYPE_CHECKING:
    from platform_server.testing.serving import Person


@pytest.fixture
async def project(alice: Person) -> dict[str, Any]:
    return await alice.project(f"history {new_id()}")


@pytest.fixture
def url(project: dict[str, Any]) -> str:
    return f"/api/projects/{project['id']}"


async def save(person: Person, url: str, path: str, data: bytes) -> str:
    """Save a file; return the id of its revision."""
    answer = await person.http.put(f"{url}/files/{path}", content=data)
    assert answer.status_code in {200, 201}, answer.text
    return str(answer.json()["revision"])


async def share(owner: Person, url: str, other: Person, role: str) -> None:
    body = {"email": other.user.email, "role": role}
    assert (await owner.http.post(f"{url}/members", json=body)).status_code == 201


async def content(person: Person, url: str, path: str) -> bytes | None:
    answer = await person.http.get(f"{url}/files/{path}")
    return answer.content if answer.status_code == 200 else None


async def test_a_file_has_a_history_in_pages(alice: Person, url: str) -> None:
    ids = [await save(alice, url, "été 1 %23.txt", str(one).encode()) for one in range(5)]

    query = {"path": "été 1 #.txt", "limit": "2"}
    pages: list[list[str]] = []
    while "before" not in query or query["before"]:
        page = (await alice.http.get(f"{url}/history", params=query)).json()
        pages.append([one["id"] for one in page["revisions"]])
        query["before"] = page["next"]

    assert [one for page in pages for one in page] == ids[::-1]
    assert [len(page) for page in pages] == [2, 2, 1]


async def test_a_line_of_the_history_says_who_saved_what(alice: Person, url: str) -> None:
    await save(alice, url, "a.txt", b"tea")
    (line,) = (await alice.http.get(f"{url}/history?path=a.txt")).json()["revisions"]

    assert line["author"] == {"id": alice.user.id, "name": "Alice"}
    assert (line["path"], line["size"], line["origin"]) == ("a.txt", 3, "api")
    assert set(line) == {"id", "path", "size", "sha256", "origin", "author", "created_at"}


async def test_a_project_has_a_history_over_all_files(alice: Person, url: str) -> None:
    ids = [await save(alice, url, f"{one % 3}.txt", str(one).encode()) for one in range(7)]
    await alice.http.delete(f"{url}/files/0.txt")

    first = (await alice.http.get(f"{url}/history?limit=4")).json()
    second = (await alice.http.get(f"{url}/history?limit=4&before={first['next']}")).json()

    listed = [one["id"] for one in first["revisions"] + second["revisions"]]
    assert (listed, second["next"]) == (ids[::-1], None)


async def test_a_deleted_file_is_restored_from_its_history(alice: Person, url: str) -> None:
    first = await save(alice, url, "sub/a.txt", b"first")
    await save(alice, url, "sub/a.txt", b"second")
    await alice.http.delete(f"{url}/files/sub")

    body = {"path": "sub/a.txt", "revision": first}
    answer = await alice.http.post(f"{url}/restore", json=body)

    assert answer.status_code == 200
    assert await content(alice, url, "sub/a.txt") == b"first"
    lines = (await alice.http.get(f"{url}/history?path=sub/a.txt")).json()["revisions"]
    assert [one["origin"] for one in lines] == ["restore", "api", "api"]


async def test_a_revision_is_read_as_bytes_also_in_part(alice: Person, url: str) -> None:
    first = await save(alice, url, "a.html", b"<script>1</script>")
    await save(alice, url, "a.html", b"other")

    whole = await alice.http.get(f"{url}/revisions/{first}")
    part = await alice.http.get(f"{url}/revisions/{first}", headers={"Range": "bytes=1-6"})

    assert whole.content == b"<script>1</script>"
    assert whole.headers["Content-Disposition"].startswith("attachment")
    assert (part.status_code, part.content) == (206, b"script")


async def test_a_part_that_is_not_in_a_file_is_refused_in_words(alice: Person, url: str) -> None:
    first = await save(alice, url, "a.txt", b"short")

    answer = await alice.http.get(f"{url}/revisions/{first}", headers={"Range": "bytes=9-"})

    assert (answer.status_code, answer.headers["Content-Range"]) == (416, "bytes */5")
    assert answer.json().keys() == {"message", "reason"}


async def test_a_revision_of_a_notebook_is_read_as_a_model(alice: Person, url: str) -> None:
    body = notebook(code_cell("1 + 1"))["content"]
    first = await save(alice, url, "a.ipynb", json.dumps(body).encode())
    await save(alice, url, "a.ipynb", b"{}")

    answer = await alice.http.get(f"{url}/revisions/{first}?format=model")

    assert answer.status_code == 200, answer.text
    model = answer.json()
    assert (model["type"], model["format"]) == ("notebook", "json")
    assert model["content"]["cells"][0]["source"] == "1 + 1"


async def test_text_is_compared_with_another_revision_and_with_now(alice: Person, url: str) -> None:
    first = await save(alice, url, "a.txt", b"one\ntwo\n")
    second = await save(alice, url, "a.txt", b"one\nthree\n")
    await save(alice, url, "a.txt", b"one\n")

    query = {"path": "a.txt", "from": first}
    then = (await alice.http.get(f"{url}/diff", params=query | {"to": second})).json()
    now = (await alice.http.get(f"{url}/diff", params=query)).json()

    assert (then["kind"], then["coarse"], then["notebook"]) == ("text", False, None)
    assert then["unified"].splitlines()[2:] == ["@@ -1,2 +1,2 @@", " one", "-two", "+three"]
    assert now["unified"].splitlines()[2:] == ["@@ -1,2 +1 @@", " one", "-two"]


async def test_notebooks_are_compared_cell_by_cell(alice: Person, url: str) -> None:
    ids = [
        await save(alice, url, "a.ipynb", json.dumps(notebook(code_cell(one))["content"]).encode())
        for one in ("x = 1", "x = 2")
    ]
    query = {"path": "a.ipynb", "from": ids[0], "to": ids[1]}
    diff = (await alice.http.get(f"{url}/diff", params=query)).json()

    assert diff["kind"] == "notebook"
    assert [(one["op"], one["key"]) for one in diff["notebook"]] == [("patch", "cells")]
    assert {"-x = 1", "+x = 2"} <= set(diff["unified"].splitlines())


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        (b"\xff\x00", b"\xfe\x00", "binary"),
        (b"same", b"same", "same"),
        (b"x" * (8 * 2**20 + 1), b"y", "too large"),
    ],
)
async def test_what_cannot_be_compared_says_so(
    alice: Person, url: str, old: bytes, new: bytes, kind: str
) -> None:
    first = await save(alice, url, "a.bin", old)
    await save(alice, url, "a.bin", new)
    diff = (await alice.http.get(f"{url}/diff?path=a.bin&from={first}&to=now")).json()
    assert (diff["kind"], diff["unified"], diff["notebook"]) == (kind, None, None)


async def test_requests_that_make_no_sense_are_refused(alice: Person, url: str) -> None:
    revision = await save(alice, url, "a.txt", b"tea")
    for path, status in [
        ("history?path=none.txt", 404),
        ("history?limit=0", 400),
        ("history?limit=²", 400),
        ("history?path=../a", 400),
        ("revisions/none", 404),
        (f"revisions/{revision}?format=pdf", 400),
        (f"diff?from={revision}", 400),
        (f"diff?path=a.txt&from={revision}&to=none", 404),
        (f"diff?path=&from={revision}", 409),
    ]:
        answer = await alice.http.get(f"{url}/{path}")
        assert answer.status_code == status, (path, answer.text)
        assert answer.json()["message"]
    for body in ({}, {"path": "a.txt", "revision": "none"}, {"path": "a.txt", "revision": 1}):
        answer = await alice.http.post(f"{url}/restore", json=body)
        assert answer.status_code in {400, 404}


async def test_a_project_is_brought_back_to_a_checkpoint(alice: Person, url: str) -> None:
    await save(alice, url, "kept.txt", b"kept")
    await save(alice, url, "changed.txt", b"before")
    await save(alice, url, "sub/removed.txt", b"removed")
    made = await alice.http.post(f"{url}/checkpoints", json={"name": "  The first draft "})
    assert made.status_code == 201, made.text
    checkpoint = made.json()
    await save(alice, url, "changed.txt", b"after")
    await save(alice, url, "new/new.txt", b"new")
    await alice.http.delete(f"{url}/files/sub")

    answer = await alice.http.post(f"{url}/checkpoints/{checkpoint['id']}/restore")

    assert answer.status_code == 200, answer.text
    result = answer.json()
    assert result["restored"] == ["changed.txt", "sub/removed.txt"]
    assert (result["removed"], result["left"]) == (["new/new.txt"], [])
    assert await content(alice, url, "changed.txt") == b"before"
    assert await content(alice, url, "sub/removed.txt") == b"removed"
    assert await content(alice, url, "kept.txt") == b"kept"
    assert await content(alice, url, "new/new.txt") is None
    back = await alice.http.post(f"{url}/checkpoints/{result['before']['id']}/restore")
    assert back.status_code == 200
    assert await content(alice, url, "changed.txt") == b"after"
    assert await content(alice, url, "new/new.txt") == b"new"


async def test_a_checkpoint_is_listed_shown_and_dropped(alice: Person, url: str) -> None:
    revision = await save(alice, url, "sub/a.txt", b"tea")
    made = (await alice.http.post(f"{url}/checkpoints", json={"name": "v1"})).json()
    again = await alice.http.post(f"{url}/checkpoints", json={"name": "v1"})

    assert (made["name"], made["files"], made["automatic"]) == ("v1", 1, False)
    assert refused(again, 409, "name_taken")
    assert (await alice.http.get(f"{url}/checkpoints")).json() == [made]
    shown = (await alice.http.get(f"{url}/checkpoints/{made['id']}")).json()
    assert [(one["path"], one["revision"]) for one in shown["entries"]] == [
        ("sub", None),
        ("sub/a.txt", revision),
    ]
    assert (await alice.http.delete(f"{url}/checkpoints/{made['id']}")).status_code == 204
    gone = await alice.http.post(f"{url}/checkpoints/{made['id']}/restore")
    assert refused(gone, 404, "checkpoint_not_found")


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 201])
async def test_a_checkpoint_has_a_name_to_read(alice: Person, url: str, name: str) -> None:
    answer = await alice.http.post(f"{url}/checkpoints", json={"name": name})
    assert refused(answer, 400, "invalid_input")


async def test_members_do_what_their_access_allows(alice: Person, bob: Person, url: str) -> None:
    revision = await save(alice, url, "a.txt", b"tea")
    made = (await alice.http.post(f"{url}/checkpoints", json={"name": "v1"})).json()
    reads = ["history", f"revisions/{revision}", "checkpoints", "archive"]
    reads += [f"diff?path=a.txt&from={revision}", f"checkpoints/{made['id']}"]
    writes: list[tuple[str, str, Any]] = [
        ("POST", "restore", {"path": "a.txt", "revision": revision}),
        ("POST", "checkpoints", {"name": "bob's"}),
        ("POST", f"checkpoints/{made['id']}/restore", None),
        ("POST", "import", None),
    ]
    drop = ("DELETE", f"checkpoints/{made['id']}", None)
    everything = [("GET", path, None) for path in reads] + [*writes, drop]

    for method, path, body in everything:
        answer = await bob.http.request(method, f"{url}/{path}", json=body)
        assert answer.status_code == 404, (path, answer.text)
    await share(alice, url, bob, "viewer")
    for path in reads:
        assert (await bob.http.get(f"{url}/{path}")).status_code == 200, path
    for method, path, body in [*writes, drop]:
        answer = await bob.http.request(method, f"{url}/{path}", json=body)
        assert refused(answer, 403, "access_denied"), path
    await share(alice, url, bob, "editor")
    for method, path, body in writes[:3]:
        answer = await bob.http.request(method, f"{url}/{path}", json=body)
        assert answer.status_code in {200, 201}, (path, answer.text)
    assert refused(await bob.http.delete(f"{url}/{drop[1]}"), 403, "access_denied")


async def test_a_revision_of_another_project_is_not_there(alice: Person, url: str) -> None:
    other = await alice.project(f"other {new_id()}")
    revision = await save(alice, f"/api/projects/{other['id']}", "a.txt", b"tea")
    assert (await alice.http.get(f"{url}/revisions/{revision}")).status_code == 404
    body = {"path": "a.txt", "revision": revision}
    assert (await alice.http.post(f"{url}/restore", json=body)).status_code == 404


async def test_strangers_see_nothing(stranger: Any, url: str) -> None:
    for path in ("history", "checkpoints", "archive", "diff"):
        assert (await stranger.get(f"{url}/{path}")).status_code == 401
    for path in ("restore", "import", "checkpoints"):
        assert (await stranger.post(f"{url}/{path}")).status_code in {401, 403}


async def test_what_code_wrote_is_in_the_history(
    alice: Person, project: dict[str, Any], url: str
) -> None:
    place = Place(alice, project["name"])
    await place.save("a.txt", "mine")
    container = await alice.http.post("/api/containers/", json={"project": project["id"]})
    box = container.json()["id"]
    command = {"command": "echo code > a.txt"}
    await alice.http.post(f"/api/containers/{box}/execute", json=command)
    await alice.http.get(f"{url}/files/a.txt")

    lines = (await alice.http.get(f"{url}/history?path=a.txt")).json()["revisions"]

    assert (lines[0]["origin"], lines[0]["author"]) == ("sandbox", None)
    await alice.http.delete(f"/api/containers/{box}")


async def test_files_that_are_gone_are_listed_until_they_are_back(alice: Person, url: str) -> None:
    await save(alice, url, "here.txt", b"here")
    await save(alice, url, "sub/lost.txt", b"first")
    last = await save(alice, url, "sub/lost.txt", b"last")
    other = await save(alice, url, "other.txt", b"other")
    for path in ("sub", "other.txt"):
        await alice.http.delete(f"{url}/files/{path}")

    first = (await alice.http.get(f"{url}/gone?limit=1")).json()
    rest = (await alice.http.get(f"{url}/gone?before={first['next']}")).json()
    body = {"path": "sub/lost.txt", "revision": last, "new": True}
    assert (await alice.http.post(f"{url}/restore", json=body)).status_code == 200
    again = await alice.http.post(f"{url}/restore", json=body)

    assert [one["id"] for one in first["revisions"] + rest["revisions"]] == [other, last]
    left = (await alice.http.get(f"{url}/gone")).json()["revisions"]
    assert [one["path"] for one in left] == ["other.txt"]
    assert (again.status_code, await content(alice, url, "sub/lost.txt")) == (409, b"last")


async def test_what_changed_since_a_checkpoint_is_listed_before_one_goes_back(
    alice: Person, url: str
) -> None:
    ids = {one: await save(alice, url, f"{one}.txt", one.encode()) for one in ("a", "b", "c")}
    mark = (await alice.http.post(f"{url}/checkpoints/", json={"name": "good"})).json()["id"]
    await save(alice, url, "a.txt", b"changed")
    await alice.http.delete(f"{url}/files/b.txt")
    new = await save(alice, url, "sub/new.txt", b"new")

    found = (await alice.http.get(f"{url}/checkpoints/{mark}/changes")).json()

    assert found == {
        "changed": [{"path": "a.txt", "revision": ids["a"], "size": 1}],
        "missing": [{"path": "b.txt", "revision": ids["b"], "size": 1}],
        "extra": [{"path": "sub/new.txt", "revision": new, "size": 3}],
    }
    done = (await alice.http.post(f"{url}/checkpoints/{mark}/restore")).json()
    assert (done["restored"], done["removed"]) == (["a.txt", "b.txt"], ["sub/new.txt"])


async def test_a_refused_save_is_kept_and_named_in_the_history(
    alice: Person, project: dict[str, Any], url: str
) -> None:
    await save(alice, url, "a.b.txt", b"theirs")
    await save(alice, url, "a.b (conflict of nobody).txt", b"called alike")
    body = {"type": "file", "format": "text", "content": "mine"}
    stale = {"If-Match": f'"{"0" * 64}"'}
    contents = f"/api/contents/{project['label']}/a.b.txt"

    refused = await alice.http.put(contents, json=body, headers=stale)
    kept = await alice.http.put(f"{contents}?conflict=copy", json=body, headers=stale)

    assert (refused.status_code, kept.status_code) == (412, 201)
    page = (await alice.http.get(f"{url}/history?path=a.b.txt")).json()
    (copy,) = page["conflict_copies"]
    assert f"{project['label']}/{copy['path']}" == kept.json()["path"]
    assert await content(alice, url, copy["path"]) == b"mine"
    assert await content(alice, url, "a.b.txt") == b"theirs"


async def test_a_revision_is_saved_to_disk_when_that_is_asked_for(alice: Person, url: str) -> None:
    first = await save(alice, url, "a.txt", b"tea")

    shown = await alice.http.get(f"{url}/revisions/{first}")
    saved = await alice.http.get(f"{url}/revisions/{first}?download=1")

    ways = [one.headers["Content-Disposition"].partition(";")[0] for one in (shown, saved)]
    assert ways == ["inline", "attachment"]
