"""A server that is killed, and what its users find when the next one runs.

``lives`` runs and kills servers on one home and one port; ``ada`` is new there in each test.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import secrets
import shutil
import signal
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
import pytest

from platform_server.identity.model import Role
from platform_server.paths import Home
from platform_server.sandboxes.docker_engine import DockerEngine
from platform_server.settings import Settings
from platform_server.testing.chaos.lives import Lives
from platform_server.testing.conversations import text_of
from platform_server.testing.screens import Screen
from platform_server.testing.serving import join
from platform_server.testing.web_kernels import connected, start_kernel, value_of
from platform_server.testing.web_terminals import attached, open_terminal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from platform_kernels.messages import Message
    from platform_server.testing.serving import Person

SESSION = "platform"  # how the tests' messages call the session that they come from


@pytest.fixture(scope="module")
async def lives(image: str) -> AsyncIterator[Lives]:
    assert image
    folder = Path(tempfile.mkdtemp(prefix="kill-"))
    lives = Lives(folder / "home")
    await lives.begin()
    yield lives
    await lives.aclose()
    shutil.rmtree(folder)


@pytest.fixture
async def ada(lives: Lives) -> AsyncIterator[Person]:
    person = await join(lives.server, f"ada-{secrets.token_hex(4)}", Role.LEARNER)
    await person.project("work")
    yield person
    for sandbox in (await person.http.get("/api/containers")).json():
        await person.http.delete(f"/api/containers/{sandbox['id']}")
    await person.aclose()


async def open_session(person: Person, path: str) -> dict[str, Any]:
    body = {"path": path, "type": "notebook", "name": path, "kernel": {"name": "python3"}}
    answer = await person.http.post("/api/sessions", json=body)
    assert answer.is_success, answer.text
    return dict(answer.json())


async def agents(lives: Lives) -> list[int]:
    """Return the main processes of the installation's running sandboxes."""
    settings = Settings(home=Home(lives.home), database_url="")
    engine = DockerEngine(installation=settings.installation, seccomp=lives.home)
    try:
        return [one.pid for one in await engine.containers() if one.running]
    finally:
        await engine.aclose()


async def kill_and_start(lives: Lives) -> None:
    await lives.kill()
    await lives.begin()


async def test_sessions_kernels_and_variables_survive(lives: Lives, ada: Person) -> None:
    session = await open_session(ada, "work/a.ipynb")
    kernel_id = session["kernel"]["id"]
    async with connected(ada, kernel_id) as socket:
        await socket.run("x = [41]")

    await kill_and_start(lives)

    (found,) = (await ada.http.get("/api/sessions")).json()
    assert (found["id"], found["kernel"]["id"]) == (session["id"], kernel_id)
    async with connected(ada, kernel_id) as socket:
        assert await value_of(socket, "x[0] + 1") == 42
        assert (await ada.http.get(f"/api/kernels/{kernel_id}")).json()["execution_state"] == "idle"
    assert (await open_session(ada, "work/a.ipynb"))["id"] == session["id"]


async def test_a_cell_goes_on_and_its_reply_arrives(lives: Lives, ada: Person) -> None:
    kernel_id = await start_kernel(ada, "work")
    async with connected(ada, kernel_id, session=SESSION) as socket:
        await socket.run("import pathlib, time")
        wait = "while not pathlib.Path('go').exists(): time.sleep(0.05)"
        request = await socket.execute(f"print('began')\n{wait}\nprint('done')\n6 * 7")
        await socket.first(lambda one: one.header.type == "stream")

    await kill_and_start(lives)

    model = (await ada.http.get(f"/api/kernels/{kernel_id}")).json()
    assert model["execution_state"] == "busy"
    async with connected(ada, kernel_id, session=SESSION) as socket:
        await ada.http.put(
            "/api/contents/work/go", json={"type": "file", "content": "", "format": "text"}
        )
        answers = await socket.finished(request)
    assert "done" in text_of(answers)
    (reply,) = [one for one in answers if one.header.type == "execute_reply"]
    assert reply.content["status"] == "ok"
    model = (await ada.http.get(f"/api/kernels/{kernel_id}")).json()
    assert model["execution_state"] == "idle"


BASH_WAITS = "echo began; until [ -e go ]; do sleep 0.05; done; echo done"
DENO_WAITS = """
console.log('began');
while (!Array.from(Deno.readDirSync('.')).some(one => one.name === 'go')) {
  await new Promise(done => setTimeout(done, 50));
}
console.log('done');
"""


