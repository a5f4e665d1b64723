"""Jupyter's contents API over HTTP, as clients know it."""

from __future__ import annotations

import base64
from hashlib import sha256
from urllib.parse import quote

import pytest

from platform_server.testing.places import KEYS, Place, code_cell, notebook, refused, text

NAMES = [
    "été 1 %#.txt",
    "a+b&c=d?.txt",
    ".hidden",
    "日本語 📈.txt",
    "%41.txt",
    "a;b:'\".txt",
    "...",
]


async def test_a_text_file_is_saved_and_read(place: Place) -> None:
    created = await place.ask("PUT", "a.txt", text("tea\n"))
    again = await place.ask("PUT", "a.txt", text("coffee"))
    model = await place.get("a.txt")

    assert (created.status_code, again.status_code) == (201, 200)
    assert created.headers["location"] == f"/api/contents/{quote(place.name)}/a.txt"
    assert created.json()["content"] is None
    assert (model["type"], model["format"], model["content"]) == ("file", "text", "coffee")
    assert (model["mimetype"], model["size"], model["writable"]) == ("text/plain", 6, True)
    assert (model["hash"], model["hash_algorithm"]) == (sha256(b"coffee").hexdigest(), "sha256")
    assert (model["name"], model["path"]) == ("a.txt", f"{place.name}/a.txt")
    assert model["last_modified"] == again.json()["last_modified"]


async def test_bytes_are_base64(place: Place) -> None:
    data = bytes(range(256))
    encoded = base64.b64encode(data).decode()
    await place.ask("PUT", "a.bin", {"type": "file", "format": "base64", "content": encoded})
    model = await place.get("a.bin")

    assert (model["format"], model["content"], model["size"]) == ("base64", encoded, 256)
    assert model["mimetype"] == "application/octet-stream"
    answer = await place.person.http.get(f"/api/contents/{place.name}/a.bin?format=text")
    assert refused(answer, 400, "invalid_input")


async def test_text_comes_as_base64_when_that_is_asked_for(place: Place) -> None:
    await place.save("a.txt", "tea")
    model = await place.get("a.txt", format="base64")
    assert (model["format"], model["content"]) == ("base64", "dGVh")


async def test_a_notebook_is_json_or_a_file_like_others(place: Place) -> None:
    await place.ask("PUT", "a.ipynb", notebook(code_cell("1 + 1")))
    as_notebook = await place.get("a.ipynb")
    as_file = await place.get("a.ipynb", type="file")

    assert (as_notebook["type"], as_notebook["format"]) == ("notebook", "json")
    assert as_notebook["content"]["cells"][0]["source"] == "1 + 1"
    assert as_notebook["mimetype"] is None
    assert (as_file["type"], as_file["format"]) == ("file", "text")
    assert '"1 + 1"' in as_file["content"]
    assert as_file["hash"] == sha256(as_file["content"].encode()).hexdigest()


async def test_a_notebook_that_is_none_is_refused_and_can_be_read_as_text(place: Place) -> None:
    await place.save("a.ipynb", "{")
    assert refused(await place.ask("GET", "a.ipynb"), 400, "invalid_content")
    assert (await place.get("a.ipynb", type="file"))["content"] == "{"
    bad = {"type": "notebook", "format": "json", "content": {"cells": 1}}
    assert refused(await place.ask("PUT", "b.ipynb", bad), 400, "invalid_content")


async def test_a_faulty_notebook_is_saved_and_its_fault_told(place: Place) -> None:
    saved = await place.ask(
        "PUT", "a.ipynb", notebook({"cell_type": "raw", "metadata": {}, "source": "", "x": 1})
    )
    assert saved.status_code == 201
    assert "validation failed" in saved.json()["message"]
    assert "validation failed" in (await place.get("a.ipynb"))["message"]


async def test_what_somebody_else_wrote_is_not_trusted_until_they_say_so(place: Place) -> None:
    shown = {"output_type": "display_data", "data": {"text/html": "<b>x</b>"}, "metadata": {}}
    await place.ask("PUT", "a.ipynb", notebook(code_cell("", outputs=[shown])))
    before = (await place.get("a.ipynb"))["content"]["cells"][0]["metadata"]["trusted"]
    answer = await place.ask("POST", "a.ipynb/trust")
    after = (await place.get("a.ipynb"))["content"]["cells"][0]["metadata"]["trusted"]
    assert (before, answer.status_code, after) == (False, 201, True)


