"""``/api/projects/{id}/packages``: what a project has installed, and changes to it."""

from __future__ import annotations

import json
from contextlib import aclosing
from datetime import datetime
from typing import TYPE_CHECKING, cast

from tornado import web
from tornado.iostream import StreamClosedError

from platform_extensions.base import PlatformHandler
from platform_extensions.packages.models import (
    OrderRequest,
    TakesModel,
    installation_model,
    packages_model,
    take_model,
    word_model,
)
from platform_server.environments.model import normalised
from platform_server.environments.requirements import requirements_file
from platform_server.environments.takes import Outcome, TakeQuery
from platform_server.errors import InvalidInput
from platform_server.projects.model import Access, ProjectId

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from platform_server.environments.installations import Installation
    from platform_server.environments.progress import Word
    from platform_server.environments.takes import Take

_LINES = "application/x-ndjson"
_MOST = 1000  # lines of the audit at once


class PackagesHandler(PlatformHandler):
    """What the resource's handlers share."""

    async def project(self, project_id: str, needs: Access = Access.VIEWER) -> ProjectId:
        """Return the id of a project that the principal may see; raises ProjectNotFound."""
        view = await self.services.projects.get(self.principal, ProjectId(project_id), needs)
        return view.project.id

    async def answer(self, installation: Installation, *, status: int = 200) -> None:
        """Answer how it goes: now, or line by line to its end if that is what is accepted."""
        if _LINES not in self.request.headers.get("Accept", ""):
            self.reply(installation_model(installation), status=status)
            return
        self.set_header("Content-Type", _LINES)
        self.set_header("X-Accel-Buffering", "no")  # proxies pass each line on at once
        words = cast("AsyncGenerator[Word, None]", installation.telling.follow())
        try:
            async with aclosing(words):
                async for word in words:
                    self.write(json.dumps(word_model(word)) + "\n")
                    await self.flush()
        except StreamClosedError:
            return  # the installation goes on without a listener
        self.finish()


class InstalledHandler(PackagesHandler):
    """All packages of a project."""

    @web.authenticated
    async def get(self, project_id: str) -> None:
        """List what is installed, and what may be."""
        found, environments = await self.project(project_id), self.services.environments
        view = await environments.recorder.look(found)
        latest = environments.installations.latest(found)
        self.reply(packages_model(view, self.services.packages.policy, latest))

    @web.authenticated
    async def post(self, project_id: str) -> None:
        """Install, upgrade, remove, or install again what was lost."""
        order = self.body(OrderRequest).order
        found = await self.project(project_id, Access.EDITOR)
        installation = self.services.environments.installations.begin(found, order)
        await self.answer(installation, status=202)


class InstallationHandler(PackagesHandler):
    """The installation that runs, or the last one."""

    @web.authenticated
    async def get(self, project_id: str) -> None:
        """Tell how it goes; null if there was none since the server was started."""
        found = await self.project(project_id)
        latest = self.services.environments.installations.latest(found)
        if latest is None:
            self.reply(None)
        else:
            await self.answer(latest)

    @web.authenticated
    async def delete(self, project_id: str) -> None:
        """Cancel it."""
        found = await self.project(project_id, Access.EDITOR)
        await self.services.environments.installations.cancel(found)
        self.set_status(204)
        self.finish()


class RequirementsHandler(PackagesHandler):
    """The packages as a file."""

    @web.authenticated
    async def get(self, project_id: str) -> None:
        """Send a requirements file with versions and hashes."""
        found = await self.project(project_id)
        packages = await self.services.environments.recorder.record_of(found)
        self.set_header("Content-Disposition", 'attachment; filename="requirements.txt"')
        self.set_header("X-Content-Type-Options", "nosniff")
        text = requirements_file(packages)
        self.finish(text, set_content_type="text/plain; charset=utf-8")


class AuditHandler(PlatformHandler):
    """Who took which file, and who was refused what."""

    @web.authenticated
    async def get(self) -> None:
        """List it, the newest first; ``?before=`` a line's "at" and id continues after it."""
        project, package = self.get_query_argument("project", ""), self._package()
        query = TakeQuery(
            project_id=ProjectId(project) if project else None,
            package=package,
            outcome=self._outcome(),
            before=self._before(),
            limit=self._limit(),
        )
        takes = await self.services.environments.takes.find(query)
        self.reply(TakesModel(takes=[take_model(one) for one in takes], next=_next(takes, query)))

    def _package(self) -> str | None:
        package = self.get_query_argument("package", "")
        return normalised(package) if package else None

    def _outcome(self) -> Outcome | None:
        outcome = self.get_query_argument("outcome", "")
        try:
            return Outcome(outcome) if outcome else None
        except ValueError as error:
            raise InvalidInput('"outcome" is "taken" or "refused".') from error

    def _before(self) -> tuple[datetime, str] | None:
        moment, _, last = self.get_query_argument("before", "").partition("~")
        if not moment:
            return None
        try:
            at = datetime.fromisoformat(moment)
        except ValueError as error:
            raise InvalidInput('"before" is the "next" of an earlier answer.') from error
        if at.tzinfo is None:
            raise InvalidInput('"before" is the "next" of an earlier answer.')
        return at, last

    def _limit(self) -> int:
        try:
            return max(1, min(int(self.get_query_argument("limit", "100")), _MOST))
        except ValueError as error:
            raise InvalidInput('"limit" is a number.') from error


def _next(takes: list[Take], query: TakeQuery) -> str | None:
    """Return what continues after these lines, None if there are no more."""
    if len(takes) < query.limit:
        return None
    return f"{takes[-1].at.isoformat()}~{takes[-1].id}"