@pytest.mark.parametrize(
    ("name", "set_value", "code", "tell_value"),
    [
        ("bash", "value=kept", BASH_WAITS, "echo $value"),
        ("deno", "const value = 'kept'", DENO_WAITS, "console.log(value)"),
    ],
)
async def test_kernels_of_other_languages_go_on_as_well(  # noqa: PLR0917 - a table
    lives: Lives, ada: Person, name: str, set_value: str, code: str, tell_value: str
) -> None:
    kernel_id = await start_kernel(ada, "work", name=name)
    async with connected(ada, kernel_id, session=SESSION) as socket:
        await socket.run(set_value)
        request = await socket.execute(code)
        await socket.first(lambda one: one.content.get("text") == "began\n")

    await kill_and_start(lives)

    async with connected(ada, kernel_id, session=SESSION) as socket:
        await ada.http.put(
            "/api/contents/work/go", json={"type": "file", "content": "", "format": "text"}
        )
        assert "done" in text_of(await socket.finished(request))
        assert text_of(await socket.run(tell_value)) == "kept\n"


async def test_a_reply_waits_for_the_client_that_asked(lives: Lives, ada: Person) -> None:
    kernel_id = await start_kernel(ada, "work")
    async with connected(ada, kernel_id, session=SESSION) as socket:
        await socket.run("import pathlib, time")
        wait = "while not pathlib.Path('go').exists(): time.sleep(0.05)"
        request = await socket.execute(f"{wait}\n6 * 7")
        await socket.first(lambda one: one.header.type == "execute_input")

    await kill_and_start(lives)

    async with connected(ada, kernel_id) as other:
        await ada.http.put(
            "/api/contents/work/go", json={"type": "file", "content": "", "format": "text"}
        )
        await other.run("pass")
        assert not [
            one
            for one in other.messages
            if one.parent.id == request.header.id and one.channel == "shell"
        ]
    async with connected(ada, kernel_id, session=SESSION) as socket:
        reply = await socket.first(lambda one: one.header.type == "execute_reply")
    assert reply.parent.id == request.header.id


async def test_input_that_is_asked_for_later_reaches_who_ran_the_cell(
    lives: Lives, ada: Person
) -> None:
    kernel_id = await start_kernel(ada, "work")
    async with connected(ada, kernel_id, session=SESSION) as socket:
        await socket.run("import pathlib, time")
        wait = "while not pathlib.Path('go').exists(): time.sleep(0.05)"
        request = await socket.execute(f"{wait}\nname = input('who? ')\nprint('hello', name)")
        await socket.first(lambda one: one.header.type == "execute_input")

    await kill_and_start(lives)

    async with connected(ada, kernel_id, session=SESSION) as socket:
        await ada.http.put(
            "/api/contents/work/go", json={"type": "file", "content": "", "format": "text"}
        )
        await socket.first(lambda one: one.header.type == "input_request")
        await socket.send("stdin", "input_reply", {"value": "Ada"})
        assert "hello Ada" in text_of(await socket.finished(request))


async def test_a_question_asked_before_is_answered_after(lives: Lives, ada: Person) -> None:
    kernel_id = await start_kernel(ada, "work")
    async with connected(ada, kernel_id, session=SESSION) as socket:
        request = await socket.execute("name = input('who? ')\nprint('hello', name)")
        await socket.first(lambda one: one.header.type == "input_request")

    await kill_and_start(lives)

    async with connected(ada, kernel_id, session=SESSION) as socket:
        await socket.send("stdin", "input_reply", {"value": "Ada"})
        assert "hello Ada" in text_of(await socket.finished(request))
        assert await value_of(socket, "name") == "Ada"


async def test_a_kernel_whose_sandbox_is_late_is_listed_and_goes_on(
    lives: Lives, ada: Person
) -> None:
    session = await open_session(ada, "work/a.ipynb")
    kernel_id = session["kernel"]["id"]
    async with connected(ada, kernel_id) as socket:
        await socket.run("x = [41]")
    (agent,) = await agents(lives)
    os.kill(agent, signal.SIGSTOP)
    try:
        await kill_and_start(lives)
        (found,) = (await ada.http.get("/api/sessions")).json()
        assert (found["id"], found["kernel"]["id"]) == (session["id"], kernel_id)
        assert found["kernel"]["execution_state"] == "unknown"
        async with connected(ada, kernel_id) as socket:
            request = await socket.execute("x[0] + 1")
            os.kill(agent, signal.SIGCONT)
            answers = await socket.finished(request)
            (result,) = [one for one in answers if one.header.type == "execute_result"]
            assert result.content["data"]["text/plain"] == "42"
    finally:
        os.kill(agent, signal.SIGCONT)


