"""The composition root: the one place that chooses adapters and puts services together."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from contextlib import suppress
from itertools import chain, repeat
from typing import TYPE_CHECKING

from platform_server import clock
from platform_server.acts.service import FORGETTING, ActService
from platform_server.contents.keeping import NeverWaiting
from platform_server.contents.parts import Parts
from platform_server.contents.service import ContentsService
from platform_server.contents.workspace_local import LocalWorkspace
from platform_server.environments.allowance import Allowance
from platform_server.environments.cache import FileCache
from platform_server.environments.index import HttpIndex
from platform_server.environments.installations import Installations
from platform_server.environments.installed_folder import FolderEnvironments
from platform_server.environments.ledger import Ledger
from platform_server.environments.parts import Environments
from platform_server.environments.pinned_index import PinnedIndex
from platform_server.environments.policy import is_private
from platform_server.environments.rebuilding import Rebuilder
from platform_server.environments.recorder import Recorder
from platform_server.environments.service import PackageService
from platform_server.errors import EngineUnavailable, PlatformError, StorageUnavailable
from platform_server.home_lock import HomeLock
from platform_server.identity.accounts import Accounts, LocalAccounts
from platform_server.identity.attempts import Attempts
from platform_server.identity.lookups import Lookups
from platform_server.identity.passwords import Passwords
from platform_server.identity.preferences import PreferenceService
from platform_server.identity.service import IdentityPolicy, IdentityService
from platform_server.identity.sessions import SessionLifetime, Sessions
from platform_server.identity.supabase_accounts import SupabaseAccounts
from platform_server.identity.supabase_api import SupabaseApi
from platform_server.identity.tokens import Tokens
from platform_server.operations.figures import Figures
from platform_server.paths import resource
from platform_server.projects.service import ProjectService
from platform_server.review.changes.service import ChangesService
from platform_server.review.desk import DeskService
from platform_server.review.discussion import DiscussionService
from platform_server.review.groups.service import GroupService
from platform_server.review.preview import PreviewService
from platform_server.review.reproduction.runner import Runner
from platform_server.review.reproduction.service import ReproductionService
from platform_server.review.reviews import Reviews
from platform_server.review.service import ReviewService
from platform_server.review.submitted import SubmittedFiles
from platform_server.review.suggestions import SuggestionService
from platform_server.review.viewer import Viewer
from platform_server.sandboxes.disk import DiskGuard
from platform_server.sandboxes.docker_engine import Demands, DockerEngine
from platform_server.sandboxes.docker_image import image_name
from platform_server.sandboxes.expiry import AgeStopper
from platform_server.sandboxes.idle import IdleStopper
from platform_server.sandboxes.limits import LimitsService
from platform_server.sandboxes.model import EndCause
from platform_server.sandboxes.rounds import Rounds
from platform_server.sandboxes.service import SandboxPolicy, SandboxService
from platform_server.sandboxes.volumes import FolderVolumes
from platform_server.sandboxes.vulnerabilities import known_holes
from platform_server.sandboxes.watch import SandboxWatch
from platform_server.services import Services
from platform_server.settings import environment, home_from
from platform_server.storage.acts import SqlActRepository
from platform_server.storage.blobs_folder import FolderBlobStore
from platform_server.storage.blobs_spooling import SpoolingBlobStore
from platform_server.storage.blobs_supabase import SupabaseBlobStore
from platform_server.storage.commands import SqlCommandRepository
from platform_server.storage.contents import SqlContentsRepository
from platform_server.storage.database import Database
from platform_server.storage.garbage import SqlGarbageRepository
from platform_server.storage.identity import (
    SqlGrantRepository,
    SqlSessionRepository,
    SqlTokenRepository,
    SqlUserRepository,
)
from platform_server.storage.kernel_sessions import SqlKernelSessionRepository
from platform_server.storage.limits import SqlLimitsRepository
from platform_server.storage.migrate import upgrade
from platform_server.storage.packages import SqlRecordRepository, SqlTakeRepository
from platform_server.storage.past import SqlPastRepository
from platform_server.storage.preferences import SqlPreferenceRepository
from platform_server.storage.projects import SqlProjectRepository
from platform_server.storage.review import SqlSubmissionRepository
from platform_server.storage.review_checks import SqlCheckRepository
from platform_server.storage.review_desk import SqlDeskRepository
from platform_server.storage.review_groups import SqlGroupRepository
from platform_server.storage.review_threads import SqlThreadRepository
from platform_server.storage.sandboxes import SqlSandboxRepository
from platform_server.storage.terminals import SqlTerminalRepository
from platform_server.terminals.commands import CommandHistory
from platform_server.terminals.service import TerminalService

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from platform_extensions.application import PlatformApp
    from platform_server.contents.blobs import BlobStore
    from platform_server.contents.keeping import Keeping
    from platform_server.projects.model import ProjectId
    from platform_server.settings import Settings

log = logging.getLogger(__name__)

_PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0)  # seconds between attempts to reach the database


class Platform:
    """An installation: its services, and what they stand on."""

    def __init__(self, settings: Settings, remote: BlobStore | None = None) -> None:
        settings.home.create()
        self._settings = settings
        self._lock = HomeLock(settings.home.lock)
        self._database = Database(settings.database_url)
        self._supabase = make_remote(settings)
        self._blobs = make_blobs(settings, remote or self._supabase)
        self._engine = _engine(settings)
        self._volumes = FolderVolumes(settings.home.volumes)
        self.services = self._services()
        self._forgetting = Rounds(self.services.acts.forget, every=FORGETTING, at="old acts")
        self._disk = DiskGuard(self.services.sandboxes, settings.home.volumes, settings.disk)
        self._join(self.services)

    async def start(self) -> None:
        """Start what has to run, as soon as the database answers.

        Other parts that are not available now are asked again when needed. Raises Conflict when
        another process serves this home.
        """
        self._lock.acquire()
        await self._upgrade()
        if self._supabase is not None:
            await self._supabase.start()
        if isinstance(self._blobs, SpoolingBlobStore):
            await self._blobs.start()
        await self.services.contents.start()
        self.services.packages.start()
        await self._warn_of_engine()
        self.services.commands.start()
        await self.services.sandboxes.start()
        await self.services.terminals.start()
        await self.services.reviews.start()
        self._forgetting.start()
        self.services.idle.start()
        self._disk.start()
        self.services.ages.start()
        self.services.watch.start()

    async def aclose(self) -> None:
        """End it all; the sandboxes' last changes are kept first."""
        await self.services.watch.aclose()
        await self.services.ages.aclose()
        await self._forgetting.aclose()
        await self._disk.aclose()
        await self.services.idle.aclose()
        await self.services.reviews.aclose()
        await self.services.terminals.aclose()
        await self.services.sandboxes.aclose()
        await self.services.environments.aclose()
        await self.services.commands.aclose()
        await self.services.packages.aclose()
        await self.services.contents.aclose()
        if isinstance(self._blobs, SpoolingBlobStore):
            await self._blobs.aclose()
        if self._supabase is not None:
            await self._supabase.aclose()
        await self._engine.aclose()
        await self.services.identity.aclose()
        await self._database.aclose()
        self._lock.release()

    async def _warn_of_engine(self) -> None:
        """Say loudly which ways out of a container are known; the doctor says what to do."""
        with suppress(EngineUnavailable):  # the sandboxes' part says so
            for hole in known_holes(await self._engine.check()):
                log.warning("%s has a known hole: %s, %s", hole.part, hole.id, hole.what)

    async def _upgrade(self) -> None:
        for pause in chain(_PAUSES, repeat(_PAUSES[-1])):
            try:
                return await upgrade(self._database)
            except StorageUnavailable as error:
                if self._database.is_sqlite:  # a file that cannot be opened does not come by itself
                    raise
                log.warning("waiting for the database, which does not answer: %s", error.__cause__)
            await asyncio.sleep(pause)
        return None

    def _services(self) -> Services:
        settings, database, figures = self._settings, self._database, Figures()
        identity = make_identity(database, settings)
        projects = ProjectService(SqlProjectRepository(database), identity)
        limits = LimitsService(
            SqlLimitsRepository(database), settings.sandbox, settings.role_limits
        )
        sandboxes = SandboxService(
            engine=self._engine,
            repository=SqlSandboxRepository(database),
            volumes=self._volumes,
            run_folder=settings.home.run,
            policy=SandboxPolicy(
                image=settings.image or image_name(),
                limits=settings.sandbox,
                places=settings.places,
                starts=settings.starts,
                warm=settings.warm,
            ),
            figures=figures,
            entitlements=limits,
        )
        commands = CommandHistory(SqlCommandRepository(database), projects)
        terminals = TerminalService(
            sandboxes,
            projects,
            SqlTerminalRepository(database),
            commands=commands,
            limits=settings.terminals,
        )
        idle = IdleStopper(sandboxes, settings.idle, clock=clock.utc_now)
        contents = _contents(database, settings, self._blobs)
        idle.sources += [sandboxes.activity, terminals.activity, contents.activity]
        packages, environments = _packages(settings, database, sandboxes)
        return Services(
            identity=identity,
            acts=ActService(SqlActRepository(database), settings.keep_acts),
            preferences=PreferenceService(SqlPreferenceRepository(database), clock=clock.utc_now),
            projects=projects,
            contents=contents,
            keeping=self._keeping(),
            sandboxes=sandboxes,
            limits=limits,
            idle=idle,
            ages=AgeStopper(sandboxes, settings.most_age, clock=clock.utc_now),
            watch=SandboxWatch(
                sandboxes.watched,
                sandboxes.notices,
                clock=clock.utc_now,
                disk=contents.quotas.share,
            ),
            terminals=terminals,
            commands=commands,
            packages=packages,
            environments=environments,
            kernel_sessions=SqlKernelSessionRepository(database),
            figures=figures,
            reviews=self._reviews(projects, contents, sandboxes, environments.recorder, identity),
        )

    def _reviews(
        self,
        projects: ProjectService,
        contents: ContentsService,
        sandboxes: SandboxService,
        packages: Recorder,
        identity: IdentityService,
    ) -> Reviews:
        database, checks = self._database, self._settings.checks
        repository = SqlSubmissionRepository(database)
        files = SubmittedFiles(repository, self._blobs, contents.differ, contents)
        discussion = DiscussionService(SqlThreadRepository(database), files)
        submissions = ReviewService(repository, projects, contents)
        return Reviews(
            submissions=submissions,
            files=files,
            changes=ChangesService(files, repository, discussion),
            desk=DeskService(
                SqlDeskRepository(database), repository, submissions, projects, identity
            ),
            groups=GroupService(SqlGroupRepository(database), identity),
            discussion=discussion,
            suggestions=SuggestionService(discussion, projects, contents),
            viewer=Viewer(files),
            previews=PreviewService(repository, projects, contents),
            reproduction=ReproductionService(
                SqlCheckRepository(database),
                repository,
                files,
                Runner(files, sandboxes.lone, packages, checks),
                checks,
            ),
        )

    def _keeping(self) -> Keeping:
        return self._blobs if isinstance(self._blobs, SpoolingBlobStore) else NeverWaiting()

    def _join(self, services: Services) -> None:
        """Let each service hear of what the others do."""

        async def stop(project_id: ProjectId) -> None:
            await services.sandboxes.stop(project_id, cause=EndCause.USER)

        contents = services.contents
        services.sandboxes.on_starting.append(contents.materialise)
        services.sandboxes.keep_others_off(contents.exclusively)
        services.sandboxes.on_stopping.append(contents.absorb)
        services.sandboxes.on_adopted.append(services.terminals.adopt)
        services.sandboxes.on_stopping.append(services.environments.recorder.keep)
        services.sandboxes.doors.append(services.environments.rebuilder)
        services.projects.on_deleted += [
            stop,
            contents.forget_project,
            services.environments.forget,
            self._volumes.remove,
        ]


