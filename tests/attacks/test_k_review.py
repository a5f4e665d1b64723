"""K. Review integrity: what was submitted, said and decided stays, and each side keeps to its own.

``desk``   a project of maker's with a submission that judge has claimed, on the tests' server
``cast``   everybody who has a part in it, or none
"""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from platform_extensions.submissions.routes import ROUTES
from platform_server.clock import new_id
from platform_server.identity.model import ALL_SCOPES, Role, Scope, UserId
from platform_server.review.chain import first_broken
from platform_server.review.model import Event, Happening, SubmissionId
from platform_server.testing.places import code_cell, notebook, refused
from platform_server.testing.serving import Person, Server, join

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx

Cast = dict[str, Person]
FILE = "n.ipynb"
WORDS = b"as it was submitted\n"


@dataclass(frozen=True, kw_only=True)
class Submitted:
    """A submission, a thread and a draft of its reviewer's, and the project."""

    project: str
    id: str
    thread: str
    comment: str  # of the makers', in that thread
    draft: str  # a comment of the reviewer's that nobody else sees

    @property
    def url(self) -> str:
        """Its address."""
        return f"/api/submissions/{self.id}"


@pytest.fixture(scope="module")
async def cast(server: Server) -> AsyncIterator[Cast]:
    roles = {
        "maker": Role.LEARNER,
        "learner": Role.LEARNER,
        "judge": Role.REVIEWER,
        "colleague": Role.REVIEWER,
        "chief": Role.ADMIN,
    }
    people = {name: await join(server, f"k-{name}", role) for name, role in roles.items()}
    reads = [one for one in ALL_SCOPES if one is Scope.READ]
    people["reading"] = await join(server, "k-reading", Role.REVIEWER, reads)
    yield people
    for one in people.values():
        await one.aclose()


async def done(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


async def submitted(cast: Cast, *, maker: str = "maker") -> Submitted:
    """Return a new submission that judge reviews."""
    http, judge = cast[maker].http, cast["judge"].http
    project = (await cast[maker].project(f"k {new_id()}"))["id"]
    cell = code_cell("x = 1\ny = 2")
    data = json.dumps(notebook(cell)["content"]).encode()
    for path, content in ((FILE, data), ("words.txt", WORDS)):
        await http.put(f"/api/projects/{project}/files/{path}", content=content)
    made = await done(await http.post(f"/api/projects/{project}/submissions", json={}), 201)
    url = f"/api/submissions/{made['id']}"
    await done(await judge.post(f"{url}/claim"))
    said = {"path": FILE, "anchor": {"cell_id": "one", "line": 1}, "body": "Mine."}
    thread = await done(await http.post(f"{url}/comments", json=said), 201)
    noted = await done(await judge.post(f"{url}/comments", json=said | {"body": "Draft."}), 201)
    return Submitted(
        project=project,
        id=made["id"],
        thread=thread["id"],
        comment=thread["comments"][0]["id"],
        draft=noted["comments"][0]["id"],
    )


@pytest.fixture(scope="module")
async def desk(cast: Cast) -> Submitted:
    return await submitted(cast)


def database(server: Server) -> sqlite3.Connection:
    """Open the running server's database, as somebody with access to its disk could."""
    return sqlite3.connect(server.home / "platform.sqlite", timeout=30)


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("submission_files", "blob"),
        ("submission_rounds", "message"),
        ("submission_decisions", "summary"),
    ],
)
async def test_111_the_database_refuses_to_change_what_was_submitted(
    server: Server, cast: Cast, table: str, column: str
) -> None:
    own = await submitted(cast)
    said = {"round": 1, "decision": "approve", "summary": "Good."}
    await done(await cast["judge"].http.post(f"{own.url}/decision", json=said), 201)
    with closing(database(server)) as connection:
        for change in (
            f"UPDATE {table} SET {column} = 'x' WHERE submission_id = ?",
            f"DELETE FROM {table} WHERE submission_id = ?",
        ):
            with pytest.raises(sqlite3.IntegrityError, match="never changed"):
                connection.execute(change, (own.id,))


async def test_111_bytes_that_are_not_what_was_submitted_are_not_shown(
    server: Server, cast: Cast
) -> None:
    own = await submitted(cast)
    files = await done(await cast["judge"].http.get(f"{own.url}/files"))
    digest = next(one["sha256"] for one in files if one["path"] == "words.txt")
    (stored,) = (server.home / "blobs" / own.project).rglob(digest)
    stored.chmod(0o644)
    stored.write_bytes(b"as somebody wished\n")
    try:
        for form in ("contents", "view"):
            answer = await cast["judge"].http.get(f"{own.url}/{form}/words.txt")
            assert answer.status_code == 503, answer.text
            assert "wished" not in answer.text
    finally:
        stored.write_bytes(WORDS)  # others share the server, and back it up


