"""G. Where code runs, and what it finds there: never on the server, and nothing of the server's."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from platform_server.testing.conversations import text_of
from platform_server.testing.processes import children_of, environment_of
from platform_server.testing.serving import SECRETS
from platform_server.testing.web_kernels import kernel_of, value_of
from platform_server.testing.web_terminals import attached, open_terminal

if TYPE_CHECKING:
    from pathlib import Path

    from platform_server.testing.serving import Person

# Everything that any process of the sandbox, which the asker may look at, was started with.
ENVIRONMENTS = "cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n'"
NAMES = ("JWT_SECRET", "DATABASE_URL", "SUPABASE_", "PLATFORM_HOME", "AWS_", "DOCKER_HOST")


@pytest.fixture
async def secrets(alice: Person) -> dict[str, Any]:
    """Alice's project "g85", on a server that has what there is to find."""
    assert SECRETS.items() <= environment_of(alice.server.process.pid).items()
    return await alice.project("g85")


def assert_nothing_leaked(text: str) -> None:
    assert "PATH=" in text
    assert not [secret for secret in SECRETS.values() if secret in text]
    assert not [name for name in NAMES if name in text]


@pytest.mark.usefixtures("secrets")
async def test_085_a_kernel_finds_nothing_of_the_servers_environment(alice: Person) -> None:
    async with kernel_of(alice, "g85") as socket:
        environment = await value_of(socket, "import os; dict(os.environ)")
        answers = await socket.run(
            f"import subprocess; print(subprocess.getoutput({ENVIRONMENTS!r}))"
        )
    assert_nothing_leaked("\n".join(f"{name}={value}" for name, value in environment.items()))
    assert_nothing_leaked(text_of(answers))


@pytest.mark.usefixtures("secrets")
async def test_085_a_terminal_and_a_command_do_neither(alice: Person) -> None:
    name = await open_terminal(alice, "g85")
    async with attached(alice, name) as terminal:
        await terminal.write(f"({ENVIRONMENTS}; env); echo finish''ed\r".encode())
        shown = b""
        while b"finished" not in shown:
            shown += await terminal.read()
    assert_nothing_leaked(shown.decode())
    assert_nothing_leaked(await output(alice, f"env; {ENVIRONMENTS}"))


async def output(person: Person, command: str) -> str:
    project = await person.project("g85")
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


async def test_086_what_a_client_puts_into_the_environment_is_ignored(alice: Person) -> None:
    await alice.project("g86")
    async with kernel_of(alice, "g86", env=HOSTILE_ENVIRONMENT) as socket:
        found: dict[str, str] = await value_of(socket, "import os; dict(os.environ)")
        files = await value_of(socket, "os.listdir('/workspace')")
    assert not set(HOSTILE_ENVIRONMENT.items()) & set(found.items())
    assert not [name for name in found if name.startswith(("KERNEL_", "LD_"))]
    assert files == []


async def test_087_a_kernelspec_of_a_user_is_run_nowhere(alice: Person, tmp_path: Path) -> None:
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


@pytest.mark.usefixtures("secrets")
async def test_088_kernels_debuggers_terminals_and_commands_run_in_the_sandbox(
    alice: Person,
) -> None:
    server = alice.server.process.pid
    ours = {os.readlink(f"/proc/{server}/ns/{kind}") for kind in ("pid", "net", "mnt", "user")}
    before = children_of(server)
    async with kernel_of(alice, "g85") as socket:
        kernel = await value_of(socket, "import os; os.readlink('/proc/self/ns/pid')")
        started = await initialize_debugger(socket)
        name = await open_terminal(alice, "g85")
        async with attached(alice, name) as terminal:
            await terminal.write(b"readlink /proc/self/ns/pid; echo finish''ed\r")
            shown = b""
            while b"finished" not in shown:
                shown += await terminal.read()
        command = await output(alice, "readlink /proc/self/ns/pid")
        assert kernel not in ours
        assert kernel == command.strip()
        assert kernel.encode() in shown
        assert started["success"] is True
        # Nothing was started here on anybody's behalf.
        assert set(children_of(server)) <= set(before)


async def initialize_debugger(socket: Any) -> dict[str, Any]:
    body = {"type": "request", "seq": 1, "command": "initialize", "arguments": {"adapterID": ""}}
    reply = await socket.ask("debug_request", body, "control")
    return dict(reply.content)


@pytest.mark.parametrize("path", ["/lsp/ws/pylsp", "/lsp/status", "/proxy/8080/", "/api/lsp"])
async def test_088_no_language_server_and_no_proxy_runs_beside_the_server(
    alice: Person, path: str
) -> None:
    assert (await alice.http.get(path)).status_code == 404