def make_identity(database: Database, settings: Settings) -> IdentityService:
    """Return the accounts of an installation; the command line needs no more than these."""
    now, lookups = clock.utc_now, Lookups()
    users = SqlUserRepository(database)
    return IdentityService(
        users=users,
        accounts=_accounts(database, users, settings),
        sessions=Sessions(
            SqlSessionRepository(database),
            lookups,
            SessionLifetime(idle=settings.session_lifetime),
            clock=now,
            new_id=clock.new_id,
        ),
        tokens=Tokens(SqlTokenRepository(database), lookups, clock=now, new_id=clock.new_id),
        attempts=Attempts(),
        policy=IdentityPolicy(
            is_sign_up_open=settings.sign_up, sends_mail=settings.supabase is not None
        ),
        clock=now,
    )


def make_remote(settings: Settings) -> SupabaseBlobStore | None:
    """Return the remote store of an installation that has one; to be closed in the end."""
    return SupabaseBlobStore(settings.storage) if settings.storage is not None else None


def make_blobs(settings: Settings, remote: BlobStore | None) -> BlobStore:
    """Return where an installation keeps the bytes of its files.

    A remote store may be away: then what is saved waits in a folder of this server.
    """
    if remote is None:
        return FolderBlobStore(settings.home.blobs)
    return SpoolingBlobStore(remote, settings.home.outbox, limit=settings.outbox_bytes)


