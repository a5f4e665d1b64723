"""The Python Execution Platform: sandboxes, projects, files and reviews, without HTTP."""

from __future__ import annotations

import sys
from typing import Any

__version__ = "0.1.0"

# A grammar of internationalised addresses that jsonschema would compile, for seconds of each start:
# None says that the module is not installed.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """Tell Jupyter Server which application this package brings."""
    from platform_server.app import application

    return [{"module": "platform_server.app", "app": application()}]
