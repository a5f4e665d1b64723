"""A PostgreSQL of the tests' own: a cluster that is thrown away, with a new database a test."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString

import psycopg
from psycopg import sql

from platform_server.clock import new_id

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

START_PATIENCE = 60.0  # seconds; a loaded machine is slow
_INSTALLED = "/usr/lib/postgresql"  # where Debian puts each version's programs
# As in production, text is ordered by a language's rules unless a column says otherwise.
_INITDB = ("--username=platform", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C")
_LANGUAGE = ("--locale-provider=icu", "--icu-locale=en-US")
_MEMORY, _ROOM = Path("/dev/shm"), 1 << 30  # noqa: S108 - made by mkdtemp; bytes that must be free
_OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",  # a crash of it loses nothing, one of the machine everything
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "autovacuum": "off",
    "timezone": "Australia/Adelaide",  # neither ours nor a whole number of hours away
}


class Cluster:
    """A PostgreSQL server on a unix socket in a folder that nobody else can enter."""

    def __init__(self, folder: Path) -> None:
        self.folder = self._folder = folder  # where its socket is
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    @asynccontextmanager
    async def running(cls) -> AsyncIterator[Cluster]:
        """Give a new cluster that runs, and remove it at the end."""
        folder = Path(tempfile.mkdtemp(prefix="postgres-", dir=_quick_place()))
        _give_away(folder)
        cluster = cls(folder)
        try:
            await asyncio.to_thread(cluster._create)
            await cluster.start()
            yield cluster
        finally:
            await cluster.stop()
            await asyncio.to_thread(shutil.rmtree, folder)

    async def start(self) -> None:
        """Start it, and wait until it takes connections."""
        options = [f"-c{name}={value}" for name, value in _OPTIONS.items()]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: ASYNC220, S603 - it does not wait; constants
                [
                    *(*_as_nobody_special(), _program("postgres")),
                    *("-D", self._data, "-k", str(self._folder), *options),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        async with asyncio.timeout(START_PATIENCE):
            while not await self._answers():  # noqa: ASYNC110 - it offers no event for this
                await asyncio.sleep(0.02)

    async def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """End it: at once with SIGINT, as a crash would with SIGQUIT. May be called twice."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(number)
            await asyncio.to_thread(process.wait)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let it neither answer nor end: everything of it stands still."""
        assert self._process is not None
        main = self._process.pid
        children = Path(f"/proc/{main}/task/{main}/children")
        os.kill(main, signal.SIGSTOP)  # it makes no more children then
        stopped = [main, *map(int, children.read_text().split())]
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in stopped:
                os.kill(pid, signal.SIGCONT)

    def url(self, database: str = "postgres", user: str = "platform") -> str:
        """Return the address of one of its databases."""
        return f"postgresql://{user}@/{database}?host={self._folder}"

    async def create(self, template: str = "template0") -> str:
        """Make a database, and return its name."""
        name = f"db_{new_id().lower()}"
        await self.execute("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", name, template)
        return name

    async def drop(self, database: str) -> None:
        """Remove a database, whoever uses it."""
        await self.execute("DROP DATABASE {} WITH (FORCE)", database)

    async def end_connections(self, database: str) -> int:
        """End every connection to a database, and return how many there were."""
        statement = (
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = %s AND pid <> pg_backend_pid()"
        )
        async with await self._connect() as connection:
            row = await (await connection.execute(statement, [database])).fetchone()
        assert row is not None
        return int(row[0])

    async def execute(self, statement: LiteralString, *names: str, database: str = "") -> None:
        """Run a statement as the superuser; each ``{}`` in it stands for a name."""
        written = sql.SQL(statement).format(*map(sql.Identifier, names))
        async with await self._connect(database or "postgres") as connection:
            await connection.execute(written)

    async def _connect(self, database: str = "postgres") -> psycopg.AsyncConnection[Any]:
        return await psycopg.AsyncConnection.connect(self.url(database), autocommit=True)

    async def _answers(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise AssertionError((self._folder / "log").read_text())
        try:
            async with await self._connect():
                return True
        except psycopg.OperationalError:
            return False

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    def _create(self) -> None:
        subprocess.run(  # noqa: S603 - constants
            [*_as_nobody_special(), _program("initdb"), *_INITDB, *_LANGUAGE, "-D", self._data],
            check=True,
            capture_output=True,
        )


def _program(name: str) -> str:
    """Return the newest of PostgreSQL's programs of that name."""
    versions = Path(_INSTALLED).glob(f"*/bin/{name}")
    newest = max(versions, key=lambda path: int(path.parts[-3]), default=None)
    return str(newest or shutil.which(name) or f"{_INSTALLED}/?/bin/{name}")


def _quick_place() -> Path | None:
    """Return memory to put a cluster in, None if there is not enough: it is ten times as quick."""
    return _MEMORY if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM else None


def _give_away(folder: Path) -> None:
    """Let PostgreSQL have the folder: it does not run as root."""
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)


def _as_nobody_special() -> list[str]:
    """Return the command that runs another without privileges, and ends it when we end."""
    change = ["--reuid=postgres", "--regid=postgres", "--init-groups"]
    return ["setpriv", *(change if os.geteuid() == 0 else []), "--pdeathsig=INT", "--"]
