"""The Jupyter application: what is configured, and what makes the server ours."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from jupyterlab.labapp import LabApp
from pydantic import ValidationError
from traitlets import Bool, Dict, Float, Integer, List, TraitError, Unicode, default, validate

from platform_extensions.authorizer import PlatformAuthorizer
from platform_extensions.containers.limits_models import role_limits_from
from platform_extensions.contents.manager import PlatformContents
from platform_extensions.identity.provider import PlatformIdentity
from platform_extensions.kernels.connection import PlatformConnection
from platform_extensions.kernels.manager import PlatformKernels
from platform_extensions.lab.lab import Lab
from platform_extensions.lab.sources import find_sources
from platform_extensions.route_table import ROUTES
from platform_extensions.server import PlatformServer
from platform_extensions.sessions.manager import PlatformSessions
from platform_extensions.terminals.routes import SETTINGS as TERMINAL_SETTINGS
from platform_kernels.specs import PlatformKernelSpecs
from platform_server.acts.service import LEAST
from platform_server.contents.limits import ContentsLimits, Quota, Retention
from platform_server.environments.model import PackagePolicy
from platform_server.review.reproduction.model import CheckLimits
from platform_server.sandboxes.admission import Places
from platform_server.sandboxes.disk import DiskLimits
from platform_server.sandboxes.model import Limits
from platform_server.sandboxes.pool import PoolSize
from platform_server.settings import Settings, environment, settings_from
from platform_server.terminals.model import TerminalLimits

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_server.serverapp import ServerApp

    from platform_extensions.server import Installation
    from platform_server.paths import Home

MEBIBYTE = 2**20


class PlatformApp(LabApp):
    """The Python Execution Platform: JupyterLab for many people, each project in its sandbox."""

    name = "platform"
    description = __doc__
    serverapp_class = PlatformServer
    load_other_extensions = False
    compose: ClassVar[Callable[[Settings], Installation]]  # set by the composition root
    home: Home
    # What must not be changed, by no file and no option: Jupyter applies it last.
    serverapp_config: ClassVar[dict[str, Any]] = {  # type: ignore[misc]  # one for the class
        "allow_external_kernels": False,
        "allow_origin": "",
        "allow_origin_pat": "",
        "allow_unauthenticated_access": False,
        "authorizer_class": PlatformAuthorizer,
        "contents_manager_class": PlatformContents,
        "disable_check_xsrf": False,
        "identity_provider_class": PlatformIdentity,
        "kernel_manager_class": PlatformKernels,
        "kernel_spec_manager_class": PlatformKernelSpecs,
        "kernel_websocket_connection_class": PlatformConnection,
        "session_manager_class": PlatformSessions,
    }

    sign_up = Bool(
        True,
        help="Whether whoever reaches the server may make a learner's account. If not, accounts "
        "are made with `jupyter platform user add`.",
    ).tag(config=True)
    sandbox_image = Unicode(
        help="The sandboxes' container image. Empty: the one that `jupyter platform image build` "
        "makes.",
    ).tag(config=True)
    sandbox_runtime = Unicode(
        help="The container runtime of the sandboxes, by the name that the engine has for it, such "
        "as `runsc` for gVisor. Empty: the engine's default.",
    ).tag(config=True)
    require_patched_engine = Bool(
        False,
        help="Whether no sandbox is started while the container engine or its runtime has a known "
        "way out of a container. If not, the server says so in its log when it starts.",
    ).tag(config=True)
    sandbox_cpus = Float(
        1.0,
        min=0.05,
        help="How many processors' worth of time a sandbox may use.",
    ).tag(config=True)
    sandbox_memory_mb = Integer(
        512,
        min=64,
        help="How many megabytes of memory a sandbox may use. Code that takes more is killed, and "
        "its user is told why.",
    ).tag(config=True)
    sandbox_processes = Integer(
        256,
        min=16,
        help="How many processes and threads a sandbox may have.",
    ).tag(config=True)
    sandbox_tmp_mb = Integer(
        64,
        min=1,
        help="The size of a sandbox's /tmp in megabytes. What is in it counts as memory.",
    ).tag(config=True)
    sandbox_role_limits = Dict(
        help="What is otherwise for the sandboxes of projects whose owner has a role: "
        '`{"reviewer": {"cpus": 2, "memory_mb": 1024, "processes": 512}}`. What is not named is as '
        "for everybody. An admin can set limits for a single project, too.",
    ).tag(config=True)
    sandbox_disk_mb = Integer(
        64 * 1024,
        min=16,
        help="How many megabytes of the server's disk the files and the home of one project may "
        "take, caches and what is not kept included. A sandbox that goes on writing beyond it is "
        "stopped, and no file in it can be larger.",
    ).tag(config=True)
    sandbox_disk_files = Integer(
        1_000_000,
        min=1000,
        help="How many files and folders those may have.",
    ).tag(config=True)
    disk_reserve_mb = Integer(
        1024,
        min=0,
        help="How many megabytes of the server's disk are to be left. When there are fewer, the "
        "sandbox that writes most is stopped.",
    ).tag(config=True)
    max_sandboxes = Integer(
        100,
        min=1,
        help="How many sandboxes may run at once on this server.",
    ).tag(config=True)
    max_sandboxes_per_user = Integer(
        10,
        min=0,
        help="How many sandboxes of one user's own projects may run at once. 0 means no limit.",
    ).tag(config=True)
    max_starts_per_user = Integer(
        60,
        min=0,
        help="How many times in ten minutes sandboxes of one user's own projects may be started. "
        "0 means no limit.",
    ).tag(config=True)
    sandboxes_memory_mb = Integer(
        0,
        min=0,
        help="To how many megabytes the memory limits of all running sandboxes may add up; further "
        "starts wait. 0 means no limit: most sandboxes use far less than they may.",
    ).tag(config=True)
    free_memory_mb = Integer(
        512,
        min=0,
        help="How many megabytes of this machine's memory have to stay available. While there is "
        "less, starts wait and no sandbox is made ready. 0: that is not looked at.",
    ).tag(config=True)
    max_waiting_starts = Integer(
        200,
        min=0,
        help="How many starts of sandboxes may wait for a place; a further one is refused. 0 means "
        "no limit.",
    ).tag(config=True)
    start_patience_seconds = Float(
        120.0,
        min=0.0,
        help="For how many seconds a start waits for a place before it is refused. 0: for ever.",
    ).tag(config=True)
    sandbox_idle_hours = Float(
        2.0,
        min=0.0,
        help="A sandbox in which nothing ran and nobody typed for so many hours is stopped. What "
        "its code wrote is kept, and its people are warned five minutes before. 0 means never.",
    ).tag(config=True)
    sandbox_max_hours = Float(
        0.0,
        min=0.0,
        help="A sandbox is stopped when it has run for so many hours, whatever runs in it; its "
        "people are warned a quarter of an hour before. Files are kept, variables are not. 0 means "
        "never.",
    ).tag(config=True)
    warm_sandboxes = Integer(
        2,
        min=0,
        help="How many sandboxes wait, started, for a project that needs one. Each takes about "
        "40 MB. 0: none; then a first cell takes half a second longer.",
    ).tag(config=True)
    max_warm_sandboxes = Integer(
        50,
        min=0,
        help="How many may wait when many were needed at once within the last hour, or learners "
        "have opened their page since and have none yet, and the machine has memory for them.",
    ).tag(config=True)
    max_file_mb = Integer(
        5 * 1024,
        min=1,
        help="The largest file, in megabytes, that may be uploaded.",
    ).tag(config=True)
    project_mb = Integer(
        50 * 1024,
        min=1,
        help="How many megabytes the files of one project may have in all. What code writes beyond "
        "that stays in its sandbox only, and the project says so. Earlier states do not count.",
    ).tag(config=True)
    project_files = Integer(
        50_000,
        min=1,
        help="How many files one project may have.",
    ).tag(config=True)
    outbox_mb = Integer(
        10 * 1024,
        min=0,
        help="How many megabytes of saves may wait on this server while a remote object store does "
        "not answer. Beyond that saves are refused until it does. 0: none may wait.",
    ).tag(config=True)
    keep_everything_days = Float(
        30.0,
        min=0.0,
        help="For how many days every saved state of a file is kept; later the last one of each "
        "hour is. 0 means for ever. What a checkpoint marks is always kept.",
    ).tag(config=True)
    keep_hourly_days = Float(
        90.0,
        min=0.0,
        help="For how many days the last state of a file in each hour is kept; later the last one "
        "of each day is.",
    ).tag(config=True)
    keep_acts_days = Integer(
        3 * 365,
        min=0,
        help="For how many days the record of what admins did is kept: 30 at least. 0 means for "
        "ever.",
    ).tag(config=True)
    unused_hours = Float(
        24.0,
        min=1.0,
        help="For how many hours the bytes of a file have to be unused, by any state of a file and "
        "any submission, before they are removed. Up to twice as many pass.",
    ).tag(config=True)
    max_terminals_per_user = Integer(
        20,
        min=1,
        help="How many terminals one user may have open.",
    ).tag(config=True)
    terminal_idle_hours = Float(
        0.0,
        min=0.0,
        help="A terminal that nobody used for so many hours is closed. 0 means never.",
    ).tag(config=True)

    checks_at_once = Integer(
        1,
        min=0,
        help="How many submissions are run again at the same time, in sandboxes of their own, to "
        "see whether they reproduce; the others wait. 0 means that none are.",
    ).tag(config=True)
    check_patience_minutes = Float(
        60.0,
        min=0.0,
        help="How many minutes a submission that is to be run again waits while the machine has no "
        "room for it; then that ends, and says so. A reviewer can ask for it once more. 0 means "
        "without end.",
    ).tag(config=True)
    check_cell_seconds = Float(
        120.0,
        min=1.0,
        help="How many seconds a cell may take when a submission is run again.",
    ).tag(config=True)
    check_notebook_seconds = Float(
        600.0,
        min=1.0,
        help="How many seconds a whole notebook may take when a submission is run again.",
    ).tag(config=True)
    package_index = Unicode(
        help="The package index that pip and uv in the sandboxes install from, through this "
        "server: the address of its simple API. Empty: the one that pip on this server uses.",
    ).tag(config=True)
    package_allow = List(
        Unicode(),
        ["*"],
        help="Which packages may be installed: names, or patterns such as `scikit-*`.",
    ).tag(config=True)
    package_deny = List(
        Unicode(),
        help="Which packages may not be installed, even if `package_allow` has them.",
    ).tag(config=True)
    package_wheels_only = Bool(
        False,
        help="Whether only wheels may be installed, which run no code while they are.",
    ).tag(config=True)
    package_private_index = Unicode(
        help="A second index, for the packages that `package_private` names: the address of its "
        "simple API, with a name and password if it needs them.",
    ).tag(config=True)
    package_private = List(
        Unicode(),
        help="The names, or patterns such as `acme-*`, of packages that come from "
        "`package_private_index` and are never looked for anywhere else.",
    ).tag(config=True)
    package_cool_off_days = Float(
        0.0,
        min=0.0,
        help="For how many days after its upload a file of the public index counts as young: "
        "whoever installs it is told, as most malicious releases are found within days. 0: none "
        "counts as young.",
    ).tag(config=True)
    package_cool_off_denies = Bool(
        False,
        help="Whether young files are refused. Then those whose age the index does not say are, "
        "too.",
    ).tag(config=True)
    package_max_file_mb = Integer(
        2048,
        min=1,
        help="The largest file, in megabytes, that may be installed from.",
    ).tag(config=True)
    package_project_mb = Integer(
        0,
        min=0,
        help="How many megabytes the packages of one project may take in all. 0 means no limit but "
        "that of the disk.",
    ).tag(config=True)
    package_cache_mb = Integer(
        20 * 1024,
        min=0,
        help="How many megabytes of packages are kept on this server, for all projects.",
    ).tag(config=True)

    @validate("sandbox_role_limits")
    def _check_role_limits(self, proposal: Any) -> dict[str, Any]:
        try:
            role_limits_from(proposal["value"])
        except ValidationError as error:
            raise TraitError(f"PlatformApp.sandbox_role_limits: {error}") from error
        return dict(proposal["value"])

    @validate("keep_acts_days")
    def _check_keep_acts_days(self, proposal: Any) -> int:
        days = int(proposal["value"])
        if 0 < days < LEAST.days:
            raise TraitError(
                f"PlatformApp.keep_acts_days is {days}: give {LEAST.days} or more, or 0 for ever."
            )
        return days

    @default("open_browser")
    def _default_open_browser(self) -> bool:
        return False

    def platform_settings(self) -> Settings:
        """Return what is configured as plain values: the environment's, and the traits'."""
        return replace(
            settings_from(environment()),
            image=self.sandbox_image,
            runtime=self.sandbox_runtime,
            disk=DiskLimits(
                bytes=self.sandbox_disk_mb * MEBIBYTE,
                files=self.sandbox_disk_files,
                reserve=self.disk_reserve_mb * MEBIBYTE,
            ),
            patched_engine=self.require_patched_engine,
            places=Places(
                most=self.max_sandboxes,
                per_user=self.max_sandboxes_per_user,
                memory_bytes=self.sandboxes_memory_mb * MEBIBYTE,
                free_bytes=self.free_memory_mb * MEBIBYTE,
                queue=self.max_waiting_starts,
                patience=self.start_patience_seconds,
            ),
            starts=self.max_starts_per_user,
            idle=_hours(self.sandbox_idle_hours),
            most_age=_hours(self.sandbox_max_hours),
            warm=PoolSize(least=self.warm_sandboxes, most=self.max_warm_sandboxes),
            sandbox=Limits(
                cpus=self.sandbox_cpus,
                memory_bytes=self.sandbox_memory_mb * MEBIBYTE,
                pids=self.sandbox_processes,
                tmp_bytes=self.sandbox_tmp_mb * MEBIBYTE,
            ),
            role_limits=role_limits_from(self.sandbox_role_limits),
            contents=self._contents_limits(),
            terminals=TerminalLimits(
                per_user=self.max_terminals_per_user, idle=_hours(self.terminal_idle_hours)
            ),
            checks=CheckLimits(
                at_once=self.checks_at_once,
                patience=60 * self.check_patience_minutes,
                cell_seconds=self.check_cell_seconds,
                notebook_seconds=self.check_notebook_seconds,
            ),
            packages=self._package_policy(),
            package_index=self.package_index,
            private_index=self.package_private_index,
            package_cache_bytes=self.package_cache_mb * MEBIBYTE,
            keep_acts=timedelta(days=self.keep_acts_days) if self.keep_acts_days else None,
            sign_up=self.sign_up,
            outbox_bytes=self.outbox_mb * MEBIBYTE,
        )

    def _contents_limits(self) -> ContentsLimits:
        days = self.keep_everything_days
        return ContentsLimits(
            file=self.max_file_mb * MEBIBYTE,
            quota=Quota(bytes=self.project_mb * MEBIBYTE, files=self.project_files),
            retention=Retention(
                everything=timedelta(days=days) if days else None,
                hourly=timedelta(days=self.keep_hourly_days),
            ),
            grace=timedelta(hours=self.unused_hours),
        )

    def _package_policy(self) -> PackagePolicy:
        days = self.package_cool_off_days
        return PackagePolicy(
            allow=tuple(self.package_allow),
            deny=tuple(self.package_deny),
            private=tuple(self.package_private),
            wheels_only=self.package_wheels_only,
            max_file_bytes=self.package_max_file_mb * MEBIBYTE,
            max_project_bytes=self.package_project_mb * MEBIBYTE or None,
            cool_off=timedelta(days=days) if days else None,
            cool_off_denies=self.package_cool_off_denies,
        )

    @classmethod
    def get_extension_package(cls) -> str:
        """Return the package by which Jupyter Server finds this application."""
        return "platform_server"

    def _link_jupyter_server_extension(self, serverapp: ServerApp) -> None:
        """Make the services as soon as everything that configures them was read."""
        super()._link_jupyter_server_extension(serverapp)
        assert isinstance(serverapp, PlatformServer)
        self.home = self.platform_settings().home
        serverapp.adopt(type(self).compose(self.platform_settings()), ROUTES)

    def initialize_templates(self) -> None:
        """Leave out Jupyter's static files and templates: we have our own."""
        self.static_paths = []
        self.template_paths = []

    def initialize_settings(self) -> None:
        """Prepare the page and what it loads."""
        assert isinstance(self.serverapp, PlatformServer)
        lab = Lab(
            find_sources(self.extra_labextensions_path),
            base_url=self.serverapp.base_url,
            cache=self.home.cache / "assets",
            expose_app=self.expose_app_in_browser,
        )
        self.settings.update(TERMINAL_SETTINGS, platform_lab=lab)
        self.serverapp.parts.append(lab)

    def initialize_handlers(self) -> None:
        """Add the route table; none of JupyterLab's own handlers."""
        self.handlers.extend((one.pattern, one.handler, dict(one.kwargs)) for one in ROUTES)


def _hours(number: float) -> timedelta | None:
    """Return a span of time, None for 0, which means that there is no limit."""
    return timedelta(hours=number) if number else None
