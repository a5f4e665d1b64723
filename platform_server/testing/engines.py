"""A Docker engine of the tests' own, which may be killed: nobody else's sandboxes run on it."""

from __future__ import annotations

import asyncio
import shutil
import signal
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from platform_server.sandboxes.docker_engine import connect
from platform_server.sandboxes.docker_image import image_name

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_PATIENCE = 120.0  # seconds; a loaded machine is slow
_ALONE = ("--bridge=none", "--iptables=false", "--ip6tables=false", "--live-restore")


class OwnEngine:
    """An engine with everything of it in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None

    @classmethod
    @asynccontextmanager
    async def running(cls) -> AsyncIterator[OwnEngine]:
        """Give an engine that runs and has the sandboxes' image; it is removed at the end."""
        folder = Path(tempfile.mkdtemp(prefix="engine-"))
        engine = cls(folder)
        try:
            await engine.start()
            await engine._take_image()
            yield engine
        finally:
            await engine.stop()
            await engine._unmount()
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    @property
    def url(self) -> str:
        """Its address, as in DOCKER_HOST."""
        return f"unix://{self._folder}/engine.sock"

    async def start(self) -> None:
        """Start it, and wait until it answers; the containers of its earlier life go on."""
        for left in self._folder.glob("**/*.pid"):
            if left.name in {"docker.pid", "containerd.pid"}:
                left.unlink()
        with (self._folder / "log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *("dockerd", "--host", self.url, "--data-root", str(self._folder / "data")),
                *("--exec-root", str(self._folder / "run"), *_ALONE),
                *("--pidfile", str(self._folder / "docker.pid")),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        async with asyncio.timeout(_PATIENCE):
            while not await asyncio.to_thread(self._answers):
                assert self._process.returncode is None, (self._folder / "log").read_text()
                await asyncio.sleep(0.05)  # what another process does with its socket has no event

    async def kill(self) -> None:
        """End it without a warning."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        """End it well. May be called twice."""
        await self._end(signal.SIGTERM)

    async def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(number)
            await process.wait()

    async def _take_image(self) -> None:
        """Copy the sandboxes' image from the machine's own engine."""
        pipe = 'docker save "$0" | docker --host "$1" load'
        copier = await asyncio.create_subprocess_exec(
            *("bash", "-o", "pipefail", "-c", pipe, image_name(), self.url),
            stdout=asyncio.subprocess.DEVNULL,
        )
        assert await copier.wait() == 0

    async def _unmount(self) -> None:
        """Take away the mount that an engine makes of its data, and leaves if it was killed."""
        command = ("umount", "--lazy", str(self._folder / "data"))
        unmount = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)
        await unmount.wait()

    def _answers(self) -> bool:
        try:
            client = connect(self.url)
            client.ping()
            client.close()
        except Exception:  # noqa: BLE001 - it is not there yet, in whatever way
            return False
        return True
