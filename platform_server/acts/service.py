"""The record of what admins do: added to, read, looked through for changes, and forgotten late."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from platform_server import clock, seals
from platform_server.acts.model import ActQuery, said_of
from platform_server.errors import RecordDamaged

if TYPE_CHECKING:
    from datetime import datetime

    from platform_server.acts.model import Act, KeptAct

LEAST = timedelta(days=30)  # that an act is kept: the database removes none that is younger
_APART = timedelta(hours=1)  # that the clock of the database may be behind ours
FORGETTING = 6 * 3600.0  # seconds between two looks for what is too old
_AT_ONCE = 500  # acts


class ActRepository(Protocol):
    """Keeps acts for ever, or for long: there is no way to change one.

    What changes something else keeps its act in the same transaction, without this.
    """

    async def add(self, act: Act) -> None:
        """Keep an act whose deed is in no database."""

    async def find(self, query: ActQuery) -> list[KeptAct]:
        """Return acts, the newest first. Raises RecordDamaged for one that cannot be read."""

    async def forget(self, before: datetime) -> int:
        """Remove the first acts, up to one that is not of before that time; return how many.

        The last of all stays. So do older ones behind a younger one: none is missing between.
        """


class ActService:
    """What is known of the acts of admins. Whether the caller may know is decided before."""

    def __init__(
        self,
        repository: ActRepository,
        kept_for: timedelta | None = None,
        *,
        now: clock.Clock = clock.utc_now,
    ) -> None:
        self._repository = repository
        self._kept_for = kept_for
        self.now = now

    async def add(self, act: Act) -> None:
        """Keep an act of which no database knows otherwise; before it is done."""
        await self._repository.add(act)

    async def find(self, query: ActQuery) -> list[KeptAct]:
        """Return acts, the newest first. Raises RecordDamaged for one that cannot be read."""
        return await self._repository.find(query)

    async def forget(self) -> int:
        """Remove what is older than acts are kept; return how many."""
        if self._kept_for is None:
            return 0
        kept_for = max(self._kept_for, LEAST + _APART)
        return await self._repository.forget(self.now() - kept_for)

    async def changed(self) -> int | None:
        """Return the number of an act that was changed, or that follows a missing one.

        None: all are as they were written. Acts that are too old may be missing.
        """
        try:
            return await self._first_changed()
        except RecordDamaged as error:
            return error.number

    async def _first_changed(self) -> int | None:
        query, newer = ActQuery(limit=_AT_ONCE), None
        while found := await self._repository.find(query):
            for one in found:
                if one.seal != seals.seal(said_of(one.number, one.act), one.previous):
                    return one.number
                if newer is not None and (newer.number - 1, newer.previous) != (
                    one.number,
                    one.seal,
                ):
                    return newer.number
                newer = one
            query = replace(query, before=found[-1].number)
        return None
