"""The Docker adapter. The SDK is synchronous: every call of it runs in a thread."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import docker
from docker.errors import APIError, DockerException, ImageNotFound, NotFound
from requests.exceptions import RequestException

from platform_server.errors import EngineUnavailable, ImageMissing, SandboxStartFailed
from platform_server.projects.model import ProjectId
from platform_server.sandboxes.cgroup import Cgroup
from platform_server.sandboxes.docker_spec import (
    LABEL_INSTALLATION,
    LABEL_PROJECT,
    LABEL_SANDBOX,
    container_config,
    container_name,
    resources,
)
from platform_server.sandboxes.engine import Container, ContainerDied
from platform_server.sandboxes.model import SandboxId
from platform_server.sandboxes.vulnerabilities import Vulnerability, known_holes
from platform_server.uninterrupted import uninterrupted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from docker.client import DockerClient
    from docker.types.daemon import CancellableStream

    from platform_server.sandboxes.engine import ContainerSpec
    from platform_server.sandboxes.model import Limits, Pressure, Usage

Result = TypeVar("Result")
Holes = Callable[[str], Sequence[Vulnerability]]  # of the engine that describes itself so

_DEFAULT_URL = "unix:///var/run/docker.sock"
_TIMEOUT = 60  # seconds for one call of the engine
_AT_ONCE = 8  # calls of the engine under way

_REFUSED = "The sandbox did not start: the container engine refused it."
_GOING = {404, 409}  # it is gone; somebody else removes it already


@dataclass(frozen=True, kw_only=True)
class Demands:
    """What an installation asks of its engine."""

    runtime: str = ""  # by which containers run, if not by the engine's default
    largest_file: int = 0  # bytes that code may write into one; 0: as many as it likes
    patched: bool = False  # no container is started while a way out of it is known
    holes: Holes = known_holes


class DockerEngine:
    """Runs sandboxes as containers of one Docker engine.

    ``installation`` keeps this installation's containers apart from any other's on the same engine.
    The engine need not be there yet: each verb connects when it must.
    """

    def __init__(
        self,
        *,
        installation: str,
        seccomp: Path,
        base_url: str | None = None,
        demands: Demands | None = None,
    ) -> None:
        self._installation = installation
        self.seccomp = seccomp
        self._base_url = base_url
        self._demands = demands or Demands()
        self._is_patched = False
        self._client: DockerClient | None = None
        self._groups: dict[SandboxId, Cgroup] = {}
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def check(self) -> str:
        """Return the engine's name and version."""
        version = await self._call(lambda client: client.version())
        runc = next((c["Version"] for c in version["Components"] if c["Name"] == "runc"), "?")
        return f"Docker {version['Version']}, runc {runc}"

    async def has_image(self, image: str) -> bool:
        """Tell whether the image is on the engine."""

        def look(client: DockerClient) -> bool:
            try:
                client.images.get(image)
            except ImageNotFound:
                return False
            return True

        return await self._call(look)

    async def image_made_at(self, image: str) -> datetime | None:
        """Return when an image on the engine was built, None if it is not there."""

        def look(client: DockerClient) -> datetime | None:
            try:
                found = client.images.get(image)
            except ImageNotFound:
                return None
            return _moment(found.attrs["Created"])

        return await self._call(look)

    async def start(self, spec: ContainerSpec) -> Container:
        """Create and start a container. Raises ImageMissing, SandboxStartFailed.

        Who cancels it waits until the engine has done it: what is there then can be removed.
        """
        await self._require_patched()
        body = container_config(
            spec,
            installation=self._installation,
            seccomp=self.seccomp.read_text(),
            runtime=self._demands.runtime,
            largest=self._demands.largest_file,
        )
        name = container_name(self._installation, spec.sandbox_id)
        await uninterrupted(self._call(partial(_create_and_start, name=name, body=body)))
        found = await self.inspect(spec.sandbox_id)
        if found is None or not found.running:
            await self.remove(spec.sandbox_id)
            raise SandboxStartFailed("The sandbox ended as soon as it was started.")
        self._keep_group(spec.sandbox_id, found.pid)
        return found

    async def limit(self, sandbox_id: SandboxId, limits: Limits) -> None:
        """Change what a running container may use. Raises SandboxStartFailed."""
        name = container_name(self._installation, sandbox_id)

        def limit(client: DockerClient) -> None:
            # The SDK's own verb cannot change the number of processes.
            api = client.api
            url = f"{api.base_url}/v{api.api_version}/containers/{name}/update"
            if not api.post(url, json=resources(limits), timeout=_TIMEOUT).ok:
                raise SandboxStartFailed(_REFUSED)

        await self._call(limit)

    async def remove(self, sandbox_id: SandboxId) -> None:
        """End and remove the container."""
        name = container_name(self._installation, sandbox_id)
        self._forget_group(sandbox_id)

        def remove(client: DockerClient) -> None:
            try:
                client.api.remove_container(name, force=True, v=True)
            except APIError as error:
                if error.status_code not in _GOING:
                    raise

        await self._call(remove)

    async def inspect(self, sandbox_id: SandboxId) -> Container | None:
        """Return what the engine knows of the container."""
        name = container_name(self._installation, sandbox_id)

        def inspect(client: DockerClient) -> Container | None:
            try:
                return _container(client.api.inspect_container(name))
            except NotFound:
                return None

        return await self._call(inspect)

    async def containers(self) -> list[Container]:
        """Return all containers of this installation."""

        def look(client: DockerClient) -> list[Container]:
            listed = client.api.containers(all=True, filters={"label": self._label})
            found = []
            for item in listed:
                with contextlib.suppress(NotFound):
                    found.append(_container(client.api.inspect_container(item["Id"])))
            return found

        return await self._call(look)

    async def usage(self, sandbox_id: SandboxId) -> Usage | None:
        """Return what the container uses now."""
        group = await self._group(sandbox_id)
        usage = None if group is None else group.usage()
        if usage is None:
            self._forget_group(sandbox_id)
        return usage

    async def pressure(self, sandbox_id: SandboxId) -> Pressure | None:
        """Return how near to its limits the container is."""
        group = await self._group(sandbox_id)
        return None if group is None else group.pressure()

    async def deaths(self) -> AsyncIterator[ContainerDied]:
        """Report each death of a container of this installation."""
        filters = {"label": self._label, "event": "die", "type": "container"}
        opening = asyncio.ensure_future(
            self._call(lambda client: client.events(decode=True, filters=filters))
        )
        try:
            events = await asyncio.shield(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(_close_stream)  # a thread opens it all the same
            raise
        try:
            while event := await asyncio.to_thread(next, events, None):
                attributes = event["Actor"]["Attributes"]
                sandbox_id = SandboxId(attributes[LABEL_SANDBOX])
                yield ContainerDied(
                    sandbox_id=sandbox_id, exit_code=int(attributes.get("exitCode", -1))
                )
        except (RequestException, DockerException, OSError):
            return
        finally:
            _close_events(events)

    async def aclose(self) -> None:
        """Let go of the engine."""
        while self._groups:
            self._forget_group(next(iter(self._groups)))
        if self._client is not None:
            await asyncio.to_thread(self._client.close)
            self._client = None

    async def _require_patched(self) -> None:
        """Look once for known ways out of a container. Raises SandboxStartFailed."""
        if not self._demands.patched or self._is_patched:
            return
        if self._demands.holes(await self.check()):
            raise SandboxStartFailed(
                "The server's container engine has known holes, and code is not run in it: ask the "
                "admin to upgrade it."
            )
        self._is_patched = True

    @property
    def _label(self) -> str:
        return f"{LABEL_INSTALLATION}={self._installation}"

    async def _group(self, sandbox_id: SandboxId) -> Cgroup | None:
        if sandbox_id not in self._groups:
            found = await self.inspect(sandbox_id)
            if found is not None and found.running:
                self._keep_group(sandbox_id, found.pid)
        return self._groups.get(sandbox_id)

    def _keep_group(self, sandbox_id: SandboxId, pid: int) -> None:
        """Hold the container's files open, unless they are already."""
        group = None if sandbox_id in self._groups else Cgroup.of(pid)
        if group is not None:
            self._groups[sandbox_id] = group

    def _forget_group(self, sandbox_id: SandboxId) -> None:
        group = self._groups.pop(sandbox_id, None)
        if group is not None:
            group.close()

    async def _call(self, verb: Callable[[DockerClient], Result]) -> Result:
        """Run a verb of the SDK in a thread. Raises EngineUnavailable."""
        try:
            async with self._slots:
                return await asyncio.to_thread(self._with_client, verb)
        except APIError:
            raise
        except (DockerException, RequestException, OSError) as error:
            raise EngineUnavailable from error

    def _with_client(self, verb: Callable[[DockerClient], Result]) -> Result:
        if self._client is None:
            self._client = connect(self._base_url)
        return verb(self._client)


def connect(base_url: str | None = None) -> DockerClient:
    """Return a client of the engine at the URL, or of the one that DOCKER_HOST names.

    Raises OSError, DockerException when it does not answer.
    """
    _probe(base_url or os.environ.get("DOCKER_HOST") or _DEFAULT_URL)
    if base_url is not None:
        client = docker.DockerClient(base_url=base_url, timeout=_TIMEOUT)
    else:
        client = docker.from_env(timeout=_TIMEOUT)
    client.api.trust_env = False  # a CA bundle in the environment is not the engine's
    return client


def _close_stream(opening: asyncio.Future[CancellableStream[dict[str, Any]]]) -> None:
    if not opening.cancelled() and opening.exception() is None:
        _close_events(opening.result())


def _close_events(events: CancellableStream[dict[str, Any]]) -> None:
    """End a stream, and let it notice: only at its end does the SDK let go of its descriptor."""
    events.close()
    with contextlib.suppress(ValueError):  # a thread waits for the next one, and notices
        next(events, None)


def _probe(url: str) -> None:
    """Knock at an engine's local socket; the SDK leaks its own when nobody opens."""
    scheme, _, path = url.partition("://")
    if scheme == "unix":
        with socket.socket(socket.AF_UNIX) as knock:
            knock.connect(path)


def _create_and_start(client: DockerClient, *, name: str, body: dict[str, Any]) -> None:
    api = client.api
    try:
        created = api.create_container_from_config(body, name)
    except ImageNotFound as error:
        raise ImageMissing from error
    except APIError as error:
        raise SandboxStartFailed(_reason(error)) from error
    try:
        api.start(created["Id"])
    except APIError as error:
        api.remove_container(created["Id"], force=True, v=True)
        raise SandboxStartFailed(_reason(error)) from error


def _reason(error: APIError) -> str:
    """Return one sentence for the user; the engine's own words may name paths of the host."""
    if "no space left" in str(error).lower():
        return "The sandbox did not start: the disk of the server is full."
    return _REFUSED


def _container(inspected: dict[str, Any]) -> Container:
    state, labels = inspected["State"], inspected["Config"]["Labels"]
    return Container(
        sandbox_id=SandboxId(labels[LABEL_SANDBOX]),
        project_id=ProjectId(labels[LABEL_PROJECT]) if labels[LABEL_PROJECT] else None,
        running=bool(state["Running"]),
        pid=int(state["Pid"]),
        started_at=_moment(state["StartedAt"]),
        exit_code=None if state["Running"] else int(state["ExitCode"]),
        oom_killed=bool(state["OOMKilled"]),
    )


def _moment(text: str) -> datetime | None:
    """Parse the engine's nanosecond time stamp; its year 1 means never."""
    if text.startswith("0001"):
        return None
    return datetime.fromisoformat(text[:26].rstrip("Z").ljust(26, "0") + "+00:00")
