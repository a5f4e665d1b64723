"""What an installation is configured with, as plain values; and what of it the environment says."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from dotenv import dotenv_values

from platform_server.contents.limits import ContentsLimits
from platform_server.environments.model import PackagePolicy
from platform_server.errors import InvalidInput
from platform_server.identity.supabase_api import SupabaseKeys
from platform_server.paths import Home
from platform_server.review.reproduction.model import CheckLimits
from platform_server.sandboxes.admission import Places
from platform_server.sandboxes.disk import DiskLimits
from platform_server.sandboxes.model import Limits
from platform_server.sandboxes.pool import PoolSize
from platform_server.terminals.model import TerminalLimits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from platform_server.sandboxes.limits import RoleLimits

DEFAULT_HOME = ".platform"
VARIABLES = (
    "PLATFORM_HOME",
    "DATABASE_URL",
    "PLATFORM_PORT",
    "SUPABASE_URL",
    "SUPABASE_ANON_KEY",
    "SUPABASE_SERVICE_KEY",
    "SUPABASE_BUCKET",
    "JWT_SECRET",
)

_WORD = re.compile(r"[!-~]+", re.ASCII)
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class StorageKeys:
    """How a bucket of Supabase Storage is reached. Raises InvalidInput for what cannot be."""

    url: str  # of the project
    service_key: str = field(repr=False)  # may do everything: never leaves the server
    bucket: str

    def __post_init__(self) -> None:
        if not self.url.startswith(("https://", "http://")):
            raise InvalidInput("SUPABASE_URL has to begin with https://.")
        if not _WORD.fullmatch(self.service_key):  # not quoted: it is a secret
            raise InvalidInput("SUPABASE_SERVICE_KEY is not a key: it has to be one word.")
        if not _BUCKET.fullmatch(self.bucket):
            raise InvalidInput(
                "SUPABASE_BUCKET has to be a name of letters, digits, dots, dashes and underscores."
            )


@dataclass(frozen=True, kw_only=True)
class Settings:
    """An installation's settings."""

    home: Home
    database_url: str
    image: str = ""  # of the sandboxes; empty: the one that `jupyter platform image build` makes
    runtime: str = ""  # of their containers, by the engine's name for it; empty: its default
    disk: DiskLimits = field(default_factory=DiskLimits)  # that sandboxes may take
    patched_engine: bool = False  # none is started by an engine with known ways out
    places: Places = field(default_factory=Places)  # for sandboxes
    starts: int = 60  # of one owner's sandboxes in ten minutes; 0: no limit
    idle: timedelta | None = timedelta(hours=2)  # after which an unused sandbox is stopped
    most_age: timedelta | None = None  # after which a sandbox is stopped, used or not
    warm: PoolSize = field(default_factory=PoolSize)  # sandboxes that wait for a project
    sandbox: Limits = field(default_factory=Limits)
    role_limits: RoleLimits = field(default_factory=dict)  # what is otherwise for a role's projects
    contents: ContentsLimits = field(default_factory=ContentsLimits)
    terminals: TerminalLimits = field(default_factory=TerminalLimits)
    checks: CheckLimits = field(default_factory=CheckLimits)  # whether submissions reproduce
    packages: PackagePolicy = field(default_factory=PackagePolicy)
    package_index: str = ""  # its address; empty: pip's own
    private_index: str = field(default="", repr=False)  # may have a password in it
    package_cache_bytes: int = 20 * 2**30
    supabase: SupabaseKeys | None = None  # where accounts are kept, unless here
    storage: StorageKeys | None = None  # where files' bytes are kept, unless here
    outbox_bytes: int = 10 * 2**30  # that may wait here for a remote store that is away
    session_lifetime: timedelta = timedelta(days=14)  # of a signed-in browser that is not used
    keep_acts: timedelta | None = timedelta(days=3 * 365)  # of admins; None: for ever
    sign_up: bool = True  # whoever reaches the server may make a learner's account

    @property
    def installation(self) -> str:
        """A name that tells this installation's containers from another's on the same engine."""
        return hashlib.sha256(str(self.home.root).encode()).hexdigest()[:12]


def environment(folder: Path | None = None) -> Mapping[str, str]:
    """Return the environment, completed by the file ``.env`` of the folder (default: this one)."""
    values = dotenv_values((folder or Path.cwd()) / ".env", interpolate=False)
    return {name: value for name, value in values.items() if value is not None} | dict(os.environ)


def home_from(environ: Mapping[str, str]) -> Home:
    """Return where the platform keeps its state."""
    return Home(Path(environ.get("PLATFORM_HOME") or DEFAULT_HOME).expanduser().resolve())


def database_url_from(environ: Mapping[str, str], home: Home) -> str:
    """Return the database to use: SQLite in the home unless the environment names another."""
    return environ.get("DATABASE_URL") or f"sqlite:///{home.database}"


def settings_from(environ: Mapping[str, str]) -> Settings:
    """Return the settings of an installation that is configured by its environment only.

    Raises InvalidInput for what cannot be meant.
    """
    home = home_from(environ)
    return Settings(
        home=home,
        database_url=database_url_from(environ, home),
        supabase=supabase_from(environ),
        storage=storage_from(environ),
    )


def supabase_from(environ: Mapping[str, str]) -> SupabaseKeys | None:
    """Return how Supabase Auth is reached, None when accounts are kept here."""
    url, anon_key = environ.get("SUPABASE_URL"), environ.get("SUPABASE_ANON_KEY")
    if not url or not anon_key:
        return None
    return SupabaseKeys(
        url=url,
        anon_key=anon_key,
        service_key=environ.get("SUPABASE_SERVICE_KEY", ""),
        jwt_secret=environ.get("JWT_SECRET", ""),
    )


def storage_from(environ: Mapping[str, str]) -> StorageKeys | None:
    """Return how Supabase Storage is reached, None when files' bytes are kept here.

    It takes a bucket's name: the address and the key alone, which accounts need, too, must not move
    the files of an installation. Raises InvalidInput when a part is missing.
    """
    bucket = environ.get("SUPABASE_BUCKET")
    if not bucket:
        return None
    url, key = environ.get("SUPABASE_URL"), environ.get("SUPABASE_SERVICE_KEY")
    if not url or not key:
        raise InvalidInput(
            "SUPABASE_BUCKET is set: set SUPABASE_URL and SUPABASE_SERVICE_KEY, too."
        )
    return StorageKeys(url=url, service_key=key, bucket=bucket)
