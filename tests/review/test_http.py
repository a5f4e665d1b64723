"""Reviews over HTTP, by the names that scripts rely on."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from platform_server.clock import new_id
from platform_server.testing.places import code_cell, notebook, refused

if TYPE_CHECKING:
    from platform_server.testing.serving import Person

ANALYSIS = notebook(
    code_cell("x = 1\nprint(x)", outputs=[{"output_type": "stream", "name": "stdout", "text": "1"}])
)["content"]


@pytest.fixture
async def project(alice: Person) -> dict[str, Any]:
    made = await alice.project(f"thesis {new_id()}")
    await save(alice, made, "analysis.ipynb", json.dumps(ANALYSIS).encode())
    await save(alice, made, "été 1 %23.txt", b"tea\n")
    return made


@pytest.fixture
async def url(alice: Person, project: dict[str, Any]) -> str:
    """The address of a submission."""
    return f"/api/submissions/{(await submit(alice, project, 'Please look.'))['id']}"


async def save(person: Person, project: dict[str, Any], path: str, data: bytes) -> None:
    answer = await person.http.put(f"/api/projects/{project['id']}/files/{path}", content=data)
    assert answer.status_code in {200, 201}, answer.text


async def submit(person: Person, project: dict[str, Any], message: str) -> dict[str, Any]:
    answer = await person.http.post(
        f"/api/projects/{project['id']}/submissions", json={"message": message}
    )
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def got(person: Person, url: str, **query: str) -> Any:
    answer = await person.http.get(url, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def posted(person: Person, url: str, body: object, status: int = 201) -> Any:
    answer = await person.http.post(url, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_the_whole_story_in_two_rounds(
    alice: Person, reviewer: Person, project: dict[str, Any]
) -> None:
    made = await submit(alice, project, "Please look.")
    url = f"/api/submissions/{made['id']}"
    assert (made["round"], made["state"]) == (1, "submitted")
    assert made["may"] == {"review": False, "change": True, "assign": False}
    waiting = await got(reviewer, "/api/submissions/", state="submitted,in_review")
    assert made["id"] in [one["id"] for one in waiting]

    claimed = await posted(reviewer, f"{url}/claim", {}, 200)
    assert (claimed["state"], claimed["reviewer"]["id"]) == ("in_review", reviewer.user.id)
    assert claimed["may"] == {"review": True, "change": False, "assign": True}
    place = {"cell_id": "one", "line": 1}
    said = {"path": "analysis.ipynb", "anchor": place, "body": "Why one?", "suggestion": "x = 2"}
    thread = await posted(reviewer, f"{url}/comments", said)
    assert thread["comments"][0]["draft"] is True
    assert await got(alice, f"{url}/comments") == []
    decision = {"round": 1, "decision": "request_changes", "summary": "Nearly."}
    await posted(reviewer, f"{url}/decision", decision)

    (thread,) = await got(alice, f"{url}/comments")
    assert (thread["anchor"]["quote"], thread["comments"][0]["draft"]) == ("x = 1", False)
    comment = thread["comments"][0]["id"]
    applied = await posted(alice, f"{url}/comments/{comment}/apply", {}, 200)
    assert applied["thread"]["resolved"]["by"]["id"] == alice.user.id
    await posted(alice, f"{url}/comments", {"reply_to": comment, "body": "Done."})
    again = await submit(alice, project, "Better?")
    assert (again["id"], again["round"]) == (made["id"], 2)

    diff = await got(reviewer, f"{url}/diff", path="analysis.ipynb", against="1")
    (followed,) = await got(reviewer, f"{url}/comments")
    assert (followed["now"]["fate"], followed["now"]["anchor"]["line"]) == ("changed", 1)
    assert diff["kind"] == "notebook"
    (changed,) = diff["findings"]["cells"]
    assert (changed["cell_id"], changed["source"], changed["stale"]) == ("one", True, True)
    sides = [await reviewer.http.get(diff["sides"][one]) for one in ("before", "after")]
    assert ["x = 2" in one.text for one in sides] == [False, True]
    mine = await got(reviewer, f"{url}/changes", against="mine")
    assert (mine["against"], mine["round"]) == (1, 2)
    assert [(one["path"], one["change"]) for one in mine["files"]] == [
        ("analysis.ipynb", "changed")
    ]
    for wrong in ({"against": "x"}, {"against": "0", "round": "now"}):
        answer = await reviewer.http.get(f"{url}/changes", params=wrong)
        assert answer.status_code == 400
    assert "x = 2" in diff["unified"]
    stale = await reviewer.http.post(f"{url}/decision", json=decision)
    assert refused(stale, 409, "conflict")
    done = await posted(
        reviewer, f"{url}/decision", {"round": 2, "decision": "approve", "summary": "Good."}
    )
    assert done["state"] == "approved"
    assert [one["decision"]["decision"] for one in done["rounds"]] == ["request_changes", "approve"]
    happened = [one["what"] for one in await got(alice, f"{url}/events")]
    assert happened == [
        *("submitted", "claimed", "decided", "applied", "commented", "submitted", "decided")
    ]
    told = [one["what"] for one in await got(alice, "/api/notices") if not one["read"]]
    assert told.count("decided") >= 2
    assert (await alice.http.delete("/api/notices")).status_code == 204
    assert {one["read"] for one in await got(alice, "/api/notices")} == {True}


async def test_what_was_submitted_is_read_as_contents_and_as_bytes(
    alice: Person, reviewer: Person, url: str, project: dict[str, Any]
) -> None:
    await save(alice, project, "analysis.ipynb", b"changed since")
    for reader in (alice, reviewer):
        files = [one["path"] for one in await got(reader, f"{url}/files")]
        model = await got(reader, f"{url}/contents/analysis.ipynb")
        raw = await reader.http.get(f"{url}/raw/été 1 %23.txt")
        assert files == ["analysis.ipynb", "été 1 #.txt"]
        assert (model["type"], model["writable"], model["path"]) == (
            "notebook",
            False,
            "analysis.ipynb",
        )
        assert model["content"]["cells"][0]["metadata"]["trusted"] is False
        assert (raw.content, raw.headers["X-Content-Type-Options"]) == (b"tea\n", "nosniff")
    assert (await got(alice, f"{url}/contents/été 1 %23.txt", content="0"))["content"] is None
    for path in ("none.txt", "..%2fanalysis.ipynb", "analysis.ipynb/x"):
        assert (await alice.http.get(f"{url}/contents/{path}")).status_code in {400, 404}
    for number in ("0", "2", "-1", "x", "9" * 12):
        answer = await alice.http.get(f"{url}/files", params={"round": number})
        assert answer.status_code in {400, 404}


async def test_a_file_is_shown_as_a_page_that_can_do_nothing(reviewer: Person, url: str) -> None:
    shown = await reviewer.http.get(f"{url}/view/analysis.ipynb")
    assert 'id="cell-0-L1"' in shown.text
    assert shown.headers["Content-Type"] == "text/html; charset=UTF-8"
    policy = shown.headers["Content-Security-Policy"].split("; ")
    assert {"sandbox", "default-src 'none'", "frame-ancestors 'self'"} <= set(policy)
    assert shown.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert shown.headers["Referrer-Policy"] == "no-referrer"
    known = hashlib.sha256(shown.content).hexdigest()
    assert shown.headers["ETag"] == f'"{known}"'
    again = await reviewer.http.get(shown.url, headers={"If-None-Match": f'"{known}"'})
    assert (again.status_code, again.content) == (304, b"")


async def test_a_file_is_shown_in_parts(reviewer: Person, url: str) -> None:
    shown = await got(reviewer, f"{url}/parts/analysis.ipynb")
    assert [one["cell_id"] for one in shown["parts"]]
    assert f"style-src 'sha256-{_digest(shown['style'])}'" in shown["policy"]
    whole, again = [await reviewer.http.get(f"{url}/parts/analysis.ipynb") for _ in range(2)]
    assert whole.headers["ETag"] == again.headers["ETag"]
    known = {"If-None-Match": whole.headers["ETag"]}
    assert (await reviewer.http.get(whole.url, headers=known)).status_code == 304
    assert refused(await reviewer.http.get(f"{url}/parts/none.txt"), 404, "file_not_found")


async def test_what_would_be_submitted_is_told(alice: Person, project: dict[str, Any]) -> None:
    told = await got(alice, f"/api/projects/{project['id']}/submissions/preview")
    assert {"path", "size", "sha256"} == set(told["files"][0])
    assert told["round"] >= 1


async def test_opening_a_submission_starts_nothing(reviewer: Person, url: str) -> None:
    await got(reviewer, f"{url}/contents/analysis.ipynb")
    await reviewer.http.get(f"{url}/view/analysis.ipynb")
    await reviewer.http.get(f"{url}/parts/analysis.ipynb")
    assert await got(reviewer, "/api/containers/") == []
    assert await got(reviewer, "/api/kernels") == []


async def test_who_has_no_part_in_it_finds_nothing(bob: Person, url: str) -> None:
    for path in ("", "/files", "/events", "/comments", "/contents/analysis.ipynb", "/diff"):
        answer = await bob.http.get(url + path, params={"path": "a", "against": "1"})
        assert refused(answer, 404, "submission_not_found")
    for path in ("/claim", "/decision"):
        assert (await bob.http.post(url + path, json={})).status_code == 403
    assert refused(await bob.http.post(f"{url}/withdraw"), 404, "submission_not_found")


async def test_a_reviewer_does_nothing_to_the_project(
    reviewer: Person, url: str, project: dict[str, Any]
) -> None:
    base = f"/api/projects/{project['id']}"
    for method, path, body in (
        ("GET", base, None),
        ("PUT", f"{base}/files/analysis.ipynb", {}),
        ("POST", f"{base}/submissions", {}),
        ("POST", f"{base}/restore", {"path": "a", "revision": "b"}),
        ("DELETE", base, None),
    ):
        answer = await reviewer.http.request(method, path, json=body)
        assert answer.status_code in {403, 404}, (method, path)
    withdrawn = await reviewer.http.post(f"{url}/withdraw")
    started = await reviewer.http.post("/api/containers/", json={"project": project["id"]})
    now = {"path": "analysis.ipynb", "against": "1", "round": "now"}
    assert (withdrawn.status_code, started.status_code) == (403, 404)
    assert (await reviewer.http.get(f"{url}/diff", params=now)).status_code == 400


async def test_a_comment_that_makes_no_sense_is_refused(reviewer: Person, url: str) -> None:
    for body in (
        {"body": ""},
        {"body": "x", "path": "none.txt"},
        {"body": "x", "path": "analysis.ipynb", "anchor": {"cell_id": "none"}},
        {"body": "x", "path": "analysis.ipynb", "anchor": {"line": 0}},
        {"body": "x", "reply_to": "nothing"},
        {"body": "x", "more": 1},
        {"body": "x" * 20_001},
    ):
        answer = await reviewer.http.post(f"{url}/comments", json=body)
        assert answer.status_code in {400, 404}, body
    assert await got(reviewer, f"{url}/comments") == []


def _digest(style: str) -> str:
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
