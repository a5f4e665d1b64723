"""The services of one installation, as the HTTP edge receives them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from platform_server.acts.service import ActService
    from platform_server.contents.keeping import Keeping
    from platform_server.contents.service import ContentsService
    from platform_server.environments.parts import Environments
    from platform_server.environments.service import PackageService
    from platform_server.identity.preferences import PreferenceService
    from platform_server.identity.service import IdentityService
    from platform_server.kernel_sessions.repository import KernelSessionRepository
    from platform_server.operations.figures import Figures
    from platform_server.projects.service import ProjectService
    from platform_server.review.reviews import Reviews
    from platform_server.sandboxes.expiry import AgeStopper
    from platform_server.sandboxes.idle import IdleStopper
    from platform_server.sandboxes.limits import LimitsService
    from platform_server.sandboxes.service import SandboxService
    from platform_server.sandboxes.watch import SandboxWatch
    from platform_server.terminals.commands import CommandHistory
    from platform_server.terminals.service import TerminalService


@dataclass(frozen=True, kw_only=True)
class Services:
    """Everything a handler may call. Made by ``platform_server.app``, and by nobody else."""

    identity: IdentityService
    acts: ActService
    preferences: PreferenceService
    projects: ProjectService
    contents: ContentsService
    keeping: Keeping
    sandboxes: SandboxService
    limits: LimitsService
    idle: IdleStopper
    ages: AgeStopper
    watch: SandboxWatch
    terminals: TerminalService
    commands: CommandHistory
    packages: PackageService
    environments: Environments
    kernel_sessions: KernelSessionRepository
    reviews: Reviews
    figures: Figures
