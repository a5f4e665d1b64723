"""C. What uses up a sandbox, the machine or its disk: all others go on, and the user is told why.

``modest``      a server whose sandboxes get little of its disk
``bystander``   a kernel of Bob's, which answers whatever Alice does
``box``         a sandbox of Alice's
"""

from __future__ import annotations

import asyncio
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from platform_server.identity.model import Role
from platform_server.sandboxes.docker_engine import connect
from platform_server.sandboxes.docker_spec import LABEL_PROJECT
from platform_server.testing.conversations import text_of
from platform_server.testing.places import Place
from platform_server.testing.processes import resident_bytes
from platform_server.testing.serving import Server, join
from platform_server.testing.web_kernels import connected, kernel_of, start_kernel

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from platform_kernels.messages import Message
    from platform_server.testing.attacks import Say
    from platform_server.testing.kernel_sockets import KernelSocket
    from platform_server.testing.serving import Person

PROJECT = "exhausting"
MEBIBYTE = 2**20
PATIENCE = 90.0  # seconds


@pytest.fixture(scope="module")
async def modest(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    home = tmp_path_factory.mktemp("modest") / "home"
    limits = ("--PlatformApp.sandbox_disk_mb=64", "--PlatformApp.sandbox_disk_files=1000")
    async with Server.start(home, *limits) as server:
        yield server


@pytest.fixture(scope="module")
async def bystander(bob: Person, image: str) -> AsyncIterator[KernelSocket]:
    del image  # it has to be there
    await bob.project("bystander")
    async with kernel_of(bob, "bystander") as socket:
        await socket.run("1")
        yield socket


async def lives(socket: KernelSocket) -> bool:
    return text_of(await socket.run("print('fine')")) == "fine\n"


@dataclass(frozen=True)
class Box:
    """A sandbox, by the API."""

    person: Person
    project: str  # its id

    async def start(self) -> str:
        answer = await self.person.http.post("/api/containers/", json={"project": self.project})
        assert answer.is_success, answer.text
        return str(answer.json()["id"])

    async def run(self, command: str, timeout: float = 30) -> dict[str, Any]:
        path = f"/api/containers/{await self.start()}/execute"
        body = {"command": command, "timeout": timeout}
        return dict((await self.person.http.post(path, json=body, timeout=120)).json())

    async def shown(self) -> dict[str, Any]:
        listed = (await self.person.http.get("/api/containers/")).json()
        return next(dict(one) for one in listed if one["project"] == self.project)

    async def ended(self) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE):
            while (shown := await self.shown())["ended"] is None:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.1)
        return dict(shown["ended"])

    async def stop(self) -> None:
        await self.person.http.delete(f"/api/containers/{(await self.shown())['id']}")


@pytest.fixture
async def box(alice: Person, image: str) -> Box:
    del image
    return Box(alice, (await alice.project(PROJECT))["id"])


FORK_BOMB = """python3 -c '
import os
while True:
    try:
        if os.fork() == 0:
            os.setsid()
    except OSError:
        pass
'"""


async def test_028_a_fork_bomb_is_its_owners_alone_and_ends(
    box: Box, bystander: KernelSocket
) -> None:
    bomb = asyncio.create_task(box.run(FORK_BOMB, timeout=2))
    while not bomb.done():
        assert await lives(bystander)
    shown = await box.shown()
    assert shown["limits"]["pids"] > 0
    await box.stop()
    assert (await box.run("echo again"))["stdout"] == "again\n"