async def test_111_a_submission_outlives_changes_and_the_project(cast: Cast) -> None:
    own = await submitted(cast)
    maker = cast["maker"].http
    await maker.put(f"/api/projects/{own.project}/files/words.txt", content=b"changed\n")
    shown = await cast["judge"].http.get(f"{own.url}/raw/words.txt")
    assert shown.content == WORDS
    assert (await maker.delete(f"/api/projects/{own.project}")).status_code == 204

    for reader in ("judge", "maker"):
        assert (await cast[reader].http.get(f"{own.url}/raw/words.txt")).content == WORDS


# What each may do: the status of (maker, another learner, its reviewer, another reviewer, an
# admin, a reviewer's token that may only read). In this order: the last ones change the state.
NOTHING = (404, 404, 404, 404, 404, 404)
Line = tuple[str, str, Any, tuple[int, ...]]
MATRIX: list[Line] = [
    ("GET", "{url}", None, (200, 404, 200, 200, 200, 404)),
    ("GET", "{url}/files", None, (200, 404, 200, 200, 200, 404)),
    ("GET", "{url}/contents/n.ipynb", None, (200, 404, 200, 200, 200, 404)),
    ("GET", "{url}/view/n.ipynb", None, (200, 404, 200, 200, 200, 404)),
    ("GET", "{url}/parts/n.ipynb", None, (200, 404, 200, 200, 200, 404)),
    ("GET", "{url}/raw/n.ipynb", None, (200, 404, 200, 200, 200, 404)),
    ("GET", "{url}/changes?against=0", None, (200, 404, 200, 200, 200, 404)),
    ("GET", "{url}/changes?round=now", None, (200, 404, 400, 400, 400, 404)),
    ("GET", "{url}/diff?path=n.ipynb&against=0", None, (200, 404, 200, 200, 200, 404)),
    ("GET", "{url}/diff?path=n.ipynb&round=now", None, (200, 404, 400, 400, 400, 404)),
    ("GET", "{url}/events", None, (200, 404, 200, 200, 200, 404)),
    ("GET", "{url}/rubric", None, (200, 404, 200, 200, 200, 404)),
    ("GET", "{url}/reproduction", None, (200, 404, 200, 200, 200, 404)),
    ("GET", "{url}/reproduction/view/n.ipynb", None, NOTHING),
    ("GET", "{url}/comments", None, (200, 404, 200, 200, 200, 404)),
    ("GET", "/api/projects/{project}", None, (200, 404, 404, 404, 404, 404)),
    ("GET", "/api/projects/{project}/files/n.ipynb", None, (200, 404, 404, 404, 404, 404)),
    ("GET", "/api/projects/{project}/reviewers", None, (200, 404, 404, 404, 200, 404)),
    ("GET", "/api/projects/{project}/rubric", None, (200, 404, 404, 404, 200, 404)),
    ("GET", "/api/reviewers?submission={id}", None, (403, 404, 200, 403, 200, 404)),
    ("GET", "/api/saved-comments/", None, (403, 403, 200, 200, 200, 403)),
    ("PUT", "/api/projects/{project}/files/words.txt", {}, (200, 404, 404, 404, 404, 403)),
    ("POST", "/api/projects/{project}/submissions", {}, (409, 404, 404, 404, 404, 403)),
    ("PUT", "/api/projects/{project}/rubric", {}, (200, 404, 404, 404, 200, 403)),
    ("PUT", "/api/rubric", {}, (403, 403, 403, 403, 200, 403)),
    ("POST", "/api/containers/", {"project": "{project}"}, (0, 404, 404, 404, 404, 403)),
    ("POST", "{url}/reproduction", {}, (403, 403, 409, 409, 409, 403)),
    ("DELETE", "{url}/reproduction", None, (403, 403, 409, 409, 409, 403)),
    ("POST", "{url}/claim", {}, (403, 403, 200, 409, 409, 403)),
    ("POST", "{url}/decision", {"round": 9, "decision": "approve"}, (403, 403, 409, 409, 409, 403)),
    ("POST", "{url}/assign", {"reviewer": "nobody"}, (403, 403, 404, 403, 404, 403)),
    ("PATCH", "{url}/comments/{draft}", {"body": "x"}, (404, 404, 200, 404, 404, 403)),
    ("PATCH", "{url}/comments/{comment}", {"body": "x"}, (200, 404, 403, 403, 403, 403)),
    ("DELETE", "{url}/comments/{draft}", None, (404, 404, 0, 404, 404, 403)),
    ("DELETE", "{url}/comments/{comment}", None, (409, 404, 403, 403, 403, 403)),
    ("POST", "{url}/comments/{draft}/apply", {}, (404, 404, 403, 403, 403, 403)),
    ("POST", "{url}/comments/{comment}/apply", {}, (400, 404, 403, 403, 403, 403)),
    ("DELETE", "{url}/claim", None, (403, 403, 0, 403, 0, 403)),
    ("POST", "{url}/withdraw", {}, (0, 404, 403, 403, 403, 403)),
]
COLUMNS = ("maker", "learner", "judge", "colleague", "chief", "reading")


