"""What goes wrong with a database, a store and an engine that are not the server's own."""

from __future__ import annotations

import asyncio
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

from platform_server.testing.chaos.documents import Doing
from platform_server.testing.chaos.faults import FAULTS_ANYWHERE, Fault, calm, kill_server
from platform_server.testing.chaos.ground import Remote
from platform_server.testing.supabase_faults import Harm

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from platform_server.testing.chaos.scene import Scene

_MEANWHILE = 12  # changes that are acknowledged while a store or an engine is away
_MOODS = (Harm.CUT_BEFORE, Harm.CUT_REQUEST, Harm.CUT_ANSWER, Harm.LOSE_ANSWER, Harm.PAGE)
_MOODY = 12  # requests in a row that go wrong


async def kill_database(scene: Scene) -> None:
    """Let PostgreSQL crash, and start it again when somebody was told."""
    await calm(scene)
    await _ground(scene).cluster.stop(signal.SIGQUIT)
    await _somebody_waits(scene)
    await _ground(scene).cluster.start()
    await calm(scene)


async def freeze_database(scene: Scene) -> None:
    """Let PostgreSQL stand still until somebody was told, or everybody waits."""
    await calm(scene)
    with _ground(scene).cluster.frozen():
        await _somebody_waits(scene)
    await calm(scene)


async def cut_off_database(scene: Scene) -> None:
    """Let there be no way to PostgreSQL until somebody was told."""
    await calm(scene)
    _ground(scene).to_database.cut()
    await _somebody_waits(scene)
    _ground(scene).to_database.mend()
    await calm(scene)


async def kill_server_and_database(scene: Scene) -> None:
    """Let both crash; the next server waits for its database."""
    await calm(scene)
    cluster = _ground(scene).cluster
    await scene.ledger.until(lambda: scene.ledger.under_way.total() > 0)
    await asyncio.gather(cluster.stop(signal.SIGQUIT), scene.lives.kill())
    beginning = asyncio.create_task(scene.lives.begin())
    await cluster.start()
    await beginning


async def take_storage_down(scene: Scene) -> None:
    """Let the store refuse everything while people save."""
    await calm(scene)
    with _down(scene):
        await _work_goes_on(scene)
    await calm(scene)


async def cut_off_storage(scene: Scene) -> None:
    """Let there be no way to the store while people save."""
    await calm(scene)
    _ground(scene).to_storage.cut()
    await _work_goes_on(scene)
    _ground(scene).to_storage.mend()
    await calm(scene)


async def silence_storage(scene: Scene) -> None:
    """Let the store say nothing while people save."""
    await calm(scene)
    with _ground(scene).to_storage.silent():
        await _work_goes_on(scene)
    await calm(scene)


async def spoil_storage(scene: Scene) -> None:
    """Let requests to the store go wrong in whatever way."""
    await calm(scene)
    for _ in range(_MOODY):
        harm = scene.random.choice(_MOODS)
        _ground(scene).storage.fails(harm, after=scene.random.randrange(1000))
    await _work_goes_on(scene)
    _ground(scene).storage.faults.clear()
    await calm(scene)


async def kill_server_without_storage(scene: Scene) -> None:
    """Kill the server while saves wait for the store, and start the next one without the store."""
    await calm(scene)
    with _down(scene):
        await _work_goes_on(scene)
        await kill_server(scene, Doing.SAVING)
        await scene.lives.begin()


async def kill_engine(scene: Scene) -> None:
    """Kill the engine while people work in sandboxes that go on."""
    engine = _ground(scene).engine
    assert engine is not None
    await calm(scene)
    await engine.kill()
    await _work_goes_on(scene)
    await engine.start()
    await calm(scene)


async def kill_server_and_engine(scene: Scene) -> None:
    """Kill both, and let the next server begin without an engine."""
    engine = _ground(scene).engine
    assert engine is not None
    await calm(scene)
    await asyncio.gather(engine.kill(), kill_server(scene, Doing.SAVING))
    await scene.lives.begin()
    await engine.start()


def _fault(name: str, strike: Callable[[Scene], Awaitable[None]]) -> Fault:
    return Fault(name=name, strike=strike, spares_kernels=True)


REMOTE_MISHAPS = (
    _fault("PostgreSQL killed", kill_database),
    _fault("PostgreSQL frozen", freeze_database),
    _fault("PostgreSQL cut off", cut_off_database),
    _fault("PostgreSQL and the server killed", kill_server_and_database),
    _fault("storage down", take_storage_down),
    _fault("storage cut off", cut_off_storage),
    _fault("storage silent", silence_storage),
    _fault("storage moody", spoil_storage),
    _fault("kill -9 of the server while storage is down", kill_server_without_storage),
)
ENGINE_MISHAPS = (
    _fault("kill -9 of the engine", kill_engine),
    _fault("kill -9 of the engine and the server", kill_server_and_engine),
)
REMOTE_FAULTS = (*FAULTS_ANYWHERE, *REMOTE_MISHAPS, *ENGINE_MISHAPS)


def _ground(scene: Scene) -> Remote:
    assert isinstance(scene.ground, Remote)
    return scene.ground


async def _somebody_waits(scene: Scene) -> None:
    refused = scene.ledger.refused
    await scene.ledger.until(lambda: scene.ledger.refused > refused or scene.ledger.are_stuck())


async def _work_goes_on(scene: Scene) -> None:
    enough = scene.ledger.acknowledged + _MEANWHILE
    await scene.ledger.until(
        lambda: scene.ledger.acknowledged >= enough or not scene.ledger.at_work
    )


@contextmanager
def _down(scene: Scene) -> Iterator[None]:
    storage = _ground(scene).storage
    storage.is_down = True
    try:
        yield
    finally:
        storage.is_down = False
