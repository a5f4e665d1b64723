"""Kernels over REST: who may start, see, interrupt, restart and end which."""

from __future__ import annotations

import asyncio
import signal
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from platform_server.sandboxes.model import EndCause
from platform_server.testing.conversations import text_of

if TYPE_CHECKING:
    from platform_server.projects.model import ProjectView
    from platform_server.testing.kernel_bench import Bench, Person


async def test_a_kernel_is_started_shown_and_ended(bench: Bench, alice: Person) -> None:
    answer = await alice.api.post("/api/kernels", json={"name": "python3", "path": "wonder"})
    assert answer.status_code == 201
    model = answer.json()
    assert answer.headers["Location"] == f"/api/kernels/{model['id']}"
    assert (model["name"], model["connections"]) == ("python3", 0)
    assert (await alice.api.get(f"/api/kernels/{model['id']}")).json()["id"] == model["id"]
    assert [one["id"] for one in (await alice.api.get("/api/kernels")).json()] == [model["id"]]
    process = bench.process(model["id"])
    assert (await alice.api.delete(f"/api/kernels/{model['id']}")).status_code == 204
    assert process.poll() is not None
    gone = await alice.api.get(f"/api/kernels/{model['id']}")
    assert (gone.status_code, gone.json()["reason"]) == (404, "kernel_not_found")


async def test_a_kernel_runs_in_the_folder_that_its_path_names(
    bench: Bench, alice: Person, wonder: ProjectView
) -> None:
    await bench.services.contents.make_directory(wonder.project.id, "sub")
    author = alice.principal.id
    await bench.services.contents.write(wonder.project.id, "sub/a.ipynb", b"{}", author=author)
    for path in ("wonder/sub", "wonder/sub/a.ipynb", "/wonder/sub/"):
        kernel_id = await alice.start_kernel(path)
        async with alice.socket(kernel_id) as socket:
            answers = await socket.run("import os; print(os.getcwd())")
        assert text_of(answers).endswith("/sub\n")
        await alice.api.delete(f"/api/kernels/{kernel_id}")


async def test_the_last_activity_has_microseconds_as_jupyters_clients_expect(
    bench: Bench, alice: Person
) -> None:
    kernel_id = await alice.start_kernel("wonder")
    bench.kernels.get_kernel(kernel_id).last_activity = datetime(2026, 1, 1, tzinfo=UTC)
    model = (await alice.api.get(f"/api/kernels/{kernel_id}")).json()
    assert model["last_activity"] == "2026-01-01T00:00:00.000000Z"


async def test_a_client_that_names_no_project_gets_the_latest_one(
    bench: Bench, alice: Person, wonder: ProjectView
) -> None:
    kernel_id = await alice.start_kernel()
    assert bench.kernels.get_kernel(kernel_id).home.project_id == wonder.project.id


async def test_somebody_without_a_project_is_told_what_to_send(bench: Bench) -> None:
    newcomer = await bench.person("newcomer")
    answer = await newcomer.api.post("/api/kernels", json={})
    assert answer.status_code == 400
    assert "path" in answer.json()["message"]


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ({"name": "nonesuch", "path": "wonder"}, 404, "unknown_kernel"),
        ({"name": "../python3", "path": "wonder"}, 404, "unknown_kernel"),
        ({"name": "python3", "path": "builder"}, 404, "project_not_found"),
        ({"path": "wonder/../builder"}, 400, "invalid_path"),
        ({"path": "wonder", "kernel_id": "not-a-uuid"}, 400, "invalid_input"),
        ({"path": "wonder", "kernel_id": "../../etc/passwd"}, 400, "invalid_input"),
        ({"path": "wonder", "name": 1}, 400, "invalid_input"),
        ([], 400, "invalid_input"),
    ],
)
async def test_bad_requests_are_answered_with_the_reason(
    alice: Person, body: Any, status: int, reason: str
) -> None:
    answer = await alice.api.post("/api/kernels", json=body)
    assert (answer.status_code, answer.json()["reason"]) == (status, reason)
    assert (await alice.api.get("/api/kernels")).json() == []


async def test_a_garbage_id_leaves_nothing_that_breaks_the_shutdown(
    bench: Bench, alice: Person
) -> None:
    for garbage in ("../..", "x" * 200, "00000000-0000-0000-0000-00000000000G"):
        body = {"path": "wonder", "kernel_id": garbage}
        assert (await alice.api.post("/api/kernels", json=body)).status_code == 400
    await bench.kernels.shutdown_all()


async def test_a_client_may_choose_an_unused_id_and_no_other(alice: Person, bob: Person) -> None:
    chosen = str(uuid.uuid4())
    body = {"path": "wonder", "kernel_id": chosen}
    assert (await alice.api.post("/api/kernels", json=body)).json()["id"] == chosen
    assert (await alice.api.post("/api/kernels", json=body)).status_code == 409
    foreign = {"path": "builder", "kernel_id": chosen}
    assert (await bob.api.post("/api/kernels", json=foreign)).status_code == 409