async def test_the_end_of_an_adopted_kernel_and_of_its_sandbox_is_told(
    lives: Lives, ada: Person
) -> None:
    kernel_id = await start_kernel(ada, "work")

    await kill_and_start(lives)

    (model,) = (await ada.http.get("/api/kernels")).json()
    assert model["connections"] == 0
    async with connected(ada, kernel_id) as socket:
        (model,) = (await ada.http.get("/api/kernels")).json()
        assert (model["id"], model["connections"]) == (kernel_id, 1)
        await socket.execute("import os\nos.kill(os.getpid(), 9)")
        ended = await socket.first(lambda one: "ended" in one.content)
        assert ended.content["execution_state"] == "restarting"
        assert ended.content["ended"]["cause"] == "killed"
        assert await value_of(socket, "1 + 1") == 2
        (sandbox,) = (await ada.http.get("/api/containers")).json()
        assert (await ada.http.delete(f"/api/containers/{sandbox['id']}")).is_success
        stopped = await socket.first(lambda one: one.content.get("execution_state") == "dead")
        assert stopped.content["ended"]["cause"] == "user"
    assert await agents(lives) == []


async def test_an_adopted_kernel_is_interrupted_restarted_and_shut_down(
    lives: Lives, ada: Person
) -> None:
    kernel_id = await start_kernel(ada, "work")
    async with connected(ada, kernel_id, session=SESSION) as socket:
        await socket.run("x = 1\nimport time")
        request = await socket.execute("time.sleep(600)")
        await socket.first(lambda one: one.header.type == "execute_input")

    await kill_and_start(lives)

    async with connected(ada, kernel_id, session=SESSION) as socket:
        assert (await ada.http.post(f"/api/kernels/{kernel_id}/interrupt")).is_success
        answers = await socket.finished(request)  # what is asked earlier, ipykernel aborts
        assert "KeyboardInterrupt" in [one.content.get("ename") for one in answers]
        assert await value_of(socket, "x") == 1
        assert (await ada.http.post(f"/api/kernels/{kernel_id}/restart")).is_success
        assert await value_of(socket, "'x' in globals()") is False
    assert (await ada.http.delete(f"/api/kernels/{kernel_id}")).is_success
    await kill_and_start(lives)
    assert (await ada.http.get("/api/kernels")).json() == []


COUNT = """
import pathlib, time
number = 0
while not pathlib.Path('stop').exists():
    print(number, flush=True)
    number += 1
    time.sleep(0.02)
print('total', number)
"""


def numbers_in(messages: list[Message]) -> list[int]:
    return [int(word) for word in text_of(messages).split() if word.isdigit()]


async def stop_counting(ada: Person) -> None:
    body = {"type": "file", "content": "", "format": "text"}
    assert (await ada.http.put("/api/contents/work/stop", json=body)).is_success


@pytest.mark.parametrize("says_what_it_has", [True, False])
async def test_every_line_printed_while_no_server_ran_arrives_once(
    lives: Lives, ada: Person, *, says_what_it_has: bool
) -> None:
    kernel_id = await start_kernel(ada, "work")
    async with connected(ada, kernel_id, session=SESSION) as before:
        request = await before.execute(COUNT)
        await before.until(lambda: len(numbers_in(before.messages)) > 5)
        await kill_and_start(lives)
        assert await before.closed() == 1006  # no goodbye
    seen = [one for one in before.messages if one.parent.id == request.header.id]

    last = seen[-1].header.id if says_what_it_has else None
    async with connected(ada, kernel_id, session=SESSION, last_seen=last) as after:
        at_first = len(seen) + 20
        await after.until(lambda: len(numbers_in(after.messages)) > at_first)
        await stop_counting(ada)
        missed = await after.finished(request)

    had = {one.header.id for one in seen}
    again = [one for one in missed if one.header.id in had]
    # Only a client that says what it has is never told twice what was on its way at the kill.
    assert not (again and says_what_it_has)
    assert again == missed[: len(again)]
    numbers = numbers_in(seen + [one for one in missed if one.header.id not in had])
    assert numbers[:-1] == list(range(numbers[-1]))
    (reply,) = [one for one in missed if one.header.type == "execute_reply"]
    assert reply.content["execution_count"] == 1


