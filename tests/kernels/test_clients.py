"""Clients that know Jupyter and nothing of ours: a script on websockets, and nbclient itself.

``author``  somebody with a project "book" on a real server
``script``  a script that is connected to a kernel in it
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from platform_server.identity.model import Role
from platform_server.testing.jupyter_script import Script, script_on
from platform_server.testing.serving import Person, Server, join
from platform_server.testing.web_kernels import start_kernel

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

NBCLIENT = Path(__file__).with_name("nbclient_script.py")
PATIENCE = 120  # seconds; a loaded machine is slow
NOTEBOOK = [
    new_markdown_cell("# Everything a notebook does"),
    new_code_cell("import sys\nprint('out')\nprint('err', file=sys.stderr)\n6 * 7"),
    new_code_cell("handle = display('before', display_id=True)"),
    new_code_cell("1 / 0"),
    new_code_cell("handle.update('after')\nfrom IPython.display import HTML\nHTML('<b>rich</b>')"),
    new_code_cell("%pwd\n%time 1"),
    new_code_cell("!echo from the shell"),
    new_code_cell("for n in range(1000): print(n)"),
]


@pytest.fixture(scope="module")
async def author(server: Server) -> AsyncIterator[Person]:
    person = await join(server, "author", Role.LEARNER)
    await person.project("book")
    yield person
    await person.aclose()


@pytest.fixture
async def kernel_id(author: Person) -> AsyncIterator[str]:
    kernel_id = await start_kernel(author, "book")
    yield kernel_id
    await author.http.delete(f"/api/kernels/{kernel_id}")


@pytest.fixture
async def script(author: Person, kernel_id: str) -> AsyncIterator[Script]:
    async with script_on(author.server.url, author.token, kernel_id) as script:
        yield script


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def assert_is_executed(notebook: Any) -> None:
    nbformat.validate(notebook)
    cells = code_cells(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [cell.outputs for cell in cells]
    assert {one["name"]: one["text"] for one in outputs[0] if "name" in one} == {
        "stdout": "out\n",
        "stderr": "err\n",
    }
    assert outputs[0][-1]["data"]["text/plain"] == "42"
    assert outputs[1][0]["data"]["text/plain"] == "'after'"
    assert outputs[2][0]["ename"] == "ZeroDivisionError"
    assert outputs[3][0]["data"]["text/html"] == "<b>rich</b>"
    assert "from the shell" in outputs[5][0]["text"]
    printed = "".join(one["text"] for one in outputs[6])  # in more than one piece when it is slow
    assert printed.split() == [str(n) for n in range(1000)]


async def test_a_script_executes_a_whole_notebook(script: Script) -> None:
    notebook = new_notebook(cells=NOTEBOOK)
    statuses = await script.run_notebook(notebook)
    assert statuses == ["ok", "ok", "error", "ok", "ok", "ok", "ok"]
    assert_is_executed(notebook)


async def test_nbclient_executes_a_whole_notebook(author: Person) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(NBCLIENT), author.server.url),
        env=os.environ | {"JUPYTER_TOKEN": author.token},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(PATIENCE):
            notebook = nbformat.writes(new_notebook(cells=NOTEBOOK)).encode()
            executed, errors = await process.communicate(notebook)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, errors.decode()
    assert_is_executed(nbformat.reads(executed.decode(), as_version=4))
    assert (await author.http.get("/api/kernels")).json() == []


async def test_questions_are_answered_in_order(script: Script) -> None:
    script.answers = ["Ada", "secret"]
    code = "import getpass\nname = input('Name? ')\nprint(name, getpass.getpass('Word? '))"
    assert (await script.text(code)).endswith("Ada secret\n")
    assert script.questions == [
        {"prompt": "Name? ", "password": False},
        {"prompt": "Word? ", "password": True},
    ]


async def test_a_widget_is_opened_and_answers(script: Script) -> None:
    await script.run("""
from comm import create_comm
comm = create_comm('jupyter.widget', data={'state': {'value': 1}}, metadata={'version': '2.1.0'})
@comm.on_msg
def set_value(message):
    comm.send({'method': 'echo_update', 'state': message['content']['data']['state']})
