"""The in-memory twin of the record of what admins do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from platform_server.acts.model import KeptAct, said_of
from platform_server.seals import seal

if TYPE_CHECKING:
    from datetime import datetime

    from platform_server.acts.model import Act, ActQuery


class MemoryActs:
    """Keeps acts in a list."""

    def __init__(self) -> None:
        self.kept: list[KeptAct] = []

    def keep(self, act: Act | None) -> None:
        """Add an act, if there is one."""
        if act is None:
            return
        number, previous = (self.kept[-1].number + 1, self.kept[-1].seal) if self.kept else (1, "")
        sealed = seal(said_of(number, act), previous)
        self.kept.append(KeptAct(number=number, act=act, previous=previous, seal=sealed))

    async def add(self, act: Act) -> None:
        """Keep an act."""
        self.keep(act)

    async def find(self, query: ActQuery) -> list[KeptAct]:
        """Return acts, the newest first."""
        return [one for one in reversed(self.kept) if _is_wanted(one, query)][: query.limit]

    async def forget(self, before: datetime) -> int:
        """Remove old acts."""
        young = (index for index, one in enumerate(self.kept) if one.act.at >= before)
        forgotten = next(young, max(len(self.kept) - 1, 0))
        del self.kept[:forgotten]
        return forgotten


def _is_wanted(one: KeptAct, query: ActQuery) -> bool:
    act = one.act
    return (
        query.actor in {None, act.actor.id, act.actor.name}
        and (query.name is None or f"{act.name.value}.".startswith(f"{query.name}."))
        and query.kind in {None, act.target.kind}
        and query.target in {None, act.target.id}
        and (query.before is None or one.number < query.before)
    )