def _accounts(database: Database, users: SqlUserRepository, settings: Settings) -> Accounts:
    now = clock.utc_now
    if settings.supabase is None:
        return LocalAccounts(users, Passwords(), clock=now, new_id=clock.new_id)
    api = SupabaseApi(settings.supabase)
    return SupabaseAccounts(api, users, SqlGrantRepository(database), clock=now)


def application() -> type[PlatformApp]:
    """Return the Jupyter application that serves installations like these, or as it was told."""
    # Takes a second to import; the command line's other verbs do without. JupyterLab would ask Node
    # for yarn's configuration meanwhile, which is for those who build pages.
    from jupyterlab import commands

    commands._yarn_config = lambda _logger: {"yarn config": {}, "npm config": {}}  # noqa: SLF001
    from platform_extensions.application import PlatformApp

    if not hasattr(PlatformApp, "compose"):  # Jupyter asks for it again
        PlatformApp.compose = Platform
    return PlatformApp


def serve(arguments: Sequence[str]) -> None:
    """Serve until told to stop. ``arguments`` are the command line's options.

    A start that is refused ends the process with the reason, and 1.
    """
    environ = environment()
    _keep_jupyter_at_home(home_from(environ).jupyter)
    port = [f"--port={environ['PLATFORM_PORT']}"] if environ.get("PLATFORM_PORT") else []
    try:
        application().launch_instance([*port, *arguments])  # type: ignore[no-untyped-call]
    except PlatformError as error:
        sys.exit(f"The platform was not started. {error.message}")


