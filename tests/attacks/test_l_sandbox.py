"""L. Attacks that worked on prototypes of this design, on the sandbox and its agent."""

from __future__ import annotations

from contextlib import closing
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from platform_server.projects.model import ProjectId
from platform_server.sandboxes.docker_engine import connect
from platform_server.sandboxes.docker_spec import LABEL_SANDBOX

if TYPE_CHECKING:
    from platform_server.sandboxes.agent_runtime import AgentRuntime
    from platform_server.sandboxes.docker_engine import DockerEngine
    from platform_server.sandboxes.service import SandboxService
    from platform_server.testing.sandbox_fixtures import Inside

PYTHON = "/opt/sandbox/bin/python"


@pytest.mark.parametrize("family", [40, 38, 17, 31])  # vsock, alg, packet, bluetooth
async def test_118_no_socket_but_local_ones(inside: Inside, family: int) -> None:
    result = await inside(f'{PYTHON} -c "import socket; socket.socket({family}, 1)"')
    assert b"PermissionError" in result.stderr or b"Operation not permitted" in result.stderr


async def test_119_no_socket_of_a_kernel_or_terminal_is_within_reach(inside: Inside) -> None:
    writable = await inside("find / -xdev -type s -not -path '/run/platform/*' 2>/dev/null")
    replaced = await inside("ln -sf /tmp/other /run/platform/agent.sock")
    assert writable.stdout == b""
    assert replaced.exit_code != 0


async def test_119_only_the_agent_is_listened_to(inside: Inside) -> None:
    """Another process may connect to the server's sockets, and is hung up on without a word."""
    code = dedent("""
        import socket
        peer = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        peer.connect("/run/platform/agent.sock")
        peer.send(b'{"hello": 1}')
        print(peer.recv(1000) or "hung up")
    """)
    result = await inside(f"{PYTHON} - <<'EOF'\n{code}\nEOF")
    assert result.stdout in {b"hung up\n", b""}
    hung_up = (b"ConnectionResetError", b"BrokenPipeError")
    assert result.exit_code == 0 or any(one in result.stderr for one in hung_up)


@pytest.mark.parametrize("path", ["/proc/1/mem", "/proc/1/fd", "/proc/1/environ", "/proc/1/maps"])
async def test_121_the_agent_cannot_be_looked_into(inside: Inside, path: str) -> None:
    result = await inside(f"ls -l {path}/ 2>&1 || head -c 1 {path}")
    assert b"Permission denied" in result.stdout + result.stderr


async def test_122_killing_everything_leaves_the_sandbox_alive(
    sandboxes: SandboxService, engine: DockerEngine
) -> None:
    runtime = await sandboxes.runtime(ProjectId("killing"))
    signals = "for n in {1..31}; do kill -$n 1; done; kill -9 -1"
    await runtime.execute(["bash", "-c", signals], cwd="", timeout=20, stdin=b"", output_limit=10)
    after = await runtime.execute(["echo", "alive"], cwd="", timeout=20, stdin=b"", output_limit=10)
    container = await engine.inspect(runtime.sandbox_id)
    assert after.stdout == b"alive\n"
    assert container is not None
    assert container.running


async def test_123_what_is_written_to_the_containers_output_is_kept_nowhere(
    sandbox: AgentRuntime, inside: Inside
) -> None:
    written = await inside("head -c 1M /dev/zero > /proc/1/fd/1")
    with closing(connect()) as client:
        (container,) = client.containers.list(
            filters={"label": f"{LABEL_SANDBOX}={sandbox.sandbox_id}"}
        )
    assert b"Permission denied" in written.stderr
    assert container.attrs["HostConfig"]["LogConfig"]["Type"] == "none"
