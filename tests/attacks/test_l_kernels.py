"""L. Attacks that worked on prototypes of this design, on kernels and the routes around them."""

from __future__ import annotations

import asyncio
import json
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from websockets.exceptions import ConnectionClosed

from platform_server.identity.model import Role
from platform_server.testing.conversations import is_over, text_of
from platform_server.testing.processes import resident_bytes
from platform_server.testing.serving import Server, join
from platform_server.testing.web_kernels import connected, kernel_of, start_kernel

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from platform_server.testing.kernel_sockets import KernelSocket
    from platform_server.testing.serving import Person

V1 = "v1.kernel.websocket.jupyter.org"
MEBIBYTE = 2**20


def words(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(8, "little") for number in numbers)


MALFORMED: list[bytes | str] = [
    b"",
    b"\xff" * 64,
    b"\x00" * 64,
    words(2**61, *[64] * 7),  # as many offsets as would fill the memory
    words(6, 2**63, 1, 2, 3, 4, 5),
    words(6, 56, 55, 54, 53, 52, 51),
    (2**32 - 1).to_bytes(4, "big") + b"\x00" * 60,  # the legacy binary frame's count
    (2).to_bytes(4, "big") + b"\xff" * 60,
    "{" * 60,
    "[" * 100_000,
    json.dumps({"channel": "shell", "header": None}),
    json.dumps({"channel": "../iopub", "header": {"msg_id": "1", "msg_type": "x"}}),
]


@pytest.fixture
async def bystander(bob: Person) -> AsyncIterator[KernelSocket]:
    await bob.project("bystander")
    async with kernel_of(bob, "bystander") as socket:
        await socket.run("1")
        yield socket


@pytest.fixture
async def kernel_id(alice: Person) -> AsyncIterator[str]:
    await alice.project("attack")
    kernel_id = await start_kernel(alice, "attack")
    yield kernel_id
    await alice.http.delete(f"/api/kernels/{kernel_id}")


@pytest.mark.parametrize("protocol", [V1, None])
async def test_124_a_malformed_frame_closes_its_websocket_and_nobody_else_notices(
    alice: Person, kernel_id: str, bystander: KernelSocket, protocol: str | None
) -> None:
    async with connected(alice, kernel_id) as other:
        for frame in MALFORMED:
            async with connected(alice, kernel_id, protocol=protocol) as attacker:
                await attacker.connection.send(frame)
                assert await attacker.closed() == 1003
        assert text_of(await other.run("print('fine')")) == "fine\n"
    assert text_of(await bystander.run("print('fine')")) == "fine\n"


