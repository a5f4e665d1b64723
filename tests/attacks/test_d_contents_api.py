"""D. The contents API over HTTP: each number is one of the attacks the platform must survive.

``theirs``  a project of bob's with secrets in it, which alice is no member of
``lent``    a project of bob's which alice may only look at: its label for her, and its id
"""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx
import pytest

from platform_server.clock import new_id

if TYPE_CHECKING:
    from platform_server.testing.serving import Person

SECRET = "of the victim"
OTHER_PATHS = [  # what means another path, or no path at all, in the segments after the project
    "..",
    "../victim/secret.txt",
    "%2e%2e/victim/secret.txt",
    "..%2fvictim%2fsecret.txt",
    "%2e%2e%2fvictim%2fsecret.txt",
    "..%5cvictim%5csecret.txt",
    "..\\victim\\secret.txt",
    "a/../../victim/secret.txt",
    "%2f..%2fvictim%2fsecret.txt",
    "a//secret.txt",
    "a%00.txt",
    "a%0a.txt",
    "%c0%ae%c0%ae/victim/secret.txt",  # overlong UTF-8
    "%ff%fe",
    ".",
    "./secret.txt",
    "%C3%A9" * 128 + ".txt",
    "x" * 4096,
    "/".join(["d"] * 65),
]
REFUSED = {400, 404}


class Lent(NamedTuple):
    label: str
    id: str


@pytest.fixture
async def theirs(bob: Person) -> str:
    name = f"theirs-{new_id()}"
    await bob.project(name)
    await put(bob, f"{name}/secret.txt", SECRET)
    return name


@pytest.fixture
async def lent(alice: Person, bob: Person) -> Lent:
    project = await bob.project(f"lent-{new_id()}")
    await put(bob, f"{project['name']}/secret.txt", SECRET)
    member = {"email": alice.user.email, "role": "viewer"}
    answer = await bob.http.post(f"/api/projects/{project['id']}/members", json=member)
    assert answer.status_code == 201
    for seen in (await alice.http.get("/api/projects/")).json():
        if seen["id"] == project["id"]:
            return Lent(seen["label"], project["id"])
    raise AssertionError("it is not shown")


async def put(person: Person, path: str, content: str, **headers: str) -> dict[str, Any]:
    body = {"type": "file", "format": "text", "content": content}
    answer = await person.http.put(f"/api/contents/{path}", json=body, headers=headers)
    assert answer.status_code in {200, 201}, answer.text
    return dict(answer.json())


async def text_of(person: Person, path: str) -> str | None:
    answer = await person.http.get(f"/api/contents/{path}")
    return str(answer.json()["content"]) if answer.status_code == 200 else None


async def raw(person: Person, method: str, target: str, body: object = None) -> tuple[int, str]:
    """Send the target as it stands, which no HTTP library does; return the status and the rest."""
    address = httpx.URL(person.server.url)
    reader, writer = await asyncio.open_connection(address.host, address.port)
    sent = b"" if body is None else json.dumps(body).encode()
    head = (
        f"{method} {target} HTTP/1.1\r\nHost: {address.host}:{address.port}\r\n"
        f"Authorization: Bearer {person.token}\r\nConnection: close\r\n"
        f"Content-Length: {len(sent)}\r\n\r\n"
    )
    writer.write(head.encode() + sent)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return int(answer.split(b" ", 2)[1]), answer.decode(errors="replace")


@pytest.mark.parametrize("path", OTHER_PATHS)
async def test_041_a_path_that_means_another_is_refused_everywhere(
    alice: Person, path: str
) -> None:
    project = await alice.project("names")
    await alice.project("victim")
    await put(alice, "victim/secret.txt", SECRET)
    body = {"type": "file", "format": "text", "content": "planted"}
    raw_file = f"/api/projects/{project['id']}/files/{path}"
    for method, target, sent in [
        ("GET", f"/api/contents/names/{path}", None),
        ("PUT", f"/api/contents/names/{path}", body),
        ("POST", f"/api/contents/names/{path}", {"type": "file"}),
        ("PATCH", f"/api/contents/names/{path}", {"path": "names/moved"}),
        ("DELETE", f"/api/contents/names/{path}", None),
        ("GET", f"/api/contents/names/{path}/checkpoints", None),
        ("POST", f"/api/contents/names/{path}/checkpoints", None),
        ("POST", f"/api/contents/names/{path}/trust", None),
        ("GET", f"/files/names/{path}", None),
        ("GET", raw_file, None),
        ("PUT", raw_file, body),
        ("DELETE", raw_file, None),
    ]:
        status, answer = await raw(alice, method, target, sent)
        assert status in REFUSED, (method, target, answer)
        assert SECRET not in answer

    assert await text_of(alice, "victim/secret.txt") == SECRET
    assert (await alice.http.get("/api/contents/names")).json()["content"] == []


