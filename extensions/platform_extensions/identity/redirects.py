"""Where to go after signing in: a page of this server, whatever the address asks for."""

from __future__ import annotations

import re

# One slash, then printable ASCII without spaces: browsers drop tabs and line ends from an address,
# and read a backslash as a slash, so that any of these can make it another server's.
_PATH = re.compile(r"/(?!/)[!-\[\]-~]*")


def safe_next(wanted: str, *, base_url: str) -> str:
    """Return the wanted path if it is one of this server, else JupyterLab's."""
    is_ours = _PATH.fullmatch(wanted) and wanted.startswith(base_url)
    return wanted if is_ours and wanted != base_url else f"{base_url}lab"