def plant_kernelspec(data: Path, name: str, marker: Path) -> None:
    folder = data / "kernels" / name
    folder.mkdir(parents=True, exist_ok=True)
    spec = {"argv": ["touch", str(marker)], "display_name": name, "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(spec))


@pytest.mark.parametrize("name", ["planted", "PYTHON3", "python3/", "../python3", "native", ""])
async def test_125_a_kernelspec_that_is_not_listed_does_not_exist(
    alice: Person, name: str, tmp_path: Path
) -> None:
    project = await alice.project("attack")
    server = alice.server
    plant_kernelspec(server.home.parent / ".local/share/jupyter", "planted", tmp_path / "ran")
    answers = [
        await alice.http.post("/api/kernels", json={"name": name or "\0", "path": "attack"}),
        await alice.http.post(
            "/api/sessions",
            json={"path": "attack/a.ipynb", "type": "notebook", "kernel": {"name": name or "\0"}},
        ),
    ]
    assert [one.status_code for one in answers] == [404, 404]
    assert {one.json()["reason"] for one in answers} == {"unknown_kernel"}
    assert not (tmp_path / "ran").exists()
    mine = (await alice.http.get("/api/sessions")).json()
    assert not [one for one in mine if one["path"].startswith(f"{project['name']}/a.ipynb")]


OUTSIDE = [
    "%2fetc%2fhosts",
    "%2f{planted}",
    "..%2f..%2f..%2f{planted}",
    "@jupyterlab%2f..%2f..%2f{planted}",
    "%252f{planted}",
    "@jupyterlab/apputils-extension:..%2f..%2f{planted}",
]


@pytest.mark.parametrize("route", ["lab/api/settings", "lab/api/workspaces", "lab/api/themes"])
@pytest.mark.parametrize("path", OUTSIDE)
async def test_126_no_json_of_the_host_is_read_as_a_setting(
    alice: Person, route: str, path: str, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text('{"title": "of the host", "properties": {}}')
    planted = str(secret).removesuffix(".json").lstrip("/").replace("/", "%2f")
    for suffix in ("", ".json"):
        answer = await alice.http.get(f"/{route}/{path.format(planted=planted)}{suffix}")
        assert "of the host" not in answer.text
        assert answer.status_code in {400, 404}


GARBAGE = ["../..", "x" * 200, "\0", "00000000-0000-0000-0000-00000000000G", "a/b", " ", "é" * 36]


async def test_127_a_garbage_id_is_refused_and_the_server_still_stops(tmp_path: Path) -> None:
    async with Server.start(tmp_path / "home") as server:
        person = await join(server, "garbage", Role.LEARNER)
        await person.project("p")
        for garbage in GARBAGE:
            body: dict[str, Any] = {"path": "p", "kernel_id": garbage}
            assert (await person.http.post("/api/kernels", json=body)).status_code == 400
            body = {"path": "p/a.ipynb", "type": "notebook", "kernel": {"id": garbage}}
            assert (await person.http.post("/api/sessions", json=body)).status_code == 400
            assert (await person.http.get(f"/api/kernels/{garbage.encode().hex()}")).is_error
        assert (await person.http.get("/api/kernels")).json() == []
        await person.aclose()
        assert await server.stop() == 0
    assert "Traceback" not in server.log.read_text()


async def test_128_a_flood_for_a_client_that_does_not_read_stays_bounded(
    alice: Person, kernel_id: str, bystander: KernelSocket
) -> None:
    server = alice.server.process.pid
    async with connected(alice, kernel_id) as sleeper, connected(alice, kernel_id) as reader:
        await sleeper.run("1")
        sleeper.connection.transport.pause_reading()
        most = before = resident_bytes(server)
        request = await reader.execute(
            "for _ in range(300): display({'text/plain': 'x' * 1_000_000}, raw=True)"
        )
        while not is_over(reader.messages, request):
            # Somebody else works meanwhile: their cells and their requests are answered.
            assert text_of(await bystander.run("print('fine')")) == "fine\n"
            most = max(most, resident_bytes(server))
        assert most - before < 160 * MEBIBYTE
        sleeper.connection.transport.resume_reading()
        await sleeper.first(lambda one: "MB left out" in text_of([one]))


async def test_129_a_half_open_websocket_a_restart_and_the_same_session_again_works(
    alice: Person, kernel_id: str
) -> None:
    name = uuid.uuid4().hex
    async with connected(alice, kernel_id, session=name) as stale:
        await stale.run("x = 1")
        # The network goes away without a word: nothing is read or closed on this side any more.
        stale.connection.transport.pause_reading()
        for _ in range(3):
            answer = await alice.http.post(f"/api/kernels/{kernel_id}/restart")
            assert answer.status_code == 200
            async with connected(alice, kernel_id, session=name) as fresh:
                assert text_of(await fresh.run("print('x' in dir())")) == "False\n"
        model = (await alice.http.get(f"/api/kernels/{kernel_id}")).json()
        assert model["connections"] == 0


async def test_129_many_windows_of_one_name_at_once_leave_one_that_works(
    alice: Person, kernel_id: str
) -> None:
    name = uuid.uuid4().hex

    async def visit() -> None:
        with suppress(ConnectionClosed):  # in favour of a later one
            async with connected(alice, kernel_id, session=name) as socket:
                await socket.send("shell", "kernel_info_request", {})

    await asyncio.gather(*(visit() for _ in range(20)))
    async with connected(alice, kernel_id, session=name) as last:
        assert text_of(await last.run("print('works')")) == "works\n"


# In the kernel: 80 MB of frames, which are no message, to everybody who listens.
FAKE_FRAMES = """
kernel = get_ipython().kernel
kernel.iopub_socket.send_multipart([b'x' * (20 << 20)] * 4, copy=False)
"""


async def test_120_huge_frames_of_a_fake_kernel_fill_no_memory(
    alice: Person, kernel_id: str, bystander: KernelSocket
) -> None:
    server = alice.server.process.pid
    async with connected(alice, kernel_id) as socket:
        await socket.run("1")
        most = before = resident_bytes(server)
        request = await socket.execute(FAKE_FRAMES)
        while not is_over(socket.messages, request):
            assert text_of(await bystander.run("print('fine')")) == "fine\n"
            most = max(most, resident_bytes(server))
        assert most - before < 48 * MEBIBYTE
        assert text_of(await socket.run("print('works')")) == "works\n"