@pytest.mark.parametrize(
    "path",
    [
        "../victim/x",
        "names/../victim/x",
        "names\\..\\victim",
        "names/a\0b",
        "names/\ud800",
        "names",
    ],
)
async def test_041_the_same_rule_holds_for_paths_in_bodies(alice: Person, path: str) -> None:
    await alice.project("names")
    await alice.project("victim")
    await put(alice, "victim/secret.txt", SECRET)
    rename = await raw(alice, "PATCH", "/api/contents/victim/secret.txt", {"path": path})
    copy = await raw(alice, "POST", "/api/contents/victim", {"copy_from": path})
    assert (rename[0], copy[0]) == (400, 400), (rename, copy)
    assert await text_of(alice, "victim/secret.txt") == SECRET


async def test_041_a_path_is_decoded_once(alice: Person) -> None:
    await alice.project("names")
    name = "%252e%252e%252fvictim"
    status, _ = await raw(
        alice, "PUT", f"/api/contents/names/{name}", {"type": "file", "content": "mine"}
    )
    listed = (await alice.http.get("/api/contents/names")).json()["content"]
    assert status == 201
    assert [one["name"] for one in listed] == ["%2e%2e%2fvictim"]
    assert (await raw(alice, "DELETE", f"/api/contents/names/{name}"))[0] == 204


async def test_041_a_name_is_one_in_either_form_of_unicode(alice: Person) -> None:
    await alice.project("forms")
    for form in ("%C3%A9.txt", "e%CC%81.txt"):
        await raw(alice, "PUT", f"/api/contents/forms/{form}", {"type": "file", "content": form})
    listed = (await alice.http.get("/api/contents/forms")).json()["content"]
    assert [one["name"] for one in listed] == ["\u00e9.txt"]
    for form in ("%C3%A9.txt", "e%CC%81.txt"):
        assert await text_of(alice, f"forms/{form}") == "e%CC%81.txt"


@pytest.mark.parametrize("name", ["forms.", "forms ", " forms", "..", "a/b", "a\\b", "a\0", ""])
async def test_041_no_project_looks_like_another_or_like_a_path(alice: Person, name: str) -> None:
    answer = await alice.http.post("/api/projects/", json={"name": name})
    assert answer.status_code == 400


async def test_042_a_project_is_not_its_namesake(alice: Person, bob: Person) -> None:
    mine, other = f"p{new_id()}", new_id()
    await alice.project(mine)
    await bob.project(f"{mine}0")
    await put(bob, f"{mine}0/secret.txt", SECRET)
    await put(alice, f"{mine}/{other}", "mine")
    for target in (
        f"{mine}0/secret.txt",
        f"{mine}/../{mine}0/secret.txt",
        f"{mine}0",
        f"{mine}%30",
    ):
        status, answer = await raw(alice, "GET", f"/api/contents/{target}")
        assert status in REFUSED, target
        assert SECRET not in answer
    assert (await alice.http.delete(f"/api/contents/{mine}")).status_code == 204
    assert await text_of(bob, f"{mine}0/secret.txt") == SECRET


async def test_045_an_archive_stays_one_file(alice: Person) -> None:
    project = await alice.project("archive")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in ("../slipped.txt", "/absolute.txt", "inside.txt"):
            archive.writestr(name, "planted")
    for query in ("", "?extract=1", "?unzip=true"):
        url = f"/api/projects/{project['id']}/files/a.zip{query}"
        assert (await alice.http.put(url, content=packed.getvalue())).status_code < 300
    listed = (await alice.http.get("/api/contents/archive")).json()["content"]
    assert [one["name"] for one in listed] == ["a.zip"]


async def test_047_nothing_crosses_to_who_is_no_member(
    alice: Person, bob: Person, theirs: str
) -> None:
    mine = f"mine-{new_id()}"
    await alice.project(mine)
    await put(alice, f"{mine}/a.txt", "mine")
    secret, url = f"{theirs}/secret.txt", "/api/contents"
    marked = (await bob.http.post(f"{url}/{secret}/checkpoints")).json()
    mark = f"checkpoints/{marked['id']}"
    for method, path, body in [
        ("POST", mine, {"copy_from": secret}),
        ("POST", theirs, {"copy_from": f"{mine}/a.txt"}),
        ("POST", theirs, {"type": "file"}),
        ("PATCH", secret, {"path": f"{mine}/stolen.txt"}),
        ("PATCH", f"{mine}/a.txt", {"path": f"{theirs}/planted.txt"}),
        ("PATCH", f"{mine}/a.txt", {"path": secret}),
        ("PATCH", theirs, {"path": f"{theirs}-2"}),
        ("DELETE", secret, None),
        ("DELETE", theirs, None),
        ("GET", f"{secret}/checkpoints", None),
        ("POST", f"{secret}/checkpoints", None),
        ("POST", f"{secret}/{mark}", None),
        ("DELETE", f"{secret}/{mark}", None),
        ("POST", f"{mine}/a.txt/{mark}", None),
        ("DELETE", f"{mine}/a.txt/{mark}", None),
    ]:
        answer = await alice.http.request(method, f"{url}/{path}", json=body)
        assert answer.status_code in REFUSED, (method, path, body, answer.text)
    assert await text_of(alice, f"{mine}/a.txt") == "mine"
    assert await text_of(bob, secret) == SECRET
    assert (await bob.http.get(f"{url}/{secret}/checkpoints")).json() == [marked]
    names = [one["name"] for one in (await bob.http.get(f"{url}/{theirs}")).json()["content"]]
    assert names == ["secret.txt"]


