"""How much a project may have installed in all."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from platform_server.environments.records import RecordRepository
    from platform_server.projects.model import ProjectId


class Allowance:
    """Counts what is installed, as was last recorded, and what was taken since."""

    def __init__(self, records: RecordRepository, most: int | None) -> None:
        self._records = records
        self._most = most  # bytes; None: no limit
        self._installed: dict[ProjectId, int] = {}
        self._taken: dict[ProjectId, dict[str, int]] = {}

    def note_installed(self, project_id: ProjectId, size: int) -> None:
        """Take it that so many bytes are installed, all that was taken before among them."""
        self._installed[project_id] = size
        self._taken.pop(project_id, None)

    async def refusal(self, project_id: ProjectId, digest: str, size: int) -> str | None:
        """Return why a file of that size is too much, None if it is not: then it counts."""
        if self._most is None:
            return None
        if project_id not in self._installed:
            record = await self._records.get(project_id)
            packages = record.packages if record is not None else ()
            self._installed[project_id] = sum(one.size for one in packages)
        taken = self._taken.setdefault(project_id, {})
        others = sum(one for name, one in taken.items() if name != digest)
        if self._installed[project_id] + others + size > self._most:
            return (
                f"The packages of a project may take {self._most // 2**20} MB in all, and this "
                "would be more: uninstall something first."
            )
        taken[digest] = size
        return None

    def forget(self, project_id: ProjectId) -> None:
        """Forget a project."""
        self._installed.pop(project_id, None)
        self._taken.pop(project_id, None)