async def test_a_cell_that_ended_while_no_server_ran_has_its_end(lives: Lives, ada: Person) -> None:
    kernel_id = await start_kernel(ada, "work")
    async with connected(ada, kernel_id, session=SESSION) as before:
        request = await before.execute("import time; time.sleep(0.5); print('the end'); 6 * 7")
        begun = await before.first(lambda one: one.header.type == "execute_input")
        await lives.kill()
    await asyncio.sleep(1)  # what is awaited has no event: nobody is connected to the kernel
    await lives.begin()

    last = begun.header.id
    async with connected(ada, kernel_id, session=SESSION, last_seen=last) as after:
        answers = await after.finished(request)
        assert text_of(answers) == "the end\n"
        kinds = [one.header.type for one in answers]
        assert kinds == ["stream", "execute_result", "execute_reply", "status"]


async def test_a_notebook_whose_page_is_gone_is_complete_after_a_kill(
    lives: Lives, ada: Person
) -> None:
    await ada.http.put("/api/contents/work/a.ipynb", json=notebook_model("one"))
    kernel_id = (await open_session(ada, "work/a.ipynb"))["kernel"]["id"]
    async with connected(ada, kernel_id) as page:
        await page.execute_cell(COUNT, "one")
        await page.until(lambda: len(numbers_in(page.messages)) > 5)

    await kill_and_start(lives)
    await stop_counting(ada)

    async with asyncio.timeout(60):
        while True:
            text = await text_of_cell(ada)
            if "total" in text:
                break
            await asyncio.sleep(0.2)  # until the server has saved, which has no event here
    numbers = [int(word) for word in text.split() if word.isdigit()]
    assert numbers[:-1] == list(range(numbers[-1]))


def notebook_model(cell_id: str) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": "code", "id": cell_id, "metadata": {}, "source": COUNT}
    cells = [cell | {"outputs": [], "execution_count": None}]
    content = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return {"type": "notebook", "format": "json", "content": content}


async def text_of_cell(person: Person) -> str:
    model = (await person.http.get("/api/contents/work/a.ipynb")).json()
    return "".join(one.get("text", "") for one in model["content"]["cells"][0]["outputs"])


async def test_terminals_go_on_with_their_shells_and_what_runs_in_them(
    lives: Lives, ada: Person
) -> None:
    name = await open_terminal(ada, "work")
    async with attached(ada, name) as terminal:
        screen = Screen(terminal)
        await screen.type(
            "secret=6x7; for i in 1 2; do read line; echo got-$line; done; echo o''ver\n"
        )
        await screen.type("one\n")
        await screen.shows("got-one")
    before = (await ada.http.get("/api/terminals")).json()

    await kill_and_start(lives)

    assert [one["name"] for one in (await ada.http.get("/api/terminals")).json()] == [name]
    assert [one["name"] for one in before] == [name]
    async with attached(ada, name) as terminal:
        screen = Screen(terminal)
        await screen.shows("got-one")
        await screen.type("two\n")
        await screen.shows("over")
        await screen.type("echo $secret\n")
        await screen.shows("6x7\r\n")
    assert (await ada.http.delete(f"/api/terminals/{name}")).status_code == 204
    await kill_and_start(lives)
    assert (await ada.http.get("/api/terminals")).json() == []


async def test_what_eight_writers_were_told_is_saved_is_there(lives: Lives, ada: Person) -> None:
    projects = (await ada.http.get("/api/projects/")).json()
    url = f"/api/projects/{projects[0]['id']}/files"
    told: dict[str, int] = {}
    enough = asyncio.Event()

    async def write(path: str) -> None:
        for number in itertools.count():
            answer = await ada.http.put(f"{url}/{quote(path)}", content=str(number).encode())
            assert answer.is_success, answer.text
            told[path] = number
            if sum(told.values()) > 80:
                enough.set()

    async with asyncio.TaskGroup() as writers:
        for number in range(8):
            writers.create_task(until_it_breaks(write, f"été {number} %#.txt"))
        await enough.wait()
        await lives.kill()
    await lives.begin()

    assert len(told) == 8
    for path, number in told.items():
        content = int((await ada.http.get(f"{url}/{quote(path)}")).text)
        assert content in {number, number + 1}  # the last may have been saved and not answered


async def until_it_breaks(write: Callable[[str], Awaitable[None]], path: str) -> None:
    with suppress(httpx.TransportError):
        await write(path)
