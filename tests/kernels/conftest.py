"""Fixtures of the kernel tests.

zygote      forks kernels on this machine; one for all tests
runtime     a sandbox of its own for the test, without a container
connect     starts a kernel in it and returns a Conversation with it over a KernelLink

bench       our kernel, session and kernelspec routes on a web server in this process, over real
            services with a database of their own; sandboxes without containers
alice, ...  people with tokens: Alice owns "wonder", where Carol is an editor and Victor a viewer;
            Bob is a stranger with a project "builder" of his own
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application
from traitlets.config import LoggingConfigurable

from platform_extensions.authorizer import PlatformAuthorizer
from platform_extensions.gate import SETTING, Gate
from platform_extensions.identity.provider import PlatformIdentity
from platform_extensions.kernels.manager import PlatformKernels
from platform_extensions.kernels.routes import ROUTES as KERNELS
from platform_extensions.kernelspecs.routes import ROUTES as KERNELSPECS
from platform_extensions.sessions.manager import PlatformSessions
from platform_extensions.sessions.routes import ROUTES as SESSIONS
from platform_extensions.sockets import SocketRegistry, still_stands
from platform_kernels.specs import PlatformKernelSpecs
from platform_server.app import Platform
from platform_server.identity.model import ALL_SCOPES, Principal, Role, Scope
from platform_server.paths import Home
from platform_server.projects.model import Access, ProjectView
from platform_server.sandboxes.model import EndCause, KernelId
from platform_server.settings import Settings
from platform_server.testing.conversations import Conversation, Observer, launch, new_link
from platform_server.testing.kernel_sockets import KernelSocket, kernel_socket
from platform_server.testing.local_sandboxes import LocalSandboxes
from platform_server.testing.runtime import LocalKernelProcess, LocalRuntime, Zygote

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from platform_server.services import Services


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


class Server(LoggingConfigurable):
    """What Jupyter's managers take for their server."""

    services: Services


@dataclass(kw_only=True)
class Person:
    """Somebody with an API token."""

    principal: Principal
    token: str
    api: httpx.AsyncClient
    base_url: str

    def socket(self, kernel_id: str, **options: Any) -> AbstractAsyncContextManager[KernelSocket]:
        return kernel_socket(self.base_url, kernel_id, self.token, **options)

    async def start_kernel(self, path: str | None = None) -> str:
        answer = await self.api.post("/api/kernels", json={"path": path})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def open_session(self, path: str, **more: Any) -> dict[str, Any]:
        body = {"path": path, "type": "notebook", "name": path, **more}
        answer = await self.api.post("/api/sessions", json=body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())


class Bench:
    """The web server of the tests."""

    def __init__(self, platform: Platform, zygote: Zygote, home: Home) -> None:
        from platform_server.sandboxes.volumes import FolderVolumes

        self.platform = platform
        self.sandboxes = LocalSandboxes(zygote, FolderVolumes(home.volumes))
        sandboxes: Any = self.sandboxes
        self.services = replace(platform.services, sandboxes=sandboxes)
        server = Server()
        server.services = self.services
        specs = PlatformKernelSpecs(parent=server)
        self.kernels = PlatformKernels(parent=server, kernel_spec_manager=specs)
        self.sessions = PlatformSessions(parent=server, kernel_manager=self.kernels)
        self.registry = SocketRegistry(still_stands(self.services), interval=0.2)
        self.base_url = ""
        self._clients = AsyncExitStack()
        self._http: HTTPServer | None = None

    async def start(self) -> None:
        await self.platform.start()
        self.registry.start()
        routes = (*KERNELS, *SESSIONS, *KERNELSPECS)
        application = Application(
            [(one.pattern, one.handler, dict(one.kwargs)) for one in routes],
            base_url="/",
            cookie_secret="not a secret",
            xsrf_cookies=True,
            allow_unauthenticated_access=False,
            identity_provider=PlatformIdentity(),
            authorizer=PlatformAuthorizer(),
            kernel_manager=self.kernels,
            session_manager=self.sessions,
            kernel_spec_manager=self.kernels.kernel_spec_manager,
            platform_services=self.services,
            platform_sockets=self.registry,
            local_hostnames=["localhost"],
            **{SETTING: Gate(routes)},
        )
        self._http = HTTPServer(application)
        (listening,) = bind_sockets(0, "127.0.0.1")
        self._http.add_socket(listening)
        self.base_url = f"http://127.0.0.1:{listening.getsockname()[1]}"

    async def aclose(self) -> None:
        assert self._http is not None
        await self._clients.aclose()
        self._http.stop()
        await self._http.close_all_connections()
        await self.registry.aclose()
        await self.kernels.shutdown_all()
        await self.sandboxes.aclose()
        await self.platform.aclose()

    async def person(self, name: str, scopes: frozenset[Scope] = ALL_SCOPES) -> Person:
        identity = self.services.identity
        email = f"{name}@example.org"
        user = await identity.add_user(email, "correct horse battery", Role.LEARNER, name)
        token, _ = await identity.create_token(user.id, "tests", scopes, None)
        return await self.person_of(token)

    async def person_of(self, token: str) -> Person:
        principal = await self.services.identity.principal_of_token(token)
        assert principal is not None
        api = httpx.AsyncClient(
            base_url=self.base_url, headers={"Authorization": f"Bearer {token}"}, timeout=30
        )
        await self._clients.enter_async_context(api)
        return Person(principal=principal, token=token, api=api, base_url=self.base_url)

    def process(self, kernel_id: str) -> LocalKernelProcess:
        kernel = self.kernels.get_kernel(kernel_id)
        runtime = self.sandboxes.running[kernel.home.project_id]
        process = runtime.process(KernelId(kernel_id))
        assert process is not None
        return process


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
