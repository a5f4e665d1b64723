"""Fixtures of the kernel tests.

zygote      forks kernels on this machine; one for all tests
runtime     a sandbox of its own for the test, without a container
connect     starts a kernel in it and returns a Conversation with it over a KernelLink

bench       our kernel, session, kernelspec and project routes on a web server in this process,
            over real services with a database of their own; sandboxes without containers
alice, ...  people with tokens: Alice owns "wonder", where Carol is an editor and Victor a viewer;
            Bob is a stranger with a project "builder" of his own
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import pytest

from platform_server.app import Platform
from platform_server.paths import Home
from platform_server.projects.model import Access, ProjectView
from platform_server.sandboxes.model import EndCause
from platform_server.settings import Settings
from platform_server.testing.conversations import Conversation, Observer, launch, new_link
from platform_server.testing.kernel_bench import Bench, Person
from platform_server.testing.runtime import LocalRuntime, Zygote

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path


@pytest.fixture(scope="session")
async def zygote() -> AsyncIterator[Zygote]:
    zygote = Zygote()
    await zygote.start()
    yield zygote
    await zygote.aclose()


@pytest.fixture
async def runtime(zygote: Zygote, tmp_path: Path) -> AsyncIterator[LocalRuntime]:
    runtime = LocalRuntime(zygote, tmp_path)
    yield runtime
    await runtime.stop(EndCause.USER)


@pytest.fixture
async def connect(
    runtime: LocalRuntime,
) -> AsyncIterator[Callable[..., Awaitable[Conversation]]]:
    async with AsyncExitStack() as stack:

        async def connect(**options: Any) -> Conversation:
            observer = Observer()
            link = new_link(observer, **options)
            stack.push_async_callback(link.aclose)
            process = await runtime.start_kernel(launch("one"))
            await link.connect(process.endpoints)
            return Conversation(link, observer, process)

        yield connect


@pytest.fixture(scope="session")
async def bench(zygote: Zygote, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bench]:
    home = Home(tmp_path_factory.mktemp("home"))
    settings = Settings(home=home, database_url=f"sqlite:///{home.database}")
    bench = Bench(Platform(settings), zygote, home)
    await bench.start()
    yield bench
    await bench.aclose()


@pytest.fixture(scope="session")
async def everybody(bench: Bench) -> dict[str, Person]:
    people = {name: await bench.person(name) for name in ("alice", "bob", "carol", "victor")}
    projects = bench.services.projects
    wonder = await projects.create(people["alice"].principal, "wonder")
    await projects.create(people["bob"].principal, "builder")
    for name, access in (("carol", Access.EDITOR), ("victor", Access.VIEWER)):
        await projects.add_member(
            people["alice"].principal, wonder.project.id, f"{name}@example.org", access
        )
    return people


@pytest.fixture
async def alice(everybody: dict[str, Person], bench: Bench) -> AsyncIterator[Person]:
    yield everybody["alice"]
    await bench.kernels.shutdown_all()


@pytest.fixture
def bob(everybody: dict[str, Person]) -> Person:
    return everybody["bob"]


@pytest.fixture
def carol(everybody: dict[str, Person]) -> Person:
    return everybody["carol"]


@pytest.fixture
def victor(everybody: dict[str, Person]) -> Person:
    return everybody["victor"]


@pytest.fixture
async def wonder(bench: Bench, alice: Person) -> ProjectView:
    return await bench.services.projects.by_label(alice.principal, "wonder")
