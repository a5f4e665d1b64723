"""Writes down the routes of the live server, after somebody looked at what changed."""

import difflib
import os
import sys
import tempfile
from pathlib import Path

from platform_extensions import snapshot
from platform_server.app import application

FILE = snapshot.FILE


def live_routes() -> list[str]:
    """Return the routes: compared with nothing, the server says them all and does not start."""
    snapshot.FILE = Path(os.devnull)
    with tempfile.TemporaryDirectory() as home:
        os.environ["PLATFORM_HOME"] = home
        try:
            application().initialize_server()  # type: ignore[no-untyped-call]  # Jupyter
        except snapshot.RoutesChanged as change:
            return change.live
    return []


def main() -> None:
    """Print the difference and write the new list."""
    live = live_routes()
    known = FILE.read_text().splitlines() if FILE.exists() else []
    sys.stdout.writelines(f"{line}\n" for line in difflib.ndiff(known, live) if line[0] in "+-")
    FILE.write_text("\n".join(live) + "\n")


if __name__ == "__main__":
    main()
