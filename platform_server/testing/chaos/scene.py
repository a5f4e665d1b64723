"""Everything that is there while it is put to the test."""

from __future__ import annotations

from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from platform_server.identity.model import Role
from platform_server.paths import resource
from platform_server.sandboxes.docker_engine import DockerEngine
from platform_server.settings import settings_from
from platform_server.testing.cables import Cable
from platform_server.testing.chaos.cells import Cells
from platform_server.testing.chaos.dice import dice
from platform_server.testing.chaos.ground import Embedded
from platform_server.testing.chaos.ledger import Ledger
from platform_server.testing.chaos.lives import Lives
from platform_server.testing.chaos.writers import Writer
from platform_server.testing.serving import join

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path
    from random import Random

    from platform_server.paths import Home
    from platform_server.projects.model import ProjectId
    from platform_server.testing.chaos.ground import Ground
    from platform_server.testing.serving import Person

    Prepare = Callable[[Home, Path], AbstractAsyncContextManager[Ground]]

WRITERS = 8


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A server with its home and its engine, and people who work."""

    home: Home
    installation: str
    project_id: ProjectId
    label: str  # the project's, first segment of every path
    lives: Lives
    person: Person
    ledger: Ledger
    writers: list[Writer]
    cells: Cells
    engine: DockerEngine
    ground: Ground
    to_server: Cable  # from people's pages
    random: Random  # of the faults

    @property
    def volume(self) -> Path:
        """The project's folder on this machine."""
        return self.home.volumes / self.project_id

    @property
    def store(self) -> Path:
        """The project's blobs."""
        return self.home.blobs / self.project_id


@asynccontextmanager
async def opened(folder: Path, seed: int, prepare: Prepare | None = None) -> AsyncIterator[Scene]:
    """Set the scene in an empty folder, and clear it away at the end.

    It stands on what ``prepare`` gives, without that on SQLite and a folder.
    """
    settings = settings_from({"PLATFORM_HOME": str(folder / "home")})
    async with AsyncExitStack() as stack:
        ground: Ground = Embedded(settings.home)
        if prepare is not None:
            ground = await stack.enter_async_context(prepare(settings.home, folder))
        engine = DockerEngine(
            installation=settings.installation,
            seccomp=resource("docker") / "seccomp.json",
            base_url=ground.variables.get("DOCKER_HOST"),
        )
        stack.push_async_callback(_sweep, engine)
        lives = await stack.enter_async_context(aclosing(Lives(folder / "home", ground.variables)))
        await lives.begin()
        to_server, port = await stack.enter_async_context(Cable.to_port(lives.port))
        person = await stack.enter_async_context(aclosing(await _alice(lives, port)))
        project = await person.project("Größe")
        ledger = Ledger(WRITERS)
        cells = Cells(person, ledger, project["name"])
        await stack.enter_async_context(aclosing(cells))
        scene = Scene(
            home=settings.home,
            installation=settings.installation,
            project_id=project["id"],
            label=project["name"],
            lives=lives,
            person=person,
            ledger=ledger,
            writers=_writers(person, ledger, project["name"], seed),
            cells=cells,
            engine=engine,
            ground=ground,
            to_server=to_server,
            random=dice(seed, "faults"),
        )
        for writer in scene.writers:
            await writer.prepare()
        await cells.begin()
        yield scene


async def _alice(lives: Lives, port: int) -> Person:
    """Make an account; its owner's requests go through the cable that begins at the port."""
    nearer = replace(lives.server, url=f"http://127.0.0.1:{port}")
    return await join(nearer, "alice", Role.LEARNER)


def _writers(person: Person, ledger: Ledger, label: str, seed: int) -> list[Writer]:
    return [
        Writer(
            person.http,
            ledger,
            f"{label}/élève {number} %#",
            number=number,
            random=dice(seed, f"writer {number}"),
        )
        for number in range(WRITERS)
    ]


async def _sweep(engine: DockerEngine) -> None:
    """Remove what a server that could not be stopped well has left."""
    for container in await engine.containers():
        await engine.remove(container.sandbox_id)
    await engine.aclose()
