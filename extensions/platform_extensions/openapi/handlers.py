"""``/api/openapi.json``."""

from __future__ import annotations

import asyncio
import json
from functools import cache
from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated

from platform_extensions.base import PlatformHandler


@cache
def description() -> bytes:
    """Return the document: the same as long as the server runs."""
    # It describes the route table, of which this handler is a part.
    from platform_extensions.openapi.document import document

    return json.dumps(document()).encode()


class OpenApiHandler(PlatformHandler):
    """All of this, as an OpenAPI document."""

    @allow_unauthenticated
    async def get(self) -> None:
        """Answer the description of all routes but those of JupyterLab's own pages."""
        self.reply_made(dict[str, Any], await asyncio.to_thread(description))