async def test_047_who_may_look_takes_copies_and_changes_nothing(
    alice: Person, bob: Person, lent: Lent
) -> None:
    mine = f"mine-{new_id()}"
    await alice.project(mine)
    await put(alice, f"{mine}/a.txt", "mine")
    secret, url = f"{lent.label}/secret.txt", "/api/contents"
    raw_file = f"/api/projects/{lent.id}/files/secret.txt"
    for method, path, body in [
        ("PUT", f"{url}/{secret}", {"type": "file", "content": "planted"}),
        ("POST", f"{url}/{lent.label}", {"copy_from": f"{mine}/a.txt"}),
        ("POST", f"{url}/{lent.label}", {"type": "directory"}),
        ("PATCH", f"{url}/{secret}", {"path": f"{mine}/moved.txt"}),
        ("PATCH", f"{url}/{secret}", {"path": f"{lent.label}/renamed.txt"}),
        ("PATCH", f"{url}/{mine}/a.txt", {"path": f"{lent.label}/planted.txt"}),
        ("PATCH", f"{url}/{lent.label}", {"path": "taken"}),
        ("DELETE", f"{url}/{secret}", None),
        ("DELETE", f"{url}/{lent.label}", None),
        ("POST", f"{url}/{secret}/checkpoints", None),
        ("PUT", raw_file, {}),
        ("DELETE", raw_file, None),
    ]:
        answer = await alice.http.request(method, path, json=body)
        assert answer.status_code == 403, (method, path, body, answer.text)
    copy = await alice.http.post(f"{url}/{mine}", json={"copy_from": secret})
    assert copy.status_code == 201
    assert await text_of(alice, f"{mine}/secret.txt") == SECRET
    assert (await bob.http.get(raw_file)).text == SECRET


async def test_051_of_many_tabs_with_the_same_state_one_saves(alice: Person) -> None:
    project = await alice.project("tabs")
    opened = await put(alice, "tabs/a.txt", new_id())
    body = [{"type": "file", "format": "text", "content": f"tab {number}"} for number in range(8)]
    match = {"If-Match": f'"{opened["hash"]}"'}
    url = "/api/contents/tabs/a.txt"
    works = [alice.http.put(url, json=one, headers=match) for one in body]
    answers = await asyncio.gather(*works)
    statuses = [answer.status_code for answer in answers]
    assert sorted(statuses) == [200] + [412] * 7
    assert await text_of(alice, "tabs/a.txt") == f"tab {statuses.index(200)}"
    by_id = f"/api/projects/{project['id']}/files/a.txt?conflict=copy"
    copy = await alice.http.put(by_id, content=b"stale", headers=match)
    assert await text_of(alice, f"tabs/{copy.json()['path']}") == "stale"
    assert await text_of(alice, "tabs/a.txt") == f"tab {statuses.index(200)}"


async def test_052_a_stale_save_revives_nothing(alice: Person) -> None:
    await alice.project("stale")
    url = "/api/contents/stale"
    body = {"type": "file", "format": "text", "content": "late"}
    for change, path in (("PATCH", "renamed.txt"), ("DELETE", "deleted.txt")):
        opened = await put(alice, f"stale/{change}.txt", new_id())
        sent = {"path": f"stale/{path}-{new_id()}"} if change == "PATCH" else None
        changed = await alice.http.request(change, f"{url}/{change}.txt", json=sent)
        late = await alice.http.put(
            f"{url}/{change}.txt", json=body, headers={"If-Match": f'"{opened["hash"]}"'}
        )
        assert changed.status_code < 300
        assert late.status_code == 412
        assert await text_of(alice, f"stale/{change}.txt") is None


async def test_053_what_was_saved_is_read_by_every_door(alice: Person) -> None:
    project = await alice.project("reads")
    for number in range(20):
        saved = await put(alice, "reads/a.txt", f"{number}")
        doors = ["/files/reads/a.txt", f"/api/projects/{project['id']}/files/a.txt"]
        texts = [(await alice.http.get(door)).text for door in doors]
        assert [*texts, await text_of(alice, "reads/a.txt")] == [f"{number}"] * 3
        (listed,) = (await alice.http.get("/api/contents/reads")).json()["content"]
        assert listed["hash"] == saved["hash"]