@pytest.mark.parametrize("line", MATRIX, ids=lambda line: " ".join(line[:2]))
async def test_112_each_keeps_to_their_own(cast: Cast, desk: Submitted, line: Line) -> None:
    method, template, body, expected = line
    names = {"url": desk.url, "project": desk.project, "comment": desk.comment, "draft": desk.draft}
    names["id"] = desk.id
    path = template.format_map(names)
    text = json.dumps(body).replace("{project}", desk.project)
    for name, status in zip(COLUMNS, expected, strict=True):
        if status:  # 0: it may, and would end what the others are tried on
            answer = await cast[name].http.request(
                method, path, content=None if body is None else text
            )
            assert answer.status_code == status, (name, answer.text)


@pytest.fixture
async def of_a_group(cast: Cast) -> AsyncIterator[Submitted]:
    """A submission of a group's member, whom judge reviews and colleague does not."""
    chief = cast["chief"].http
    group = await done(await chief.post("/api/groups/", json={"name": "k"}), 201)
    url = f"/api/groups/{group['id']}"
    for part, name in (("reviewers", "judge"), ("members", "learner")):
        await done(await chief.put(f"{url}/{part}", json={part: [cast[name].user.id]}))
    yield await submitted(cast, maker="learner")
    assert (await chief.delete(url)).status_code == 204


async def test_112_to_who_reviews_another_group_it_is_not_there(
    cast: Cast, of_a_group: Submitted
) -> None:
    own, colleague = of_a_group, cast["colleague"].http
    names = {"url": own.url, "comment": own.comment, "draft": own.draft}
    resolved = f"{own.url}/threads/{own.thread}/resolved"
    tries = [
        *(line[:3] for line in MATRIX if line[1].startswith("{url}")),
        ("POST", "{url}/comments", {"body": "x"}),
        ("PUT", resolved, None),
        ("DELETE", resolved, None),
    ]
    paths = []
    for method, template, body in tries:
        paths.append(template.format_map(names))
        answer = await colleague.request(method, paths[-1], json=body)
        assert refused(answer, 404, "submission_not_found"), (method, paths[-1])
    for route in ROUTES:
        if route.pattern.startswith("/api/submissions/("):
            assert any(re.fullmatch(route.pattern, one.partition("?")[0]) for one in paths), route
    reviewers = await colleague.get("/api/reviewers", params={"submission": own.id})
    assert refused(reviewers, 404, "submission_not_found")
    listed = await done(await colleague.get("/api/submissions/?limit=500"))
    assert own.id not in [one["id"] for one in listed]
    given = {"reviewer": cast["colleague"].user.id}
    answer = await cast["chief"].http.post(f"{own.url}/assign", json=given)
    assert refused(answer, 400, "invalid_input")
    assert (await cast["judge"].http.get(own.url)).status_code == 200


async def test_112_nobody_reviews_their_own_work(cast: Cast) -> None:
    own = await submitted(cast, maker="colleague")
    decision = {"round": 1, "decision": "approve"}
    for path, body in (("claim", {}), ("decision", decision), ("reproduction", {})):
        answer = await cast["colleague"].http.post(f"{own.url}/{path}", json=body)
        assert refused(answer, 403, "access_denied"), path
    given = await cast["chief"].http.post(
        f"{own.url}/assign", json={"reviewer": cast["colleague"].user.id}
    )
    assert given.status_code == 409


async def test_112_a_draft_is_its_authors_until_the_decision(cast: Cast) -> None:
    own = await submitted(cast)

    async def bodies(name: str) -> list[str]:
        threads = await done(await cast[name].http.get(f"{own.url}/comments"))
        return [one["body"] for thread in threads for one in thread["comments"]]

    for name in ("maker", "colleague", "chief"):
        assert await bodies(name) == ["Mine."], name
    assert await bodies("judge") == ["Mine.", "Draft."]
    said = {"round": 1, "decision": "request_changes"}
    await done(await cast["judge"].http.post(f"{own.url}/decision", json=said), 201)
    assert await bodies("maker") == ["Mine.", "Draft."]


