"""``/api/admin/acts``: what admins did, for admins."""

from __future__ import annotations

from tornado import web

from platform_extensions.acts.models import acts_model
from platform_extensions.base import PlatformHandler
from platform_server.acts.model import ActQuery, Kind
from platform_server.errors import InvalidInput

_AT_ONCE, _MOST = 100, 500  # acts
_HIGHEST = 2**31 - 1  # number of an act
_KINDS = ", ".join(kind.value for kind in Kind)


class ActsHandler(PlatformHandler):
    """The record of what admins did: nobody changes it, and only admins read it."""

    @web.authenticated
    async def get(self) -> None:
        """List it, the newest first; ``?before=`` a number continues.

        ``?actor=`` an account's id or address, ``?act=`` a name or its beginning up to a dot,
        ``?kind=`` and ``?target=`` a kind and an id of what it was done to.
        """
        query = ActQuery(
            actor=self.get_query_argument("actor", "") or None,
            name=self.get_query_argument("act", "") or None,
            kind=self._kind(),
            target=self.get_query_argument("target", "") or None,
            before=_number("before", self.get_query_argument("before", ""), _HIGHEST),
            limit=_number("limit", self.get_query_argument("limit", ""), _MOST) or _AT_ONCE,
        )
        self.reply(acts_model(await self.services.acts.find(query), query.limit))

    def _kind(self) -> Kind | None:
        kind = self.get_query_argument("kind", "")
        try:
            return Kind(kind) if kind else None
        except ValueError as error:
            raise InvalidInput(f'"kind" is one of {_KINDS}.') from error


def _number(name: str, said: str, most: int) -> int | None:
    if not said:
        return None
    try:
        return max(1, min(int(said), most))
    except ValueError as error:
        raise InvalidInput(f'"{name}" is a number.') from error
