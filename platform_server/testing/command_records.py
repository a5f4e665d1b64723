"""Command lines in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from platform_server.identity.model import UserId
    from platform_server.projects.model import ProjectId
    from platform_server.terminals.commands import Command, CommandId


class MemoryCommandRepository:
    """Keeps command lines in a list."""

    def __init__(self) -> None:
        self._commands: list[Command] = []

    async def add(self, command: Command, *, keep: int) -> None:
        """Store one, and forget the oldest beyond ``keep``."""
        if any(one.source == command.source for one in self._commands):
            return
        self._commands.append(command)
        for old in self._of(command.project_id, command.user_id)[keep:]:
            self._commands.remove(old)

    async def search(
        self,
        project_id: ProjectId,
        user_id: UserId,
        *,
        words: Sequence[str],
        limit: int,
        before: CommandId | None,
    ) -> Sequence[Command]:
        """Return those with all the words in them, the latest first."""
        found = self._of(project_id, user_id)
        if before is not None:
            places = [place for place, one in enumerate(found, 1) if one.id == before]
            found = found[places[0] :] if places else []
        return [one for one in found if all(word.lower() in one.text.lower() for word in words)][
            :limit
        ]

    async def remove(
        self, project_id: ProjectId, user_id: UserId, command_id: CommandId | None
    ) -> bool:
        """Forget one, or all."""
        gone = [one for one in self._of(project_id, user_id) if command_id in {None, one.id}]
        self._commands = [one for one in self._commands if one not in gone]
        return bool(gone)

    def _of(self, project_id: ProjectId, user_id: UserId) -> list[Command]:
        found = [
            one for one in self._commands if one.project_id == project_id and one.user_id == user_id
        ]
        return sorted(found, key=lambda one: (one.began_at, one.id), reverse=True)
