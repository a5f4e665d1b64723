"""What goes wrong. Each fault strikes while people work; some of them end the server."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sqlite3
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from platform_server.sandboxes.docker_spec import container_name
from platform_server.testing.chaos.documents import Doing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from platform_server.testing.chaos.scene import Scene

_CALM = range(4, 24)  # acknowledged changes before a fault, and after one that ends by itself
_WINDOW = 0.03  # seconds in which a change is somewhere on its way
_RENAME_EXCHANGE = 2  # of renameat2(2)
_AT_CWD = -100


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One way to go wrong. ``strike`` returns when it is over, or the server is dead."""

    name: str
    strike: Callable[[Scene], Awaitable[None]]
    spares_kernels: bool
    leaves_requests: bool = False  # to a server that goes on with them though their client has gone


async def kill_server(scene: Scene, doing: Doing) -> None:
    """Kill the server while somebody is doing something."""
    await calm(scene)
    await scene.ledger.until(lambda: scene.ledger.under_way[doing] > 0)
    # Where in the server the change is at which moment, no event tells.
    await asyncio.sleep(scene.random.uniform(0, _WINDOW))
    await scene.lives.kill()


async def kill_server_during_a_cell(scene: Scene) -> None:
    """Kill the server while a cell runs."""
    await calm(scene)
    await scene.ledger.until(lambda: bool(scene.cells.begun))
    await scene.lives.kill()


async def kill_server_again(scene: Scene) -> None:
    """Kill the server, and its successor as soon as that answers."""
    await kill_server(scene, Doing.SAVING)
    await scene.lives.begin()
    await scene.lives.kill()


async def kill_agent(scene: Scene) -> None:
    """Kill the main process of the sandbox while a cell runs."""
    await calm(scene)
    containers = await scene.engine.containers()
    await scene.ledger.until(lambda: bool(scene.cells.begun))
    for container in containers:
        if container.running:
            os.kill(container.pid, signal.SIGKILL)


async def kill_container(scene: Scene) -> None:
    """Kill the sandbox as an operator would."""
    await calm(scene)
    names = [
        container_name(scene.installation, one.sandbox_id)
        for one in await scene.engine.containers()
        if one.running
    ]
    await scene.ledger.until(lambda: bool(scene.cells.begun))
    killer = await asyncio.create_subprocess_exec(
        *("docker", "kill", *names),
        env=os.environ | scene.ground.variables,
        stdout=asyncio.subprocess.DEVNULL,
    )
    assert await killer.wait() == 0


async def kill_kernel(scene: Scene) -> None:
    """Let a cell kill its own kernel."""
    ran = scene.cells.ran
    await scene.ledger.until(lambda: scene.cells.ran > ran)
    scene.cells.kill_kernel()
    await calm(scene)


async def freeze_server(scene: Scene) -> None:
    """Stop the server until everybody waits for it."""
    await calm(scene)
    scene.lives.server.process.send_signal(signal.SIGSTOP)
    try:
        await scene.ledger.until(scene.ledger.are_stuck)
    finally:
        scene.lives.server.process.send_signal(signal.SIGCONT)
    await calm(scene)


async def keep_database_busy(scene: Scene) -> None:
    """Write to the database from another process until everybody waits for it."""
    await calm(scene)
    async with _locked(scene.home.database):
        await scene.ledger.until(scene.ledger.are_stuck)
    await calm(scene)


async def take_store_away(scene: Scene) -> None:
    """Let nothing be written to the project's blobs, nor read, until somebody is told so."""
    await calm(scene)
    refused = scene.ledger.refused
    placeholder = scene.home.root / "not a folder"
    placeholder.touch()
    _exchange(scene.store, placeholder)
    try:
        await scene.ledger.until(lambda: scene.ledger.refused > refused)
    finally:
        _exchange(scene.store, placeholder)
    await calm(scene)


async def cut_off_pages(scene: Scene) -> None:
    """End the connections of all pages in the midst of everything, as closing a browser does."""
    await calm(scene)
    await scene.ledger.until(lambda: scene.ledger.under_way.total() > 0)
    await asyncio.sleep(scene.random.uniform(0, _WINDOW))
    scene.to_server.cut()
    await scene.ledger.until(lambda: not scene.ledger.at_work)
    scene.to_server.mend()


async def put_pages_to_sleep(scene: Scene) -> None:
    """Let nothing pass between pages and server for a while, as closing the lid does."""
    await calm(scene)
    with scene.to_server.silent():
        await scene.ledger.until(scene.ledger.are_stuck)
    await calm(scene)


async def calm(scene: Scene) -> None:
    """Return when some more changes were acknowledged, or nobody makes any more."""
    ledger = scene.ledger
    enough = ledger.acknowledged + scene.random.choice(_CALM)
    await ledger.until(lambda: ledger.acknowledged >= enough or not ledger.at_work)


def _server_killed(while_: str, strike: Callable[[Scene], Awaitable[None]]) -> Fault:
    return Fault(
        name=f"kill -9 of the server while {while_}",
        strike=strike,
        spares_kernels=True,
    )


DEATHS = (
    *(_server_killed(doing.value, partial(kill_server, doing=doing)) for doing in Doing),
    _server_killed("a cell runs", kill_server_during_a_cell),
    _server_killed("saving, and again", kill_server_again),
)
_ANYWHERE = (
    Fault(name="kill -9 of the agent", strike=kill_agent, spares_kernels=False),
    Fault(name="docker kill", strike=kill_container, spares_kernels=False),
    Fault(name="kill -9 of the kernel", strike=kill_kernel, spares_kernels=False),
    Fault(name="server frozen", strike=freeze_server, spares_kernels=True),
    Fault(name="pages cut off", strike=cut_off_pages, spares_kernels=True, leaves_requests=True),
    Fault(name="pages asleep", strike=put_pages_to_sleep, spares_kernels=True),
)
MISHAPS = (
    *_ANYWHERE,
    Fault(name="database busy", strike=keep_database_busy, spares_kernels=True),
    Fault(name="store out of reach", strike=take_store_away, spares_kernels=True),
)
FAULTS = (*DEATHS, *MISHAPS)
FAULTS_ANYWHERE = (*DEATHS, *_ANYWHERE)  # on whatever the installation stands


@asynccontextmanager
async def _locked(database: Path) -> AsyncIterator[None]:
    """Hold SQLite's one lock for writing."""
    connection = sqlite3.connect(database, timeout=30, check_same_thread=False)
    try:
        await asyncio.to_thread(connection.execute, "BEGIN IMMEDIATE")
        yield
    finally:
        connection.close()


def _exchange(one: Path, other: Path) -> None:
    """Let two paths change places, so that at no moment one of them is missing."""
    libc = ctypes.CDLL(None, use_errno=True)
    paths = os.fsencode(one), os.fsencode(other)
    if libc.renameat2(_AT_CWD, paths[0], _AT_CWD, paths[1], _RENAME_EXCHANGE) != 0:
        raise OSError(ctypes.get_errno(), "renameat2")
