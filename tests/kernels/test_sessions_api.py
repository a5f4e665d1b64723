"""Jupyter's sessions: each user's documents and their kernels."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from platform_server.sandboxes.model import EndCause
from platform_server.testing.conversations import text_of

if TYPE_CHECKING:
    from platform_server.projects.model import ProjectView
    from platform_server.testing.kernel_bench import Bench, Person


async def test_a_session_is_opened_shown_and_closed(alice: Person) -> None:
    model = await alice.open_session("wonder/sub/a.ipynb")
    assert (model["path"], model["type"]) == ("wonder/sub/a.ipynb", "notebook")
    assert model["notebook"] == {"path": "wonder/sub/a.ipynb", "name": "wonder/sub/a.ipynb"}
    assert (await alice.api.get("/api/sessions")).json()[0]["id"] == model["id"]
    shown = await alice.api.get(f"/api/sessions/{model['id']}")
    assert shown.json()["kernel"]["id"] == model["kernel"]["id"]
    assert (await alice.api.delete(f"/api/sessions/{model['id']}")).status_code == 204
    assert (await alice.api.get("/api/sessions")).json() == []
    assert (await alice.api.get("/api/kernels")).json() == []
    assert (await alice.api.get(f"/api/sessions/{model['id']}")).status_code == 404


async def test_a_document_has_one_session_even_when_it_is_opened_many_times_at_once(
    alice: Person,
) -> None:
    models = await asyncio.gather(*(alice.open_session("wonder/a.ipynb") for _ in range(4)))
    assert len({one["id"] for one in models}) == 1
    assert len((await alice.api.get("/api/kernels")).json()) == 1


async def test_the_same_path_of_two_users_is_two_sessions(alice: Person, bob: Person) -> None:
    hers = await alice.open_session("Untitled.ipynb")
    his = await bob.open_session("Untitled.ipynb")
    assert hers["id"] != his["id"]
    assert hers["kernel"]["id"] != his["kernel"]["id"]
    assert (await bob.api.get(f"/api/sessions/{hers['id']}")).status_code == 404
    assert (await bob.api.delete(f"/api/sessions/{hers['id']}")).status_code == 404
    await bob.api.delete(f"/api/sessions/{his['id']}")


async def test_members_of_a_shared_project_have_sessions_of_their_own(
    bench: Bench, alice: Person, carol: Person
) -> None:
    (view,) = await bench.services.projects.list(carol.principal)
    hers = await alice.open_session("wonder/a.ipynb")
    other = await carol.open_session(f"{view.label}/a.ipynb")
    assert other["path"] == f"{view.label}/a.ipynb"
    assert other["kernel"]["id"] != hers["kernel"]["id"]
    assert [one["id"] for one in (await carol.api.get("/api/sessions")).json()] == [other["id"]]
    await carol.api.delete(f"/api/sessions/{other['id']}")


async def test_a_kernel_that_somebody_else_still_uses_outlives_a_session(
    bench: Bench, alice: Person, carol: Person
) -> None:
    (view,) = await bench.services.projects.list(carol.principal)
    hers = await alice.open_session("wonder/a.ipynb")
    kernel = {"id": hers["kernel"]["id"]}
    other = await carol.open_session(f"{view.label}/b.ipynb", kernel=kernel)
    assert other["kernel"]["id"] == hers["kernel"]["id"]
    await carol.api.delete(f"/api/sessions/{other['id']}")
    assert (await alice.api.get(f"/api/sessions/{hers['id']}")).status_code == 200


async def test_code_runs_in_the_documents_folder_and_knows_its_name(
    bench: Bench, alice: Person, wonder: ProjectView
) -> None:
    await bench.services.contents.make_directory(wonder.project.id, "deep")
    model = await alice.open_session("wonder/deep/a.ipynb")
    async with alice.socket(model["kernel"]["id"]) as socket:
        answers = await socket.run("import os; print(os.getcwd(), os.environ['JPY_SESSION_NAME'])")
    cwd, name = text_of(answers).split()
    assert cwd.endswith("/deep")
    assert name == "/workspace/deep/a.ipynb"


async def test_a_client_that_knows_no_projects_gets_the_latest_one(
    bench: Bench, alice: Person, wonder: ProjectView
) -> None:
    model = await alice.open_session("console-1-abc", type="console")
    assert model["path"] == "console-1-abc"
    kernel = bench.kernels.get_kernel(model["kernel"]["id"])
    assert kernel.home.project_id == wonder.project.id
    again = await alice.open_session("console-1-abc", type="console")
    assert again["id"] == model["id"]


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ({"type": "notebook"}, 400, "invalid_input"),
        ({"path": "wonder/a.ipynb"}, 400, "invalid_input"),
        ({"path": "nowhere/a.ipynb", "type": "notebook"}, 404, "project_not_found"),
        ({"path": "builder/a.ipynb", "type": "notebook"}, 404, "project_not_found"),
        ({"path": "wonder/../../x", "type": "notebook"}, 400, "invalid_path"),
        (
            {"path": "wonder/a.ipynb", "type": "notebook", "kernel": {"name": "cobol"}},
            404,
            "unknown_kernel",
        ),
        (
            {"path": "wonder/a.ipynb", "type": "notebook", "kernel": {"id": "../x"}},
            400,
            "invalid_input",
        ),
        ({"path": "wonder/a.ipynb", "type": "notebook", "kernel": "python3"}, 400, "invalid_input"),
        ({"path": 1, "type": "notebook"}, 400, "invalid_input"),
    ],
)
async def test_bad_requests_are_answered_with_the_reason(
    alice: Person, body: Any, status: int, reason: str
) -> None:
    answer = await alice.api.post("/api/sessions", json=body)
    assert (answer.status_code, answer.json()["reason"]) == (status, reason)
    assert (await alice.api.get("/api/sessions")).json() == []


async def test_somebody_elses_kernel_cannot_be_taken_by_its_id(alice: Person, bob: Person) -> None:
    hers = await alice.open_session("wonder/a.ipynb")
    body = {
        "path": "builder/a.ipynb",
        "type": "notebook",
        "kernel": {"id": hers["kernel"]["id"]},
    }
    answer = await bob.api.post("/api/sessions", json=body)
    assert (answer.status_code, answer.json()["reason"]) == (404, "kernel_not_found")
    his = await bob.open_session("builder/b.ipynb")
    change = {"kernel": {"id": hers["kernel"]["id"]}}
    answer = await bob.api.patch(f"/api/sessions/{his['id']}", json=change)
    assert (answer.status_code, answer.json()["reason"]) == (404, "kernel_not_found")
    await bob.api.delete(f"/api/sessions/{his['id']}")


async def test_a_session_follows_its_document(bench: Bench, alice: Person) -> None:
    model = await alice.open_session("wonder/a.ipynb")
    url = f"/api/sessions/{model['id']}"
    moved = await alice.api.patch(url, json={"path": "wonder/new/b.ipynb", "name": "b.ipynb"})
    assert (moved.json()["path"], moved.json()["name"]) == ("wonder/new/b.ipynb", "b.ipynb")
    assert moved.json()["kernel"]["id"] == model["kernel"]["id"]
    kernel = bench.kernels.get_kernel(model["kernel"]["id"])
    assert kernel.home.env == {"JPY_SESSION_NAME": "/workspace/new/b.ipynb"}
    taken = await alice.open_session("wonder/c.ipynb")
    refused = await alice.api.patch(url, json={"path": "wonder/c.ipynb"})
    assert refused.status_code == 409
    foreign = await alice.api.patch(url, json={"path": "builder/c.ipynb"})
    assert foreign.status_code == 404
    assert taken["id"] != model["id"]


async def test_another_kernel_takes_the_place_of_the_first(alice: Person) -> None:
    model = await alice.open_session("wonder/a.ipynb")
    url = f"/api/sessions/{model['id']}"
    by_name = (await alice.api.patch(url, json={"kernel": {"name": "python3"}})).json()
    assert by_name["kernel"]["id"] != model["kernel"]["id"]
    assert len((await alice.api.get("/api/kernels")).json()) == 1
    other = await alice.start_kernel("wonder")
    by_id = (await alice.api.patch(url, json={"kernel": {"id": other}})).json()
    assert by_id["kernel"]["id"] == other
    assert len((await alice.api.get("/api/kernels")).json()) == 1
    unknown = await alice.api.patch(url, json={"kernel": {"name": "nonesuch"}})
    assert (unknown.status_code, unknown.json()["reason"]) == (404, "unknown_kernel")


async def test_a_session_without_its_kernel_is_gone(alice: Person) -> None:
    model = await alice.open_session("wonder/a.ipynb")
    await alice.api.delete(f"/api/kernels/{model['kernel']['id']}")
    assert (await alice.api.get("/api/sessions")).json() == []
    assert (await alice.api.get(f"/api/sessions/{model['id']}")).status_code == 404
    assert (await alice.open_session("wonder/a.ipynb"))["id"] != model["id"]


async def test_opening_a_document_brings_its_dead_kernel_back(
    bench: Bench, alice: Person, wonder: ProjectView
) -> None:
    model = await alice.open_session("wonder/a.ipynb")
    kernel = bench.kernels.get_kernel(model["kernel"]["id"])
    async with alice.socket(model["kernel"]["id"]) as socket:
        await bench.services.sandboxes.stop(wonder.project.id, cause=EndCause.IDLE)
        await socket.until(lambda: kernel.execution_state == "dead")
    again = await alice.open_session("wonder/a.ipynb")
    assert again["kernel"]["id"] == model["kernel"]["id"]
    async with alice.socket(model["kernel"]["id"]) as socket:
        assert text_of(await socket.run("print('back')")) == "back\n"


async def test_a_renamed_project_keeps_its_sessions(
    bench: Bench, alice: Person, wonder: ProjectView
) -> None:
    model = await alice.open_session("wonder/a.ipynb")
    projects = bench.services.projects
    await projects.rename(alice.principal, wonder.project.id, "marvel")
    try:
        shown = (await alice.api.get(f"/api/sessions/{model['id']}")).json()
        assert shown["path"] == "marvel/a.ipynb"
    finally:
        await projects.rename(alice.principal, wonder.project.id, "wonder")


async def test_unknown_ids_are_not_found(alice: Person) -> None:
    for session_id in (str(uuid.uuid4()), "x", "0-0-0-0-0"):
        for method in ("GET", "PATCH", "DELETE"):
            answer = await alice.api.request(method, f"/api/sessions/{session_id}", json={})
            assert (answer.status_code, answer.json()["reason"]) == (404, "session_not_found")


async def test_a_viewer_opens_no_session(bench: Bench, victor: Person) -> None:
    (view,) = await bench.services.projects.list(victor.principal)
    body = {"path": f"{view.label}/a.ipynb", "type": "notebook"}
    answer = await victor.api.post("/api/sessions", json=body)
    assert (answer.status_code, answer.json()["reason"]) == (403, "access_denied")