def _keep_jupyter_at_home(folder: Path) -> None:
    """Let Jupyter keep its own files with ours, and read none of anybody's home."""
    for name in ("CONFIG", "DATA", "RUNTIME"):
        os.environ[f"JUPYTER_{name}_DIR"] = str(folder / name.lower())
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"


def _engine(settings: Settings) -> DockerEngine:
    seccomp = resource("docker") / "seccomp.json"
    demands = Demands(
        runtime=settings.runtime, patched=settings.patched_engine, largest_file=settings.disk.bytes
    )
    return DockerEngine(installation=settings.installation, seccomp=seccomp, demands=demands)


def _packages(
    settings: Settings, database: Database, sandboxes: SandboxService
) -> tuple[PackageService, Environments]:
    url = settings.package_index or os.environ.get("PIP_INDEX_URL") or ""
    private = HttpIndex(settings.private_index) if settings.private_index else None
    policy = settings.packages
    records, takes = SqlRecordRepository(database), SqlTakeRepository(database)
    allowance = Allowance(records, policy.max_project_bytes)
    packages = PackageService(
        PinnedIndex(HttpIndex(url), private, is_private=lambda name: is_private(policy, name)),
        FileCache(settings.home.cache / "packages", limit=settings.package_cache_bytes),
        policy,
        ledger=Ledger(takes),
        allowance=allowance,
    )
    recorder = Recorder(
        environments=FolderEnvironments(settings.home.volumes),
        records=records,
        takes=takes,
        packages=packages,
        allowance=allowance,
    )
    installations = Installations(packages, recorder, sandboxes.runtime)
    return packages, Environments(
        recorder=recorder,
        installations=installations,
        rebuilder=Rebuilder(recorder, installations),
        takes=takes,
    )


def _contents(database: Database, settings: Settings, blobs: BlobStore) -> ContentsService:
    return ContentsService(
        Parts(
            repository=SqlContentsRepository(database),
            past=SqlPastRepository(database),
            garbage=SqlGarbageRepository(database),
            blobs=blobs,
            workspace=LocalWorkspace(settings.home.volumes),
            spool_folder=settings.home.blobs / "incoming",
            limits=settings.contents,
        )
    )
