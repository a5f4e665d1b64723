"""Languages: English, for everybody.

Jupyter's own handler switches one translator for the whole process, so that one user would choose
the language of all.
"""

from __future__ import annotations

from tornado import web

from platform_extensions.base import PlatformHandler


class LanguagesHandler(PlatformHandler):
    """The languages there are."""

    @web.authenticated
    async def get(self) -> None:
        """List them."""
        english = {"displayName": "English", "nativeName": "English"}
        self.reply({"data": {"en": english}, "message": ""})


class LanguageHandler(PlatformHandler):
    """The words of one language."""

    @web.authenticated
    async def get(self) -> None:
        """Answer that nothing needs to be translated."""
        self.reply({"data": {}, "message": ""})
