"""A script that knows the product's description and Jupyter's API, and nothing else.

It starts from the command line: an account, a token, and then HTTP and websockets only. The server
is given secrets, and code looks for them wherever the script can run some.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from platform_server.testing.jupyter_script import script_on
from platform_server.testing.processes import environment_of
from platform_server.testing.serving import SECRETS, Server, http_client, open_socket
from platform_server.testing.web_terminals import WebTerminal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx

COMMAND = Path(sys.executable).with_name("jupyter")
EMAIL = "scripts@example.org"
PASSWORD = b"a password from a pipe\n"
DATABASE = "database-4b5a.sqlite"

# What a process can find out about itself and its surroundings, one fact a line.
FACTS = r"""
echo user: $(id -u) $(id -g) $(id -G)
awk '/^(Cap...|NoNewPrivs|Seccomp):/' /proc/self/status
echo interfaces: $(ls /sys/class/net)
echo routes: $(tail -n +2 /proc/net/route | wc -l)
for f in / /usr /etc /opt /var; do touch $f/planted 2>/dev/null && echo writable: $f; done
echo root: $(awk '$2 == "/" {print substr($4, 1, 3)}' /proc/self/mounts)
""".strip().replace("\n", "; ")
EXPECTED = [
    "user: 1000 1000 1000",
    *(f"Cap{name}: 0000000000000000" for name in ("Inh", "Prm", "Eff", "Bnd", "Amb")),
    "NoNewPrivs: 1",
    "Seccomp: 2",
    "interfaces: lo",
    "routes: 0",
    "root: ro,",
]
# What every process that can be looked at was started with. What is looked for is not in there.
LEAKS = (
    "cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' > /tmp/all;"
    " for n in JWT SUPABASE DATABASE PLATFORM; do grep -c ^${n}_ /tmp/all; done;"
    " grep -cE 'of-the-server-alon[e]|database-4b5[a]' /tmp/all;"
    " grep -q ^PATH= /tmp/all && echo looked"
)
ORIGIN = """
import os, sys
print(os.getppid(), sys.orig_argv == open('/proc/1/cmdline').read().split('\\0')[:-1])
print(open('/proc/self/cmdline').read() == open('/proc/1/cmdline').read())
"""


@dataclass(kw_only=True)
class Script:
    """What the script has: an address, a token, and a project."""

    server: Server
    token: str
    http: httpx.AsyncClient
    project: str

    async def post(self, path: str, body: Any, status: int = 201) -> dict[str, Any]:
        answer = await self.http.post(path, json=body)
        assert answer.status_code == status, answer.text
        return dict(answer.json())

    async def execute(self, command: str | list[str], **options: Any) -> dict[str, Any]:
        container = await self.post("/api/containers/", {"project": self.project})
        path = f"/api/containers/{container['id']}/execute"
        return await self.post(path, {"command": command, **options}, 200)

    async def python(self, kernel_id: str, code: str) -> str:
        async with script_on(self.server.url, self.token, kernel_id) as kernel:
            return await kernel.text(code)

    async def in_terminal(self, line: str) -> str:
        name = (await self.post("/api/terminals", {"cwd": "demo"}, 200))["name"]
        headers = {"Authorization": f"Bearer {self.token}"}
        shown = b""
        async with open_socket(self.server, f"/terminals/websocket/{name}", headers) as socket:
            terminal = WebTerminal(socket)
            await terminal.write(f"echo be''gin; {line}; echo e''nd\r".encode())
            while b"end\r\n" not in shown:
                shown += await terminal.read()
        await self.http.delete(f"/api/terminals/{name}")
        return shown.decode().partition("begin\r\n")[2].replace("\r\n", "\n")


async def command(*arguments: str, variables: dict[str, str], typed: bytes = b"") -> str:
    """Run `jupyter platform` with arguments; returns its standard output."""
    process = await asyncio.create_subprocess_exec(
        *(str(COMMAND), "platform", *arguments),
        env=os.environ | variables,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate(typed)
    assert process.returncode == 0, errors.decode()
    return output.decode()


@pytest.fixture(scope="module")
async def script(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Script]:
    home = tmp_path_factory.mktemp("product") / "home"
    where = {"DATABASE_URL": f"sqlite:///{home.with_name(DATABASE)}", "PLATFORM_HOME": str(home)}
    # One command while the server does not run, one while it does.
    person = (EMAIL, "--role=learner", "--password-stdin")
    await command("user", "add", *person, typed=PASSWORD, variables=where)
    async with Server.start(home, variables=SECRETS | where) as server:
        assert environment_of(server.process.pid).items() >= (SECRETS | where).items()
        output = await command("token", "add", EMAIL, "--name=ci", "--expires=30d", variables=where)
        assert re.fullmatch(r"\S{40,}\n", output), "the token alone"
        token = output.strip()
        async with http_client(server, Authorization=f"Bearer {token}") as http:
            made = await http.post("/api/projects/", json={"name": "demo"})
            assert made.status_code == 201
            assert set(made.json()) >= {"id", "name", "role", "created_at"}
            project = made.json()["id"]
            yield Script(server=server, token=token, http=http, project=project)


async def shell(script: Script, way: str, line: str) -> str:
    """Run a shell line in one of the ways there are, and return what it wrote."""
    if way == "execute":
        return str((await script.execute(line))["stdout"])
    if way == "terminal":
        return await script.in_terminal(line)
    if way == "session":
        body = {"path": "demo/analysis.ipynb", "type": "notebook", "kernel": {"name": "python3"}}
        kernel_id = (await script.post("/api/sessions", body))["kernel"]["id"]
    else:
        kernel_id = (await script.post("/api/kernels", {"name": "python3", "path": "demo"}))["id"]
    return await script.python(
        kernel_id, f"import subprocess\nprint(subprocess.getoutput({line!r}))"
    )


@pytest.mark.parametrize("way", ["execute", "terminal", "session", "kernel"])
async def test_code_is_locked_up_wherever_it_runs(script: Script, way: str) -> None:
    found = [" ".join(line.split()) for line in (await shell(script, way, FACTS)).splitlines()]
    assert [line for line in found if ": " in line] == EXPECTED


@pytest.mark.parametrize("way", ["execute", "terminal", "session", "kernel"])
async def test_no_secret_of_the_server_is_in_any_process(script: Script, way: str) -> None:
    lines = (await shell(script, way, LEAKS)).split()
    assert [line for line in lines if line in {"0", "looked"}] == ["0"] * 5 + ["looked"]


async def test_a_kernel_is_a_fork_of_the_agent_and_no_fresh_interpreter(script: Script) -> None:
    kernel_id = (await script.post("/api/kernels", {"path": "demo"}))["id"]
    assert await script.python(kernel_id, ORIGIN) == "1 True\nTrue\n"


async def test_a_command_has_input_a_time_limit_and_an_honest_result(script: Script) -> None:
    done = await script.execute(["sh", "-c", "cat; echo no >&2; exit 3"], stdin="typed")
    assert (done["exit_code"], done["stdout"], done["stderr"]) == (3, "typed", "no\n")
    assert done["truncated"] is False
    assert done["duration_ms"] >= 0
    ended = await script.execute("sleep 60", timeout=0.2)
    assert ended["exit_code"] != 0
    flood = await script.execute("head -c 20000000 /dev/zero | tr '\\0' x")
    assert flood["truncated"] is True


async def test_a_container_is_shown_and_ended(script: Script) -> None:
    made = await script.post("/api/containers/", {"project": script.project})
    assert set(made) >= {"id", "project", "state", "limits"}
    shown = (await script.http.get(f"/api/containers/{made['id']}")).json()
    assert set(shown) >= {"usage", "started_at", "ended"}
    listed = (await script.http.get("/api/containers/")).json()
    assert made["id"] in [one["id"] for one in listed]
    assert (await script.http.delete(f"/api/containers/{made['id']}")).is_success
    after = await script.execute("echo again")
    assert after["stdout"] == "again\n"


async def test_files_go_in_and_out_by_either_api(script: Script) -> None:
    raw = b"\x00\xffraw"
    saved = await script.http.put(f"/api/projects/{script.project}/files/data/in.bin", content=raw)
    assert saved.is_success, saved.text
    await script.execute("cp data/in.bin out.bin; echo text > out.txt")
    text = (await script.http.get("/api/contents/demo/out.txt")).json()
    assert (text["path"], text["content"]) == ("demo/out.txt", "text\n")
    assert (await script.http.get("/files/demo/out.bin")).content == raw


async def test_what_is_refused_says_why(script: Script) -> None:
    answers = [
        await script.http.post("/api/containers/", json={"project": "none"}),
        await script.http.post("/api/kernels", json={"name": "cobol", "path": "demo"}),
        await script.http.post("/api/terminals", json={"cwd": "nothing"}),
        await script.http.post("/api/projects/", json={"name": "demo"}),
    ]
    assert [one.status_code for one in answers] == [404, 404, 404, 409]
    assert all({"message", "reason"} <= set(one.json()) for one in answers)
