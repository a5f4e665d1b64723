"""What several people edit as a whole, over HTTP: ``If-Match`` keeps them from undoing others'."""

from __future__ import annotations

from platform_extensions.base import PlatformHandler
from platform_extensions.files.conditions import conditions_of


class VersionedHandler(PlatformHandler):
    """Base of what answers with a ``version`` of what can be changed.

    It is no ETag of the whole answer, which also has what is changed elsewhere, such as names.
    """

    @property
    def expected(self) -> str | None:
        """The version that a change was made of, by its If-Match; None: whichever it is."""
        return conditions_of(self.request.headers).expected
