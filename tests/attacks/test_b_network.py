"""B. Network: a sandbox has none. Every attempt is made from inside, where nothing can leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from platform_server.testing.web_kernels import kernel_of, value_of

if TYPE_CHECKING:
    from platform_server.testing.sandbox_fixtures import Inside
    from platform_server.testing.serving import Person

PYTHON = "/opt/sandbox/bin/python"


async def connect(inside: Inside, host: str, port: int, family: str = "AF_INET") -> bytes:
    code = f"import socket; s = socket.socket(socket.{family}); s.settimeout(3); "
    result = await inside(f"{PYTHON} -c \"{code} s.connect(('{host}', {port})); print(1)\"")
    return result.stdout + result.stderr


@pytest.mark.parametrize(
    ("host", "port"),
    [("169.254.169.254", 80), ("100.100.100.200", 80), ("172.17.0.1", 2375), ("1.1.1.1", 443)],
)
async def test_015_016_025_no_address_outside_answers(inside: Inside, host: str, port: int) -> None:
    assert b"Network is unreachable" in await connect(inside, host, port)


async def test_017_the_servers_own_ports_are_not_there(inside: Inside) -> None:
    assert b"Connection refused" in await connect(inside, "127.0.0.1", 8888)


async def test_018_026_there_is_no_interface_but_loopback(inside: Inside) -> None:
    interfaces = await inside("ls /sys/class/net")
    routes = await inside("tail -n +2 /proc/net/route; grep -v ' lo$' /proc/net/ipv6_route")
    assert interfaces.stdout == b"lo\n"
    assert routes.stdout == b""


async def test_020_no_name_is_resolved(inside: Inside) -> None:
    result = await inside("getent hosts secret.example.org; getent hosts metadata.google.internal")
    assert result.stdout == b""


async def test_022_no_port_is_published(inside: Inside) -> None:
    listening = await inside("cat /proc/net/tcp /proc/net/tcp6 | awk '$4 == \"0A\" {print $2}'")
    assert listening.stdout == b"0100007F:0C45\n"  # the package index, on 127.0.0.1


async def test_027_no_raw_packet_leaves(inside: Inside) -> None:
    result = await inside(f'{PYTHON} -c "import socket; socket.socket(2, 3, 1)"')
    assert b"not permitted" in result.stderr


async def test_019_no_socket_of_anothers_kernel_is_in_sight(alice: Person, inside: Inside) -> None:
    """Kernels listen on sockets of the server's folder, which no sandbox sees, and on no port."""
    await alice.project("other sandbox")
    async with kernel_of(alice, "other sandbox") as socket:
        await socket.run("1")
        listening = "cat /proc/net/unix /proc/net/tcp /proc/net/tcp6"
        seen = (await inside(f"{listening}; find / -xdev -type s 2>/dev/null")).stdout.decode()
        own = await value_of(socket, f"import subprocess; subprocess.getoutput({listening!r})")
    folder = str(alice.server.home)
    assert folder not in seen
    assert folder not in own
    ports = [line.split()[1] for line in own.splitlines() if " 0A " in line]
    assert ports  # the package index, for one
    assert {port.partition(":")[0] for port in ports} == {"0100007F"}