async def test_a_folder_lists_models_without_content(place: Place) -> None:
    made = await place.ask("PUT", "sub", {"type": "directory"})
    await place.save("sub/a.txt", "tea")
    await place.save(".hidden", "seen")
    model = await place.get()

    assert made.status_code == 201
    assert (model["type"], model["format"], model["path"]) == ("directory", "json", place.name)
    assert [(one["name"], one["type"]) for one in model["content"]] == [
        (".hidden", "file"),
        ("sub", "directory"),
    ]
    assert all(set(one) == KEYS and one["content"] is None for one in model["content"])
    bare = await place.get(content="0")
    assert (bare["content"], bare["format"]) == (None, None)


async def test_a_file_without_content_is_described_only(place: Place) -> None:
    await place.save("a.txt", "tea")
    model = await place.get("a.txt", content="0", hash="1")
    assert (model["content"], model["format"], model["size"]) == (None, None, 3)
    assert model["hash"] == sha256(b"tea").hexdigest()


@pytest.mark.parametrize("name", NAMES)
async def test_a_name_is_a_name_whatever_is_in_it(place: Place, name: str) -> None:
    saved = await place.ask("PUT", name, text(name))
    located = await place.person.http.get(saved.headers["location"])
    assert saved.status_code == 201
    assert (located.json()["name"], located.json()["content"]) == (name, name)
    assert await place.names() == [name]
    file = await place.person.http.get(f"/files/{quote(place.name)}/{quote(name)}")
    assert file.text == name
    renamed = await place.ask("PATCH", name, {"path": f"{place.name}/sub {name}"})
    assert renamed.json()["name"] == f"sub {name}"
    assert (await place.ask("DELETE", f"sub {name}")).status_code == 204
    assert await place.names() == []


async def test_untitled_things_are_called_as_jupyter_calls_them(place: Place) -> None:
    sent: list[dict[str, str]] = [
        *({"type": "notebook"}, {"type": "notebook"}, {"type": "directory"}),
        *({"type": "directory"}, {"type": "file", "ext": ".py"}, {"type": "file", "ext": ".py"}),
        *({"ext": ".ipynb"}, {}),
    ]
    answers = [await place.ask("POST", "", body) for body in sent]
    assert {answer.status_code for answer in answers} == {201}
    assert [answer.json()["name"] for answer in answers] == [
        *("Untitled.ipynb", "Untitled1.ipynb", "Untitled Folder", "Untitled Folder 1"),
        *("untitled.py", "untitled1.py", "Untitled2.ipynb", "untitled"),
    ]
    assert (await place.get("Untitled.ipynb"))["content"]["cells"] == []
    assert answers[0].headers["location"].endswith("/Untitled.ipynb")


async def test_copies_are_called_as_jupyter_calls_them(place: Place) -> None:
    await place.save("a.txt", "tea")
    await place.ask("PUT", "sub", {"type": "directory"})
    source = {"copy_from": f"{place.name}/a.txt"}
    names = [(await place.ask("POST", folder, source)).json()["path"] for folder in ("", "sub", "")]
    assert names == [f"{place.name}/{path}" for path in ("a-Copy1.txt", "sub/a.txt", "a-Copy2.txt")]
    assert (await place.get("sub/a.txt"))["content"] == "tea"
    folder = await place.ask("POST", "", {"copy_from": f"{place.name}/sub"})
    assert (folder.status_code, folder.json()["name"]) == (201, "sub-Copy1")
    assert await place.names("sub-Copy1") == ["a.txt"]


async def test_renaming_takes_history_and_checkpoints_along(place: Place) -> None:
    await place.save("sub.txt", "one")
    mark = (await place.ask("POST", "sub.txt/checkpoints")).json()
    saved = await place.save("sub.txt", "two")
    await place.ask("PUT", "sub", {"type": "directory"})
    moved = await place.ask("PATCH", "sub.txt", {"path": f"{place.name}/sub/a.txt"})

    assert moved.status_code == 200
    assert (moved.json()["path"], moved.json()["hash"]) == (
        f"{place.name}/sub/a.txt",
        saved["hash"],
    )
    assert (await place.ask("GET", "sub/a.txt/checkpoints")).json() == [mark]
    restored = await place.ask("POST", f"sub/a.txt/checkpoints/{mark['id']}")
    assert restored.status_code == 204
    assert (await place.get("sub/a.txt"))["content"] == "one"
    assert await place.names() == ["sub"]


