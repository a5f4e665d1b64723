"""The contents API over HTTP: projects as folders at the top, several writers, code beside them."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from platform_server.clock import new_id
from platform_server.testing.places import Box, Place, refused, text

if TYPE_CHECKING:
    from platform_server.testing.serving import Person


async def test_of_two_writers_the_second_is_told(place: Place) -> None:
    opened = await place.save("a.txt", "as opened")
    tag = {"If-Match": f'"{opened["hash"]}"'}
    first = await place.ask("PUT", "a.txt", text("first"), **tag)
    second = await place.ask("PUT", "a.txt", text("second"), **tag)
    new = await place.ask("PUT", "a.txt", text("third"), **{"If-None-Match": "*"})

    assert first.status_code == 200
    assert refused(second, 412, "revision_conflict")
    assert refused(new, 412, "revision_conflict")
    assert (await place.get("a.txt"))["content"] == "first"


async def test_a_project_is_made_renamed_and_deleted_as_a_folder(alice: Person) -> None:
    old, new, url = f"made {new_id()}", f"renamed {new_id()}", "/api/contents"
    made = await alice.http.put(f"{url}/{old}", json={"type": "directory"})
    place = Place(alice, new)
    await Place(alice, old).save("a.txt", "tea")
    renamed = await alice.http.patch(f"{url}/{old}", json={"path": new})
    project = await alice.project(new)

    assert (made.status_code, made.json()["path"]) == (201, old)
    assert (renamed.status_code, renamed.json()["path"]) == (200, new)
    assert (await place.get("a.txt"))["content"] == "tea"
    assert (await alice.http.get(f"{url}/{old}")).status_code == 404
    listed = (await alice.http.get(url)).json()
    assert new in [one["name"] for one in listed["content"]]
    assert {one["type"] for one in listed["content"]} == {"directory"}
    assert (await alice.http.delete(f"{url}/{new}")).status_code == 204
    assert (await alice.http.get(f"/api/projects/{project['id']}")).status_code == 404
    assert (await alice.http.get(f"{url}/{new}")).status_code == 404


async def test_a_new_folder_at_the_top_is_a_project(alice: Person) -> None:
    made = await alice.http.post("/api/contents", json={"type": "directory"})
    assert made.status_code == 201
    name = made.json()["name"]
    assert name.startswith("Untitled Folder")
    assert (await alice.http.delete(f"/api/contents/{name}")).status_code == 204


async def test_the_top_holds_projects_only(alice: Person, place: Place) -> None:
    await place.save("a.txt", "tea")
    await place.ask("PUT", "sub", {"type": "directory"})
    url, here = "/api/contents", place.name
    for method, path, body, status in [
        ("PUT", f"top-{new_id()}.txt", text("x"), 400),
        ("POST", "", {"type": "notebook"}, 400),
        ("POST", "", {"copy_from": f"{here}/a.txt"}, 400),
        ("POST", "", {"copy_from": here}, 400),
        ("PATCH", f"{here}/a.txt", {"path": f"top-{new_id()}.txt"}, 400),
        ("PATCH", f"{here}/sub", {"path": f"top-{new_id()}"}, 400),
        ("PATCH", here, {"path": f"{here}/sub"}, 400),
        ("PATCH", here, {"path": ""}, 400),
        ("DELETE", "", None, 400),
        ("GET", f"nobodys-{new_id()}", None, 404),
    ]:
        answer = await alice.http.request(method, f"{url}/{path}", json=body)
        assert answer.status_code == status, (method, path, answer.text)
        assert answer.json()["message"]
    assert await place.names() == ["a.txt", "sub"]


async def test_a_file_moves_between_projects(alice: Person, place: Place) -> None:
    other = Place(alice, f"other {new_id()}")
    await alice.project(other.name)
    await place.save("a.txt", "tea")
    moved = await place.ask("PATCH", "a.txt", {"path": f"{other.name}/a.txt"})
    assert (moved.status_code, moved.json()["path"]) == (200, f"{other.name}/a.txt")
    assert (await place.names(), await other.names()) == ([], ["a.txt"])
    assert (await other.get("a.txt"))["content"] == "tea"


async def test_what_code_does_is_shown_at_once_and_the_other_way_round(box: Box) -> None:
    place = box.place
    for number in range(5):
        await box.run(f"printf {number} > a.txt; mkdir -p sub; printf {number} > 'sub/é {number}'")
        model = await place.get("a.txt")
        assert (model["content"], model["hash"]) == (
            f"{number}",
            sha256(b"%d" % number).hexdigest(),
        )
        assert f"é {number}" in await place.names("sub")
        await place.save("b.txt", f"back {number}")
        assert await box.run("cat b.txt") == f"back {number}"
    await box.run("rm -r sub a.txt; mv b.txt c.txt; ln -s /etc/passwd link; mkfifo fifo")
    assert await place.names() == ["c.txt"]
    for path in ("sub", "a.txt", "b.txt", "link", "fifo"):
        assert (await place.ask("GET", path)).status_code == 404
    await place.ask("PATCH", "c.txt", {"path": f"{place.name}/d.txt"})
    assert await box.run("ls -A") == "d.txt\nfifo\nlink\n"


async def test_a_save_over_what_code_wrote_meanwhile_is_refused(box: Box) -> None:
    place = box.place
    opened = await place.save("a.txt", "as opened")
    await box.run("printf 'by code' > a.txt")
    late = await place.ask("PUT", "a.txt", text("late"), **{"If-Match": f'"{opened["hash"]}"'})
    assert refused(late, 412, "revision_conflict")
    assert await box.run("cat a.txt") == "by code"
    assert (await place.get("a.txt"))["content"] == "by code"


async def test_the_project_can_be_deleted_while_its_code_runs(box: Box) -> None:
    place = box.place
    await box.run("nohup sleep 1000 > /dev/null 2>&1 &")
    assert (await place.ask("DELETE")).status_code == 204
    assert (await place.ask("GET")).status_code == 404
    assert (await place.person.http.get(f"/api/containers/{box.id}")).status_code == 404
