"""What the doctor looks at. Each check says what it found and, if need be, what to do."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from platform_server import paths
from platform_server.acts.service import ActService
from platform_server.app import make_identity
from platform_server.clock import utc_now
from platform_server.errors import EngineUnavailable, StorageUnavailable
from platform_server.identity.model import Role
from platform_server.sandboxes.docker_engine import DockerEngine
from platform_server.sandboxes.docker_image import image_name
from platform_server.sandboxes.vulnerabilities import known_holes, versions_from
from platform_server.storage.acts import SqlActRepository
from platform_server.storage.blobs_folder import FolderBlobStore
from platform_server.storage.blobs_supabase import SupabaseBlobStore, reason
from platform_server.storage.database import Database
from platform_server.storage.migrate import is_current
from platform_server.storage.supabase_http import Patience

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from platform_server.sandboxes.vulnerabilities import Vulnerability
    from platform_server.settings import Settings

OLDEST_PYTHON = (3, 11)
SCARCE, TOO_LITTLE = 5 << 30, 500 << 20  # bytes of disk
SANDBOX_USER = 1000
OLD_IMAGE = timedelta(days=7)  # what it is made of may have been repaired


class Level(Enum):
    """How bad it is."""

    GOOD = "ok"
    WARNING = "warning"
    BAD = "PROBLEM"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One line of the doctor's."""

    level: Level
    what: str
    advice: str = ""  # what to do about it


def good(what: str) -> Finding:
    """Return that something is as it should be."""
    return Finding(level=Level.GOOD, what=what)


def warning(what: str, advice: str) -> Finding:
    """Return that something works and should not stay."""
    return Finding(level=Level.WARNING, what=what, advice=advice)


def bad(what: str, advice: str) -> Finding:
    """Return that something does not work."""
    return Finding(level=Level.BAD, what=what, advice=advice)


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """Look at everything, and go on after what is bad."""
    yield python()
    yield account()
    yield env_file(Path.cwd() / ".env")
    yield home(settings.home.root)
    yield disk(settings.home.root)
    async for finding in database(settings):
        yield finding
    async for finding in storage(settings):
        yield finding
    async for finding in engine(settings):
        yield finding


def python() -> Finding:
    """Look at the interpreter."""
    name = "Python {}.{}.{}".format(*sys.version_info[:3])
    if sys.version_info[:2] >= OLDEST_PYTHON:
        return good(name)
    return bad(name, "Make the virtual environment with Python 3.11 or newer.")


def account() -> Finding:
    """Look at who runs this: files of a sandbox have to be handed to its user."""
    if os.geteuid() in {0, SANDBOX_USER}:
        return good(f"Runs as user {os.geteuid()}")
    return bad(
        f"Runs as user {os.geteuid()}",
        f"Run the server as root or as user {SANDBOX_USER}: what is in a project's folder belongs "
        f"to the sandboxes' user {SANDBOX_USER}.",
    )


def env_file(path: Path) -> Finding:
    """Look at who may read the secrets in ``.env``."""
    if not path.exists():
        return good("No .env file in this folder: the environment and the defaults count")
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return warning(f"{path} may be read by others", f"Type: chmod 600 {path}")
    return good(f"{path} is read, and private")


def home(root: Path) -> Finding:
    """Look at the folder with all state."""
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=root) as probe:
            probe.write(b"\0" * 4096)
    except OSError as error:
        return bad(
            f"PLATFORM_HOME {root} cannot be written: {error.strerror}",
            "Give it to the server's user, free some disk, or set PLATFORM_HOME to another folder.",
        )
    return good(f"PLATFORM_HOME {root} can be written")


def disk(root: Path) -> Finding:
    """Look at how much room there is."""
    folder = next(path for path in (root, *root.parents) if path.exists())
    free = shutil.disk_usage(folder).free
    what = f"{free / 2**30:.1f} GiB of disk are free at {folder}"
    advice = "Delete what is not needed, or move PLATFORM_HOME to a larger disk."
    if free < TOO_LITTLE:
        return bad(what, advice)
    return warning(what, advice) if free < SCARCE else good(what)