BOMBS = {
    "objects": "kept = [b'x' * 10**6 + bytes([n % 256]) for n in range(2000)]",
    "a file without a name": """
import os
file = os.memfd_create('bomb')
while True:
    os.write(file, b'x' * 2**20)
""",
    "a child": "import subprocess; subprocess.run(['python3', '-c', 'x = [bytearray(10**9)]'])",
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
async def test_029_memory_runs_out_in_its_sandbox_alone(
    alice: Person, box: Box, bystander: KernelSocket, bomb: str
) -> None:
    del box
    server = resident_bytes(alice.server.process.pid)
    kernel_id = await start_kernel(alice, PROJECT)
    async with connected(alice, kernel_id) as socket:
        answers = await socket.run(bomb)
        assert await lives(bystander)
        assert text_of(await socket.run("print('again')")) == "again\n"
        told = str([one.content for one in answers]) + str([one.content for one in socket.messages])
        assert "out_of_memory" in told or "subprocess" in bomb
    assert resident_bytes(alice.server.process.pid) - server < 100 * MEBIBYTE
    await alice.http.delete(f"/api/kernels/{kernel_id}")


@pytest.mark.parametrize("folder", ["/dev/shm", "/tmp"])
async def test_029_folders_in_memory_have_a_size(box: Box, folder: str) -> None:
    filled = await box.run(
        f"head -c 1G /dev/zero > {folder}/x; stat -c %s {folder}/x; rm {folder}/x"
    )
    assert "No space left" in filled["stderr"]
    assert int(filled["stdout"]) <= 64 * MEBIBYTE


async def test_030_nothing_of_a_sandbox_is_swapped(box: Box, not_on_this_machine: Say) -> None:
    await box.start()
    with closing(connect()) as client:
        (container,) = client.containers.list(filters={"label": f"{LABEL_PROJECT}={box.project}"})
        counts_swap = client.info()["SwapLimit"]
    settings = container.attrs["HostConfig"]
    assert settings["MemorySwap"] == settings["Memory"] > 0
    if not counts_swap:
        not_on_this_machine("its kernel counts no swap")


async def test_031_spinning_on_every_processor_is_slowed_down_and_others_go_on(
    box: Box, bystander: KernelSocket
) -> None:
    spin = "for n in {1..8}; do timeout 2 sh -c 'while :; do :; done' & done; wait"
    spinning = asyncio.create_task(box.run(spin))
    while not spinning.done():
        assert await lives(bystander)
    with closing(connect()) as client:
        (container,) = client.containers.list(filters={"label": f"{LABEL_PROJECT}={box.project}"})
    settings, shown = container.attrs["HostConfig"], await box.shown()
    assert settings["CpuQuota"] == shown["limits"]["cpus"] * settings["CpuPeriod"] > 0


FILLS = {
    "bytes": "n=0; while :; do head -c 4M /dev/zero > ~/big$n; n=$((n+1)); done",
    "files": """mkdir many; python3 -c '
import itertools
for n in itertools.count():
    open(f"many/{n}", "w").close()
'""",
    "what is deleted and held open": """python3 -c '
import os, time
held = []
while True:
    held.append(open("deleted", "wb"))
    os.unlink("deleted")
    os.posix_fallocate(held[-1].fileno(), 0, 2**22)
'""",
}


@pytest.mark.parametrize("fill", FILLS.values(), ids=FILLS)
async def test_032_who_fills_the_disk_is_stopped_and_can_clear_up(
    modest: Server, image: str, fill: str
) -> None:
    del image
    person = await join(modest, f"filler-{len(fill)}", Role.LEARNER)
    box = Box(person, (await person.project("full"))["id"])
    place = Place(person, "full")
    await place.save("precious.txt", "kept")
    await asyncio.wait_for(box.run(fill, timeout=PATIENCE), PATIENCE)
    ended = await box.ended()
    assert ended["cause"] == "disk_full"
    assert "Delete files" in ended["detail"]
    assert (await place.get("precious.txt"))["content"] == "kept"
    cleared = await box.run("rm -rf big* many ~/big*; echo cleared")
    assert cleared.get("stdout") == "cleared\n", cleared
    assert (await box.shown())["state"] == "running"
    await person.http.delete(f"/api/projects/{box.project}")
    await person.aclose()


async def test_032_no_file_is_larger_than_a_project_may_be(modest: Server, image: str) -> None:
    del image
    person = await join(modest, "sparse", Role.LEARNER)
    box = Box(person, (await person.project("sparse"))["id"])
    sparse = await box.run("truncate -s 1T huge; stat -c %s huge")
    assert sparse["exit_code"] != 0 or int(sparse["stdout"]) == 0
    await person.http.delete(f"/api/projects/{box.project}")
    await person.aclose()


FLOODS = {
    "long lines": "while True: print('x' * 100_000)",
    "tiny messages": "import sys\nwhile True: sys.stdout.write('x'); sys.stdout.flush()",
    "outputs": "while True: display({'text/plain': 'x'}, raw=True)",
    "large displays": "while True: display({'text/plain': 'x' * 5_000_000}, raw=True)",
    "escapes": "while True: print('\\x1b[31m\\x1b[2J\\x1b[999999999C' * 1000)",
    "nested": """
deep = current = {}
for _ in range(500):
    current['x'] = current = {}
while True: display({'application/json': deep}, raw=True)
""",
}


async def idle_after(socket: KernelSocket, request: Message) -> None:
    """Return when a request is over, of which there may be a hundred thousand outputs."""
    seen = 0

    def is_idle() -> bool:
        nonlocal seen
        fresh, seen = socket.messages[seen:], len(socket.messages)
        own = [one for one in fresh if one.parent.id == request.header.id]
        return any(one.content.get("execution_state") == "idle" for one in own)

    await socket.until(is_idle)


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS)
async def test_033_output_without_end_is_bounded_and_can_be_interrupted(
    alice: Person, image: str, bystander: KernelSocket, flood: str
) -> None:
    del image
    await alice.project(PROJECT)
    server = alice.server.process.pid
    most = before = resident_bytes(server)
    kernel_id = await start_kernel(alice, PROJECT)
    async with connected(alice, kernel_id) as socket:
        await socket.run("1")
        request = await socket.execute(flood)
        await socket.first(lambda one: one.header.type in {"stream", "display_data"})
        for _ in range(10):
            assert await lives(bystander)
            most = max(most, resident_bytes(server))
        interrupted = await alice.http.post(f"/api/kernels/{kernel_id}/interrupt")
        assert interrupted.status_code == 204
        await idle_after(socket, request)
        assert await lives(socket)
    assert most - before < 200 * MEBIBYTE
    await alice.http.delete(f"/api/kernels/{kernel_id}")


async def test_038_started_and_stopped_again_and_again_a_sandbox_leaves_nothing(
    server: Server, image: str
) -> None:
    del image
    person = await join(server, "churner", Role.LEARNER)
    box = Box(person, (await person.project("churn"))["id"])
    for _ in range(5):
        started = await person.http.post("/api/containers/", json={"project": box.project})
        assert started.status_code in {200, 201, 429}
        if started.status_code != 429:
            await person.http.delete(f"/api/containers/{started.json()['id']}")
    deleted = await person.http.delete(f"/api/projects/{box.project}")
    assert deleted.status_code == 204
    with closing(connect()) as client:
        label = f"{LABEL_PROJECT}={box.project}"
        assert client.containers.list(all=True, filters={"label": label}) == []
    left = [path for path in server.home.glob("*/*") if box.project in path.name]
    assert left == []
    await person.aclose()