async def test_113_a_decision_about_a_round_that_is_not_the_latest_is_refused(cast: Cast) -> None:
    own = await submitted(cast)
    said = {"round": 1, "decision": "request_changes"}
    await done(await cast["judge"].http.post(f"{own.url}/decision", json=said), 201)
    again = await cast["maker"].http.post(f"/api/projects/{own.project}/submissions", json={})
    assert (await done(again, 201))["round"] == 2
    for number in (1, 3):
        stale = {"round": number, "decision": "approve"}
        answer = await cast["judge"].http.post(f"{own.url}/decision", json=stale)
        assert refused(answer, 409, "conflict")
    await done(await cast["judge"].http.post(f"{own.url}/decision", json=said | {"round": 2}), 201)
    twice = await cast["judge"].http.post(f"{own.url}/decision", json=said | {"round": 2})
    assert refused(twice, 409, "conflict")


async def test_114_places_and_threads_of_others_cannot_be_taken(
    cast: Cast, desk: Submitted
) -> None:
    other = await submitted(cast, maker="learner")
    maker, learner = cast["maker"].http, cast["learner"].http
    for anchor, path in (
        ({"cell_id": "two"}, FILE),
        ({"cell_id": "one", "line": 3}, FILE),
        ({"cell_id": "one", "output": 0}, FILE),
        ({"line": 1, "quote": "what I wish"}, "words.txt"),
        ({}, "../other.txt"),
        ({}, "none.txt"),
    ):
        said = {"path": path, "anchor": anchor, "body": "x"}
        answer = await learner.post(f"{other.url}/comments", json=said)
        assert answer.status_code in {400, 404}, answer.text
    for method, path, body in (
        ("POST", "comments", {"reply_to": desk.comment, "body": "x"}),
        ("PATCH", f"comments/{desk.comment}", {"body": "x"}),
        ("DELETE", f"comments/{desk.comment}", None),
        ("POST", f"comments/{desk.comment}/apply", {}),
        ("PUT", f"threads/{desk.thread}/resolved", {}),
        ("DELETE", f"threads/{desk.thread}/resolved", None),
    ):
        for url in (other.url, desk.url):  # through their own submission, and directly
            answer = await learner.request(method, f"{url}/{path}", json=body)
            assert answer.status_code == 404, (path, answer.text)
    (thread,) = [
        one
        for one in await done(await maker.get(f"{desk.url}/comments"))
        if one["id"] == desk.thread
    ]
    assert (len(thread["comments"]), thread["resolved"]) == (1, None)


async def test_114_what_is_changed_after_others_could_read_it_is_in_the_events(cast: Cast) -> None:
    own = await submitted(cast)
    judge = cast["judge"].http
    said = {"round": 1, "decision": "request_changes"}
    await done(await judge.post(f"{own.url}/decision", json=said), 201)

    changed = await done(await judge.patch(f"{own.url}/comments/{own.draft}", json={"body": "New"}))

    assert changed["comments"][0]["edited_at"] is not None
    event = (await done(await cast["maker"].http.get(f"{own.url}/events")))[-1]
    assert (event["what"], event["detail"]["before"]) == ("edited", "Draft.")
    assert (await judge.delete(f"{own.url}/comments/{own.draft}")).status_code == 409


async def test_115_only_the_servers_clock_counts(cast: Cast) -> None:
    began = datetime.now(UTC) - timedelta(seconds=1)
    project = (await cast["maker"].project(f"k {new_id()}"))["id"]
    http = cast["maker"].http
    await http.put(f"/api/projects/{project}/files/a.txt", content=b"a")
    url = f"/api/projects/{project}/submissions"
    long_ago = "2001-01-01T00:00:00+00:00"
    for body in ({"submitted_at": long_ago}, {"message": "", "at": long_ago}):
        assert (await http.post(url, json=body)).status_code == 400
    headers = {"Date": "Mon, 01 Jan 2001 00:00:00 GMT", "X-Submitted-At": long_ago}
    made = await done(await http.post(url, json={}, headers=headers), 201)
    at = datetime.fromisoformat(made["rounds"][0]["submitted_at"])
    assert began <= at <= datetime.now(UTC)


