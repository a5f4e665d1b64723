"""Our kernel, session, kernelspec and project routes on a web server in the tests' own process.

Over real services with a database of their own, and sandboxes without containers: fast, and open
to the tests' eyes.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import httpx
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
from platform_extensions.projects.routes import ROUTES as PROJECTS
from platform_extensions.sessions.manager import PlatformSessions
from platform_extensions.sessions.routes import ROUTES as SESSIONS
from platform_extensions.sockets import SocketRegistry, still_stands
from platform_kernels.specs import PlatformKernelSpecs
from platform_server.identity.model import ALL_SCOPES, Principal, Role, Scope
from platform_server.sandboxes.model import KernelId
from platform_server.sandboxes.volumes import FolderVolumes
from platform_server.testing.kernel_sockets import KernelSocket, kernel_socket
from platform_server.testing.local_sandboxes import LocalSandboxes

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from platform_server.app import Platform
    from platform_server.paths import Home
    from platform_server.services import Services
    from platform_server.testing.runtime import LocalKernelProcess, Zygote


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
        """Open a kernel's websocket."""
        return kernel_socket(self.base_url, kernel_id, self.token, **options)

    async def start_kernel(self, path: str | None = None) -> str:
        """Start a kernel, and return its id."""
        answer = await self.api.post("/api/kernels", json={"path": path})
        assert answer.status_code == httpx.codes.CREATED, answer.text
        return str(answer.json()["id"])

    async def open_session(self, path: str, **more: Any) -> dict[str, Any]:
        """Open a notebook's session, and return its model."""
        body = {"path": path, "type": "notebook", "name": path, **more}
        answer = await self.api.post("/api/sessions", json=body)
        assert answer.status_code == httpx.codes.CREATED, answer.text
        return dict(answer.json())


class Bench:
    """The web server of the tests."""

    def __init__(self, platform: Platform, zygote: Zygote, home: Home) -> None:
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
        """Serve at a port of its own."""
        await self.platform.start()
        self.registry.start()
        routes = (*KERNELS, *SESSIONS, *KERNELSPECS, *PROJECTS)
        settings: dict[str, Any] = {SETTING: Gate(routes)}
        application = Application(
            [(one.pattern, one.handler, dict(one.kwargs)) for one in routes],
            base_url="/",
            cookie_secret="not a secret",  # noqa: S106 - of a server that lives as long as a test
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
            **settings,
        )
        self._http = HTTPServer(application)
        (listening,) = bind_sockets(0, "127.0.0.1")
        self._http.add_socket(listening)
        self.base_url = f"http://127.0.0.1:{listening.getsockname()[1]}"

    async def aclose(self) -> None:
        """End everything."""
        assert self._http is not None
        await self._clients.aclose()
        self._http.stop()
        await self._http.close_all_connections()
        await self.registry.aclose()
        await self.kernels.shutdown_all()
        await self.sandboxes.aclose()
        await self.platform.aclose()

    async def person(self, name: str, scopes: frozenset[Scope] = ALL_SCOPES) -> Person:
        """Make an account with a token."""
        identity = self.services.identity
        email = f"{name}@example.org"
        user = await identity.add_user(email, "correct horse battery", Role.LEARNER, name)
        token, _ = await identity.create_token(user.id, "tests", scopes, None)
        return await self.person_of(token)

    async def person_of(self, token: str) -> Person:
        """Return who has the token."""
        principal = await self.services.identity.principal_of_token(token)
        assert principal is not None
        api = httpx.AsyncClient(
            base_url=self.base_url, headers={"Authorization": f"Bearer {token}"}, timeout=30
        )
        await self._clients.enter_async_context(api)
        return Person(principal=principal, token=token, api=api, base_url=self.base_url)

    def process(self, kernel_id: str) -> LocalKernelProcess:
        """Return a kernel's process on this machine."""
        kernel = self.kernels.get_kernel(kernel_id)
        runtime = self.sandboxes.running[kernel.home.project_id]
        process = runtime.process(KernelId(kernel_id))
        assert process is not None
        return process
