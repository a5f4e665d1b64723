"""G. Where code runs, and what it finds there: never on the server, and nothing of the server's.

``secretive``  a server whose own environment is full of secrets, and a person with a project
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from platform_server.identity.model import Role
from platform_server.testing.conversations import text_of
from platform_server.testing.processes import children_of, environment_of
from platform_server.testing.serving import Server, join
from platform_server.testing.web_kernels import kernel_of, value_of
from platform_server.testing.web_terminals import attached, open_terminal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from platform_server.testing.serving import Person

SECRET = "of-the-server-alone"
# Everything that any process of the sandbox, which the asker may look at, was started with.
ENVIRONMENTS = "cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n'"
NAMES = ("JWT_SECRET", "DATABASE_URL", "SUPABASE_", "PLATFORM_HOME", "AWS_", "DOCKER_HOST")


@pytest.fixture(scope="module")
async def secretive(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Person]:
    home: Path = tmp_path_factory.mktemp("secretive") / "home"
    variables = {
        "JWT_SECRET": f"jwt-{SECRET}",
        "SUPABASE_ANON_KEY": f"anon-{SECRET}",
        "SUPABASE_SERVICE_KEY": f"service-{SECRET}",
        "AWS_SECRET_ACCESS_KEY": f"aws-{SECRET}",
        "JPY_SESSION_NAME": f"session-{SECRET}",
    }
    async with Server.start(home, variables=variables) as server:
        assert SECRET in str(environment_of(server.process.pid))
        person = await join(server, "secretive", Role.LEARNER)
        await person.project("p")
        yield person
        await person.aclose()


def assert_nothing_leaked(text: str) -> None:
    assert "PATH=" in text
    assert SECRET not in text
    assert not [name for name in NAMES if f"{name}" in text]


async def test_85_a_kernel_finds_nothing_of_the_servers_environment(secretive: Person) -> None:
    async with kernel_of(secretive, "p") as socket:
        environment = await value_of(socket, "import os; dict(os.environ)")
        answers = await socket.run(
            f"import subprocess; print(subprocess.getoutput({ENVIRONMENTS!r}))"
        )
    assert SECRET not in str(environment)
    assert not [name for name in environment if name.startswith(NAMES)]
    assert_nothing_leaked(text_of(answers))


async def test_85_a_terminal_and_a_command_do_neither(secretive: Person) -> None:
    name = await open_terminal(secretive, "p")
    async with attached(secretive, name) as terminal:
        await terminal.write(f"({ENVIRONMENTS}; env); echo finish''ed\r".encode())
        shown = b""
        while b"finished" not in shown:
            shown += await terminal.read()
    assert_nothing_leaked(shown.decode())
    assert_nothing_leaked(await output(secretive, f"env; {ENVIRONMENTS}"))


async def output(person: Person, command: str) -> str:
    project = await person.project("p")
    container = (await person.http.post("/api/containers/", json={"project": project["id"]})).json()
    answer = await person.http.post(
        f"/api/containers/{container['id']}/execute", json={"command": command}
    )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["stdout"])


HOSTILE_ENVIRONMENT = {
    "KERNEL_USERNAME": "$(touch /workspace/injected)",
    "KERNEL_POD_NAME": "{{ 7 * 7 }}",
    "KERNEL_WORKING_DIR": "/etc",
    "KERNEL_ID": "../../../etc",
    "LD_PRELOAD": "/workspace/evil.so",
    "PYTHONPATH": "/workspace/evil",
    "PATH": "/workspace/evil",
    "JPY_SESSION_NAME": "/etc/passwd",
    "X\nY": "z",
}


async def test_86_what_a_client_puts_into_the_environment_is_ignored(alice: Person) -> None:
    await alice.project("g86")
    async with kernel_of(alice, "g86", env=HOSTILE_ENVIRONMENT) as socket:
        found: dict[str, str] = await value_of(socket, "import os; dict(os.environ)")
        files = await value_of(socket, "os.listdir('/workspace')")
    assert not set(HOSTILE_ENVIRONMENT.items()) & set(found.items())
    assert not [name for name in found if name.startswith(("KERNEL_", "LD_"))]
    assert files == []


async def test_87_a_kernelspec_of_a_user_is_executed_nowhere(alice: Person, tmp_path: Path) -> None:
    marker = tmp_path / "executed"
    await alice.project("g87")
    home = alice.server.home.parent  # of the server's own user
    for name in ("python3", "evil"):
        spec = {"argv": ["touch", str(marker)], "display_name": name, "language": "python"}
        for data in (".local/share/jupyter", "share/jupyter", ".ipython"):
            folder = home / data / "kernels" / name
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "kernel.json").write_text(json.dumps(spec))
        # The same, by code, where it would look for kernels.
        async with kernel_of(alice, "g87") as socket:
            inside = f"~/.local/share/jupyter/kernels/{name}"
            await socket.run(
                f"!mkdir -p {inside} && echo '{json.dumps(spec)}' > {inside}/kernel.json"
            )
    listed = (await alice.http.get("/api/kernelspecs")).json()
    refused = await alice.http.post("/api/kernels", json={"name": "evil", "path": "g87"})
    assert "evil" not in listed["kernelspecs"]
    assert str(marker) not in json.dumps(listed)
    assert refused.status_code == 404
    async with kernel_of(alice, "g87", name="python3") as socket:
        assert await value_of(socket, f"import os; os.path.exists({str(marker)!r})") is False
    assert not marker.exists()


async def test_88_kernels_debuggers_terminals_and_commands_run_in_the_sandbox(
    secretive: Person,
) -> None:
    server = secretive.server.process.pid
    ours = {os.readlink(f"/proc/{server}/ns/{kind}") for kind in ("pid", "net", "mnt", "user")}
    async with kernel_of(secretive, "p") as socket:
        kernel = await value_of(socket, "import os; os.readlink('/proc/self/ns/pid')")
        started = await initialize_debugger(socket)
        name = await open_terminal(secretive, "p")
        async with attached(secretive, name) as terminal:
            await terminal.write(b"readlink /proc/self/ns/pid; echo finish''ed\r")
            shown = b""
            while b"finished" not in shown:
                shown += await terminal.read()
        command = await output(secretive, "readlink /proc/self/ns/pid")
        assert kernel not in ours
        assert kernel == command.strip()
        assert kernel.encode() in shown
        assert started["success"] is True
        # Nothing was started here on anybody's behalf.
        assert children_of(server) == []


async def initialize_debugger(socket: Any) -> dict[str, Any]:
    body = {"type": "request", "seq": 1, "command": "initialize", "arguments": {"adapterID": ""}}
    reply = await socket.ask("debug_request", body, "control")
    return dict(reply.content)


@pytest.mark.parametrize("path", ["/lsp/ws/pylsp", "/lsp/status", "/proxy/8080/", "/api/lsp"])
async def test_88_no_language_server_and_no_proxy_runs_beside_the_server(
    alice: Person, path: str
) -> None:
    assert (await alice.http.get(path)).status_code == 404