async def test_116_events_are_sealed_and_only_ever_added(server: Server, cast: Cast) -> None:
    own = await submitted(cast)
    with closing(database(server)) as connection:
        for change in (
            "UPDATE review_events SET what = 'decided' WHERE submission_id = ?",
            "DELETE FROM review_events WHERE submission_id = ?",
        ):
            with pytest.raises(sqlite3.IntegrityError, match="never changed"):
                connection.execute(change, (own.id,))
        rows = connection.execute(
            "SELECT number, at, actor_id, what, detail, seal FROM review_events "
            "WHERE submission_id = ? ORDER BY number",
            (own.id,),
        ).fetchall()
    events = [
        Event(
            submission_id=SubmissionId(own.id),
            number=number,
            at=datetime.fromisoformat(at).replace(tzinfo=UTC),
            actor_id=UserId(actor),
            what=Happening(what),
            detail=json.loads(detail),
            seal=seal,
        )
        for number, at, actor, what, detail, seal in rows
    ]
    assert len(events) >= 3
    assert first_broken(events) is None
    assert first_broken([events[0], *events[2:]]) == 2


async def test_116_what_admins_did_is_sealed_and_only_ever_added(
    server: Server, admin: Person
) -> None:
    made = await admin.http.post("/api/groups/", json={"name": f"group {new_id()}"})
    group = made.json()["id"]
    await admin.http.delete(f"/api/groups/{group}")
    with closing(database(server)) as connection:
        for change in (
            "UPDATE admin_acts SET actor_name = 'nobody' WHERE target_id = ?",
            "DELETE FROM admin_acts WHERE target_id = ?",
        ):
            with pytest.raises(sqlite3.IntegrityError, match=r"never changed|at least"):
                connection.execute(change, (group,))
    answer = await admin.http.get("/api/admin/acts", params={"target": group})
    removed, made_first = answer.json()["acts"]
    assert (removed["act"], made_first["act"]) == ("group.remove", "group.make")
    assert removed["actor"]["id"] == admin.user.id


async def test_117_who_is_shut_out_leaves_their_work_and_has_no_way_in(
    server: Server, cast: Cast
) -> None:
    gone = await join(server, f"gone-{new_id()}", Role.LEARNER)
    project = (await gone.project("thesis"))["id"]
    await gone.http.put(f"/api/projects/{project}/files/a.txt", content=WORDS)
    made = await done(await gone.http.post(f"/api/projects/{project}/submissions", json={}), 201)
    url = f"/api/submissions/{made['id']}"
    shut = await cast["chief"].http.patch(
        f"/api/admin/users/{gone.user.id}", json={"disabled": True}
    )
    assert shut.status_code == 200, shut.text

    for path in (url, f"{url}/files", f"{url}/comments", f"{url}/raw/a.txt"):
        assert (await gone.http.get(path)).status_code in {401, 403}
    assert (await cast["judge"].http.get(f"{url}/raw/a.txt")).content == WORDS
    shown = await done(await cast["judge"].http.get(url))
    assert shown["submitter"]["name"] == gone.user.name
    with closing(database(server)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute("DELETE FROM users WHERE id = ?", (gone.user.id,))
    await gone.aclose()


async def outcomes(*requests: Any) -> list[int]:
    return sorted(one.status_code for one in await asyncio.gather(*requests))


@pytest.mark.parametrize("_round", range(4))
async def test_112_113_of_two_at_the_same_time_one_wins(cast: Cast, _round: int) -> None:
    maker, judge, colleague = (cast[one].http for one in ("maker", "judge", "colleague"))
    own = await submitted(cast)
    await judge.delete(f"{own.url}/claim")
    claims = [one.post(f"{own.url}/claim") for one in (judge, colleague)]
    assert await outcomes(*claims) == [200, 409]
    holder = (await done(await maker.get(own.url)))["reviewer"]["id"]
    first, second = (judge, colleague) if holder == cast["judge"].user.id else (colleague, judge)

    said = {"round": 1, "decision": "request_changes"}
    approval = {"round": 1, "decision": "approve"}
    decisions = [
        first.post(f"{own.url}/decision", json=said),
        second.post(f"{own.url}/decision", json=approval),
        first.post(f"{own.url}/decision", json=said),
    ]
    assert await outcomes(*decisions) == [201, 409, 409]
    url = f"/api/projects/{own.project}/submissions"
    assert await outcomes(*(maker.post(url, json={}) for _ in range(3))) == [201, 409, 409]

    raced = await asyncio.gather(
        first.post(f"{own.url}/decision", json={"round": 2, "decision": "approve"}),
        maker.post(f"{own.url}/withdraw"),
    )
    assert sorted(one.status_code for one in raced) in ([200, 409], [201, 409])
    shown = await done(await maker.get(own.url))
    is_decided = shown["rounds"][1]["decision"] is not None
    assert shown["state"] == ("approved" if is_decided else "withdrawn")
    assert (raced[0].status_code == 201) is is_decided