async def database(settings: Settings) -> AsyncIterator[Finding]:
    """Look at the database and at who can administer."""
    connection = Database(settings.database_url)
    try:
        if not await is_current(connection):
            yield bad(
                "The database has not the tables of this version",
                "Type: jupyter platform db upgrade",
            )
            return
        yield good("The database answers and has the tables of this version")
        users = await make_identity(connection, settings).users()
        admins = [one for one in users if one.role is Role.ADMIN and one.disabled_at is None]
        yield await acts(connection)
        yield (
            good(f"{len(users)} accounts, {len(admins)} admins")
            if admins
            else warning(
                "Nobody can administer", "Type: jupyter platform user add EMAIL --role=admin"
            )
        )
    except StorageUnavailable as error:
        yield bad(
            f"The database does not answer: {_first_line(error.__cause__)}",
            "Start it, or correct DATABASE_URL.",
        )
    finally:
        await connection.aclose()


async def acts(connection: Database) -> Finding:
    """Look whether the record of what admins did is as it was written."""
    changed = await ActService(SqlActRepository(connection)).changed()
    if changed is None:
        return good("The record of what admins did is as it was written")
    return bad(
        f"The record of what admins did was changed, at or before number {changed}",
        "Somebody had their hands on the database itself: compare it with a backup.",
    )


async def storage(settings: Settings) -> AsyncIterator[Finding]:
    """Look at the store of files' bytes, if it is a remote one."""
    if settings.storage is None:
        return
    remote = SupabaseBlobStore(settings.storage, Patience(total=5.0, repeat=1.0))
    what = f'Files are kept in the bucket "{settings.storage.bucket}" of Supabase'
    try:
        await remote.check()
        yield good(what)
    except StorageUnavailable as error:
        yield bad(
            f"{what}, which cannot be used: {reason(error)}",
            "Correct SUPABASE_URL and SUPABASE_SERVICE_KEY (the secret key, not the public one); "
            "make the bucket private; look at the project's status page.",
        )
    finally:
        await remote.aclose()
    async for project in FolderBlobStore(settings.home.blobs).projects():
        yield warning(
            f"{settings.home.blobs} has files, too, of the project {project} and maybe others",
            "From before Supabase was configured? See docs/how-to/supabase-storage.md: back up "
            "without SUPABASE_BUCKET, and restore with it.",
        )
        return


async def engine(settings: Settings) -> AsyncIterator[Finding]:
    """Look at the container engine, its known vulnerabilities, and the sandbox image."""
    docker = DockerEngine(
        installation=settings.installation, seccomp=paths.resource("docker") / "seccomp.json"
    )
    try:
        description = await docker.check()
        yield good(f"{description} answers")
        for finding in runtime(description):
            yield finding
        yield await image(docker, settings.image or image_name())
    except EngineUnavailable as error:
        yield bad(
            f"The container engine does not answer: {_first_line(error.__cause__)}",
            "Type `make engine`; or install Docker, start it (`systemctl start docker`), and let "
            "the server's user use it (`usermod -aG docker USER`). DOCKER_HOST names another.",
        )
    finally:
        await docker.aclose()


def runtime(description: str) -> list[Finding]:
    """Look for known ways out of a container."""
    versions = versions_from(description)
    found = known_holes(description)
    if not found:
        return [good("No known way out of a container in these versions")]
    return [_known_bad(part, versions[part], found) for part in sorted({one.part for one in found})]


def _known_bad(part: str, version: str, found: list[Vulnerability]) -> Finding:
    known = "; ".join(f"{one.id}, {one.what}" for one in found if one.part == part)
    advice = "Upgrade it (`apt-get update && apt-get upgrade`, or the engine's own packages)."
    return warning(f"{part} {version} has known vulnerabilities: {known}", advice)


async def image(docker: DockerEngine, name: str) -> Finding:
    """Look for the sandboxes' image."""
    made_at = await docker.image_made_at(name)
    if made_at is None:
        return bad(f"The sandbox image {name} is missing", "Type: jupyter platform image build")
    return image_age(name, utc_now() - made_at)


def image_age(name: str, age: timedelta) -> Finding:
    """Tell whether an image has to be built again: what it is made of gets repaired meanwhile."""
    if age < OLD_IMAGE:
        return good(f"The sandbox image {name} is there, and {age.days} days old")
    return warning(
        f"The sandbox image {name} is {age.days} days old: it lacks the repairs made since",
        "Type: jupyter platform image build --again",
    )


def _first_line(error: BaseException | None) -> str:
    return next(iter(str(error).splitlines()), "no reason given")