async def test_checkpoints_are_made_listed_and_deleted(place: Place) -> None:
    await place.save("a.txt", "one")
    made = await place.ask("POST", "a.txt/checkpoints")
    url = f"a.txt/checkpoints/{made.json()['id']}"

    assert made.status_code == 201
    assert set(made.json()) == {"id", "last_modified"}
    assert made.headers["location"].endswith(f"/checkpoints/{made.json()['id']}")
    assert (await place.ask("DELETE", url)).status_code == 204
    assert (await place.ask("GET", "a.txt/checkpoints")).json() == []
    assert refused(await place.ask("DELETE", url), 404, "checkpoint_not_found")
    assert refused(await place.ask("POST", url), 404, "checkpoint_not_found")


async def test_a_filled_folder_is_deleted_with_what_is_in_it(place: Place) -> None:
    for path in ("sub", "sub/deep"):
        await place.ask("PUT", path, {"type": "directory"})
    await place.save("sub/deep/a.txt", "tea")
    assert (await place.ask("DELETE", "sub")).status_code == 204
    assert await place.names() == []
    assert refused(await place.ask("GET", "sub/deep/a.txt"), 404, "file_not_found")


async def test_what_cannot_be_done_is_said_in_json(place: Place) -> None:
    await place.save("a.txt", "tea")
    await place.ask("PUT", "sub", {"type": "directory"})
    here = place.name
    attempts: list[tuple[str, str, object, int, str | None]] = [
        ("GET", "none", None, 404, "file_not_found"),
        ("GET", "a.txt/x", None, 404, "file_not_found"),
        ("DELETE", "none", None, 404, "file_not_found"),
        ("PATCH", "none", {"path": f"{here}/b"}, 404, "file_not_found"),
        ("PATCH", "a.txt", {"path": f"{here}/none/b"}, 404, "file_not_found"),
        ("PATCH", "a.txt", {"path": f"{here}/sub"}, 409, "name_taken"),
        ("PATCH", "sub", {"path": f"{here}/sub/sub"}, 400, "invalid_path"),
        ("PATCH", "a.txt", {"path": "a.txt"}, 400, "invalid_input"),
        ("PATCH", "a.txt", {"path": 1}, 400, "invalid_input"),
        ("PATCH", "a.txt", {"path": f"{here}/b\\c"}, 400, "invalid_path"),
        ("PUT", "none/a.txt", text(""), 404, "file_not_found"),
        ("PUT", "none/a", {"type": "directory"}, 404, "file_not_found"),
        ("PUT", "sub", text(""), 409, "wrong_kind"),
        ("PUT", "a.txt", {"type": "directory"}, 409, "wrong_kind"),
        ("PUT", "b", {"type": "socket"}, 400, "invalid_input"),
        ("PUT", "b", {"content": "x"}, 400, "invalid_input"),
        ("PUT", "b", {"type": "file"}, 400, "invalid_content"),
        ("PUT", "b", text("") | {"format": "json"}, 400, "invalid_content"),
        ("PUT", "b", text("?") | {"format": "base64"}, 400, "invalid_content"),
        ("PUT", "b", {"copy_from": f"{here}/a.txt"}, 400, "invalid_input"),
        ("PUT", "b", [], 400, None),
        ("PUT", "b", "{", 400, None),
        ("POST", "a.txt", {"type": "file"}, 400, "invalid_input"),
        ("POST", "none", {"type": "file"}, 404, "file_not_found"),
        ("POST", "sub", {"copy_from": f"{here}/none"}, 404, "file_not_found"),
        ("POST", "none/checkpoints", None, 404, "file_not_found"),
        ("POST", "sub/checkpoints", None, 400, "invalid_content"),
        ("GET", "a.txt/checkpoints/none", None, 405, None),
    ]
    for method, path, body, status, reason in attempts:
        answer = await place.ask(method, path, body)
        assert answer.status_code == status, (method, path, body, answer.text)
        assert answer.headers["content-type"].startswith("application/json")
        assert answer.json()["message"], (method, path)
        assert reason in {None, answer.json()["reason"]}, (method, path, body, answer.text)
    assert await place.names() == ["a.txt", "sub"]


@pytest.mark.parametrize("query", ["type=directory", "content=2", "format=json", "hash=x"])
async def test_a_question_that_makes_no_sense_is_refused(place: Place, query: str) -> None:
    await place.save("a.txt", "tea")
    answer = await place.person.http.get(f"/api/contents/{place.name}/a.txt?{query}")
    assert refused(answer, 400, "invalid_input")


async def test_a_large_file_comes_in_pieces(place: Place) -> None:
    for number, piece in ((1, "tea "), (2, "and "), (-1, "milk")):
        answer = await place.ask("PUT", "a.txt", text(piece) | {"chunk": number})
        assert answer.status_code in {200, 201}, answer.text
        assert (await place.names() == ["a.txt"]) is (number == -1)
    assert (await place.get("a.txt"))["content"] == "tea and milk"