async def test_what_is_not_yours_is_not_there(alice: Person, bob: Person, victor: Person) -> None:
    kernel_id = await alice.start_kernel("wonder")
    unknown = str(uuid.uuid4())
    for stranger in (bob, victor):
        assert (await stranger.api.get("/api/kernels")).json() == []
        for method, path in (
            ("GET", ""),
            ("DELETE", ""),
            ("POST", "/interrupt"),
            ("POST", "/restart"),
            ("GET", "/channels"),
        ):
            theirs = await stranger.api.request(method, f"/api/kernels/{kernel_id}{path}")
            nobodys = await stranger.api.request(method, f"/api/kernels/{unknown}{path}")
            assert theirs.status_code == nobodys.status_code == 404
            assert theirs.json() == nobodys.json()
    assert (await alice.api.get(f"/api/kernels/{kernel_id}")).status_code == 200


async def test_an_editor_of_a_shared_project_may_use_its_kernels(
    alice: Person, carol: Person
) -> None:
    kernel_id = await alice.start_kernel("wonder")
    assert [one["id"] for one in (await carol.api.get("/api/kernels")).json()] == [kernel_id]
    async with carol.socket(kernel_id) as socket:
        assert text_of(await socket.run("print('hers')")) == "hers\n"
    assert (await carol.api.post(f"/api/kernels/{kernel_id}/restart")).status_code == 200


async def test_a_viewer_cannot_start_a_kernel(bench: Bench, victor: Person) -> None:
    (view,) = await bench.services.projects.list(victor.principal)
    answer = await victor.api.post("/api/kernels", json={"path": view.label})
    assert (answer.status_code, answer.json()["reason"]) == (403, "access_denied")


async def test_a_busy_kernel_is_interrupted(alice: Person) -> None:
    kernel_id = await alice.start_kernel("wonder")
    async with alice.socket(kernel_id) as socket:
        request = await socket.execute("print('go', flush=True)\nwhile True: pass")
        await socket.first(lambda one: one.header.type == "stream")
        assert (await alice.api.post(f"/api/kernels/{kernel_id}/interrupt")).status_code == 204
        answers = await socket.finished(request)
    assert any(one.content.get("ename") == "KeyboardInterrupt" for one in answers)


async def test_a_restart_forgets_everything_but_the_id(bench: Bench, alice: Person) -> None:
    kernel_id = await alice.start_kernel("wonder")
    async with alice.socket(kernel_id) as socket:
        await socket.run("x = 1")
        first = bench.process(kernel_id)
        answer = await alice.api.post(f"/api/kernels/{kernel_id}/restart")
        assert (answer.status_code, answer.json()["id"]) == (200, kernel_id)
        assert first.poll() == -signal.SIGKILL
        assert text_of(await socket.run("print('x' in dir())")) == "False\n"


async def test_several_kernels_of_a_project_do_not_know_each_other(alice: Person) -> None:
    ids = [await alice.start_kernel("wonder") for _ in range(3)]
    for index, kernel_id in enumerate(ids):
        async with alice.socket(kernel_id) as socket:
            await socket.run(f"x = {index}")
    for index, kernel_id in enumerate(ids):
        async with alice.socket(kernel_id) as socket:
            assert text_of(await socket.run("print(x)")) == f"{index}\n"


async def test_a_killed_kernel_says_why_and_is_there_again_at_once(
    bench: Bench, alice: Person
) -> None:
    kernel_id = await alice.start_kernel("wonder")
    async with alice.socket(kernel_id) as socket:
        await socket.run("x = 1")
        request = await socket.execute("import os; os.kill(os.getpid(), 9)")
        answers = await socket.finished(request)
        assert any(one.header.type == "error" for one in answers)
        told = await socket.first(
            lambda one: (
                one.header.type == "status" and one.content["execution_state"] == "restarting"
            )
        )
        assert told.content["ended"]["cause"] == "killed"
        assert told.content["ended"]["signal"] == signal.SIGKILL
        await socket.until(lambda: bench.kernels.get_kernel(kernel_id).execution_state == "idle")
        assert text_of(await socket.run("print('x' in dir())")) == "False\n"
    model = (await alice.api.get(f"/api/kernels/{kernel_id}")).json()
    assert model["ended"]["cause"] == "killed"