""")
    await script.start("comm.send({'method': 'update', 'state': {'value': 2}})")
    sent = await script.first(lambda one: one["header"]["msg_type"] == "comm_msg")
    assert sent["content"]["data"] == {"method": "update", "state": {"value": 2}}
    data = {"method": "update", "state": {"value": 3}}
    comm_id = sent["content"]["comm_id"]
    await script.send("shell", "comm_msg", {"comm_id": comm_id, "data": data})
    echo = await script.first(
        lambda one: one["content"].get("data", {}).get("method") == "echo_update"
    )
    assert echo["content"]["data"]["state"] == {"value": 3}


async def test_a_front_end_opens_a_comm_and_is_echoed(script: Script) -> None:
    await script.run("""
from comm import get_comm_manager
def opened(comm, message):
    comm.send(message['content']['data'])
get_comm_manager().register_target('echo', opened)
""")
    content = {"comm_id": uuid.uuid4().hex, "target_name": "echo", "data": {"said": "hello"}}
    await script.send("shell", "comm_open", content)
    echo = await script.first(lambda one: one["header"]["msg_type"] == "comm_msg")
    assert echo["content"] == {"comm_id": content["comm_id"], "data": {"said": "hello"}}


async def test_code_that_does_not_end_is_interrupted(
    author: Person, script: Script, kernel_id: str
) -> None:
    request = await script.start("print('on', flush=True)\nimport time\nwhile True: time.sleep(1)")
    await script.first(lambda one: one["header"]["msg_type"] == "stream")
    answer = await author.http.post(f"/api/kernels/{kernel_id}/interrupt")
    reply, outputs = await script.finish(request)
    assert answer.status_code == 204
    assert (reply["status"], reply["ename"]) == ("error", "KeyboardInterrupt")
    assert outputs[-1]["ename"] == "KeyboardInterrupt"
    assert await script.text("print('usable')") == "usable\n"


async def test_a_restart_begins_anew_on_the_same_websocket(
    author: Person, script: Script, kernel_id: str
) -> None:
    await script.run("x = 1")
    answer = await author.http.post(f"/api/kernels/{kernel_id}/restart")
    assert (answer.status_code, answer.json()["id"]) == (200, kernel_id)
    reply, outputs = await script.run("print('x' in dir())")
    assert reply["execution_count"] == 1
    assert outputs[0]["text"] == "False\n"


async def test_a_kernel_that_dies_is_restarted_and_its_cell_has_an_end(script: Script) -> None:
    reply, outputs = await script.run("import os; os._exit(1)")
    assert reply["status"] == "error"
    assert outputs[-1]["output_type"] == "error"
    reply, outputs = await script.run("print('os' in dir())")
    assert (reply["status"], reply["execution_count"]) == ("ok", 1)
    assert outputs[0]["text"] == "False\n"


async def test_a_client_is_told_that_its_kernel_restarts(script: Script) -> None:
    await script.start("import os; os._exit(1)")
    told = await script.first(lambda one: one["content"].get("execution_state") == "restarting")
    assert told["content"]["ended"]["exit_code"] == 1
    assert told["channel"] == "iopub"


async def test_two_kernels_of_a_project_share_its_files_and_nothing_else(
    author: Person, script: Script
) -> None:
    other_id = await start_kernel(author, "book")
    async with script_on(author.server.url, author.token, other_id) as other:
        await script.text("x = 'mine'\nopen('shared.txt', 'w').write('by one, for the other')")
        assert await other.text("print('x' in dir())") == "False\n"
        assert await other.text("print(open('shared.txt').read())") == "by one, for the other\n"
        await other.start("import os; os._exit(1)")
        await other.first(lambda one: one["content"].get("execution_state") == "restarting")
        assert await script.text("print(x)") == "mine\n"
    await author.http.delete(f"/api/kernels/{other_id}")
    saved = await author.http.get("/api/contents/book/shared.txt")
    assert json.loads(saved.text)["content"] == "by one, for the other"
