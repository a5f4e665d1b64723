"""Kernels of other languages than Python, as clients of the API see them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from platform_server.testing.conversations import text_of
from platform_server.testing.web_kernels import connected, kernel_of, start_kernel

if TYPE_CHECKING:
    from platform_kernels.messages import Message
    from platform_server.testing.kernel_sockets import KernelSocket
    from platform_server.testing.serving import Person

PROJECT = "languages"
BASH, DENO = {"name": "bash"}, {"name": "deno"}


@pytest.fixture(scope="module", autouse=True)
async def project(image: str, alice: Person) -> None:  # noqa: ARG001 - the image has to be there
    await alice.project(PROJECT)


def of(messages: list[Message], kind: str) -> list[dict[str, Any]]:
    return [one.content for one in messages if one.header.type == kind]


def _says(one: Message, text: str) -> bool:
    return bool(one.content.get("text") == text)


def _is_of(one: Message, request: Message) -> bool:
    return one.parent.id == request.header.id


async def interrupted(person: Person, socket: KernelSocket, kernel_id: str, code: str) -> Any:
    """Run code that says "begun" and goes on for ever, and interrupt it; returns the reply."""
    request = await socket.execute(code)
    await socket.first(lambda one: _says(one, "begun\n") and _is_of(one, request))
    answer = await person.http.post(f"/api/kernels/{kernel_id}/interrupt")
    assert answer.status_code == 204
    return of(await socket.finished(request), "execute_reply")[0]


async def test_python_comes_first_and_each_language_says_what_it_is(alice: Person) -> None:
    specs = (await alice.http.get("/api/kernelspecs")).json()
    assert specs["default"] == "python3"
    assert list(specs["kernelspecs"]) == ["python3", "bash", "deno"]
    for name, language in (("bash", "bash"), ("deno", "typescript")):
        async with kernel_of(alice, PROJECT, name=name) as socket:
            reply = await socket.ask("kernel_info_request", {})
            assert reply.content["language_info"]["name"] == language
            assert specs["kernelspecs"][name]["spec"]["language"] == language


async def test_bash_keeps_its_variables_from_cell_to_cell(alice: Person) -> None:
    async with kernel_of(alice, PROJECT, **BASH) as socket:
        await socket.run("value=kept; cd /tmp")
        assert text_of(await socket.run("echo $value in $PWD; id -u")) == "kept in /tmp\n1000\n"
        failed = await socket.run("false")
        assert of(failed, "execute_reply")[0]["status"] == "error"
        reply = await socket.ask("complete_request", {"code": "echo $val", "cursor_pos": 9})
        assert reply.content["matches"] == ["$value"]
        begun = "touch $(touch /tmp/evil)"
        await socket.ask("complete_request", {"code": begun, "cursor_pos": len(begun)})
        assert text_of(await socket.run("ls /tmp | grep evil; echo done")) == "done\n"


async def test_deno_runs_typescript_and_waits_for_promises(alice: Person) -> None:
    async with kernel_of(alice, PROJECT, **DENO) as socket:
        answers = await socket.run("const x: number = 6; console.log('out'); x * 7")
        assert text_of(answers) == "out\n"
        (result,) = of(answers, "execute_result")
        assert "42" in result["data"]["text/plain"]
        assert result["execution_count"] == 1
        waited = await socket.run(
            "await new Promise(done => setTimeout(done, 100)); Deno.jupyter.html`<b>${x}</b>`"
        )
        assert of(waited, "execute_result")[0]["data"]["text/html"] == "<b>6</b>"
        failed = await socket.run("throw new Error('bad')")
        assert of(failed, "error")[0]["evalue"] == "bad"
        reply = await socket.ask("complete_request", {"code": "cons", "cursor_pos": 4})
        assert "console" in reply.content["matches"]
        reply = await socket.ask("is_complete_request", {"code": "function f() {"})
        assert reply.content["status"] == "incomplete"


async def test_what_deno_prints_between_two_cells_belongs_to_the_one_that_began_it(
    alice: Person,
) -> None:
    async with kernel_of(alice, PROJECT, **DENO) as socket:
        request = await socket.execute("setTimeout(() => console.log('later'), 300); 0")
        await socket.finished(request)
        later = await socket.first(lambda one: _says(one, "later\n"))
        assert _is_of(later, request)


async def test_deno_asks_the_client_that_runs_the_code(alice: Person) -> None:
    async with kernel_of(alice, PROJECT, **DENO) as socket:
        request = await socket.execute("const name = prompt('Name?'); `Hello ${name}`")
        question = await socket.first(lambda one: one.header.type == "input_request")
        assert "Name?" in question.content["prompt"]
        await socket.send("stdin", "input_reply", {"value": "Ada", "status": "ok"})
        (result,) = of(await socket.finished(request), "execute_result")
        assert "Hello Ada" in result["data"]["text/plain"]


async def test_bash_heeds_an_interrupt(alice: Person) -> None:
    kernel_id = await start_kernel(alice, PROJECT, **BASH)
    async with connected(alice, kernel_id) as socket:
        await socket.run("value=kept")
        reply = await interrupted(alice, socket, kernel_id, "echo begun; sleep 1000")
        assert (reply["status"], reply["ename"]) == ("error", "KeyboardInterrupt")
        assert text_of(await socket.run("echo $value")) == "kept\n"
    await alice.http.delete(f"/api/kernels/{kernel_id}")


async def test_deno_heeds_an_interrupt_or_is_started_anew(alice: Person) -> None:
    kernel_id = await start_kernel(alice, PROJECT, **DENO)
    async with connected(alice, kernel_id) as socket:
        await socket.run("const kept = 5")
        reply = await interrupted(alice, socket, kernel_id, "console.log('begun'); while (true) {}")
        assert (reply["status"], reply["ename"]) == ("error", "KeyboardInterrupt")
        assert text_of(await socket.run("console.log(kept)")) == "5\n"
        never = "console.log('begun'); await new Promise(() => {})"
        reply = await interrupted(alice, socket, kernel_id, never)
        assert (reply["status"], reply["ename"]) == ("error", "KeyboardInterrupt")
        assert "variables are gone" in reply["evalue"]
        assert text_of(await socket.run("console.log(typeof kept)")) == "undefined\n"
    await alice.http.delete(f"/api/kernels/{kernel_id}")


@pytest.mark.parametrize(
    ("name", "code", "end"),
    [
        ("bash", "exit 3", "exit code 3"),
        ("deno", "Deno.exit(3)", "exit code 3"),
        ("deno", "Deno.kill(Deno.pid, 'SIGKILL')", "SIGKILL"),
    ],
)
async def test_an_end_is_told_and_the_kernel_starts_again(
    alice: Person, name: str, code: str, end: str
) -> None:
    kernel_id = await start_kernel(alice, PROJECT, name=name)
    async with connected(alice, kernel_id) as socket:
        await socket.ask("kernel_info_request", {})
        await socket.execute(code)
        await socket.first(lambda one: one.content.get("execution_state") == "restarting")
        said = {"bash": "echo again", "deno": "console.log('again')"}[name]
        async with asyncio.timeout(30):
            while text_of(await socket.run(said)) != "again\n":
                pass
    del end
    await alice.http.delete(f"/api/kernels/{kernel_id}")