async def test_a_kernel_that_keeps_dying_is_left_dead_until_somebody_restarts_it(
    bench: Bench, alice: Person
) -> None:
    kernel_id = await alice.start_kernel("wonder")
    kernel = bench.kernels.get_kernel(kernel_id)
    states: list[str] = []
    kernel.observe(lambda change: states.append(change["new"]), "execution_state")
    async with alice.socket(kernel_id) as socket:
        await bench.services.sandboxes.stop(kernel.home.project_id, cause=EndCause.IDLE)
        dead = await socket.first(
            lambda one: one.header.type == "status" and one.content["execution_state"] == "dead"
        )
        assert dead.content["ended"]["cause"] == "idle"
        failed = await socket.run("1")
        assert failed[-2].content["ename"] == "KernelEnded"
    async with alice.socket(kernel_id) as late:
        told = await late.first(lambda one: one.header.type == "status")
        assert told.content == dead.content
    model = (await alice.api.get(f"/api/kernels/{kernel_id}")).json()
    assert (model["execution_state"], model["ended"]["cause"]) == ("dead", "idle")
    assert model["reason"] == model["ended"]["detail"]
    assert "restarting" not in states
    assert (await alice.api.post(f"/api/kernels/{kernel_id}/restart")).status_code == 200
    async with alice.socket(kernel_id) as socket:
        assert text_of(await socket.run("print('back')")) == "back\n"
    again = (await alice.api.get(f"/api/kernels/{kernel_id}")).json()
    assert not {"ended", "reason"} & set(again)


async def test_a_user_has_a_limited_number_of_kernels(bench: Bench, alice: Person) -> None:
    before, bench.kernels.max_kernels_per_user = bench.kernels.max_kernels_per_user, 2
    try:
        ids = [await alice.start_kernel("wonder") for _ in range(2)]
        answer = await alice.api.post("/api/kernels", json={"path": "wonder"})
        assert (answer.status_code, answer.json()["reason"]) == (429, "limit_reached")
        await alice.api.delete(f"/api/kernels/{ids[0]}")
        await alice.start_kernel("wonder")
    finally:
        bench.kernels.max_kernels_per_user = before


async def test_a_dead_kernel_makes_room_for_a_new_one(bench: Bench, alice: Person) -> None:
    before, bench.kernels.max_kernels_per_user = bench.kernels.max_kernels_per_user, 1
    try:
        first = await alice.start_kernel("wonder")
        project = bench.kernels.get_kernel(first).home.project_id
        async with alice.socket(first) as socket:
            await bench.services.sandboxes.stop(project, cause=EndCause.IDLE)
            await socket.until(lambda: bench.kernels.get_kernel(first).execution_state == "dead")
        second = await alice.start_kernel("wonder")
        assert [one["id"] for one in (await alice.api.get("/api/kernels")).json()] == [second]
    finally:
        bench.kernels.max_kernels_per_user = before


async def test_what_a_cell_writes_is_committed_when_it_has_ended(
    bench: Bench, alice: Person, wonder: ProjectView
) -> None:
    kernel_id = await alice.start_kernel("wonder")
    absorbed = bench.kernels.absorbing
    async with alice.socket(kernel_id) as socket:
        await socket.run("open('made-by-a-cell.txt', 'w').write('hello')")
    await absorbed.settled(wonder.project.id)
    entries = await bench.services.contents.history.list(wonder.project.id, "made-by-a-cell.txt")
    assert [one.author_id for one in entries] == [None]


async def test_the_environment_holds_nothing_of_the_servers_and_nothing_of_the_clients(
    alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUPABASE_SERVICE_KEY", "the-server's-secret")
    body = {"path": "wonder", "env": {"KERNEL_USERNAME": "$(id)", "X": "y"}}
    kernel_id = (await alice.api.post("/api/kernels", json=body)).json()["id"]
    async with alice.socket(kernel_id) as socket:
        answers = await socket.run("import os; print(sorted(os.environ))")
    names = text_of(answers)
    assert "SUPABASE" not in names
    assert "KERNEL_" not in names
    assert "'X'" not in names


async def test_a_kernel_is_in_use_while_a_cell_runs_and_one_that_waits_for_input_does(
    bench: Bench, alice: Person
) -> None:
    long_ago = datetime(2000, 1, 1, tzinfo=UTC)
    kernel = bench.kernels.get_kernel(await alice.start_kernel("wonder"))

    async def last_use() -> datetime | None:
        kernel.last_activity = long_ago
        return await bench.kernels._activity(kernel.home.project_id)

    async with alice.socket(str(kernel.kernel_id)) as socket:
        request = await socket.execute("input()", allow_stdin=True)
        await socket.first(lambda one: one.header.type == "input_request")
        assert (await last_use() or long_ago) > long_ago
        await socket.send("stdin", "input_reply", {"value": "done"})
        await socket.finished(request)
        assert await last_use() == long_ago


async def test_the_culler_ends_idle_kernels_of_everybody_in_nobodys_name(
    bench: Bench, alice: Person, bob: Person
) -> None:
    await alice.start_kernel("wonder")
    await bob.start_kernel("builder")
    bench.kernels.cull_idle_timeout = 1
    try:
        for kernel in bench.kernels.all():
            kernel.last_activity = kernel.last_activity.replace(year=2000)
            kernel.execution_state = "idle"
        await bench.kernels.cull_kernels()  # type: ignore[no-untyped-call]
    finally:
        bench.kernels.cull_idle_timeout = 0
    assert bench.kernels.all() == []


async def test_many_starts_at_once_are_all_answered(alice: Person) -> None:
    ids = await asyncio.gather(*(alice.start_kernel("wonder") for _ in range(5)))
    assert len(set(ids)) == 5
