"""Where the platform keeps its state, and where its own data files are."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

_CHECKOUT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Home:
    """The folder PLATFORM_HOME and its parts; ``create`` makes them, private to the server."""

    root: Path

    @property
    def database(self) -> Path:
        """The embedded database's file."""
        return self.root / "platform.sqlite"

    @property
    def blobs(self) -> Path:
        """The embedded object store."""
        return self.root / "blobs"

    @property
    def outbox(self) -> Path:
        """What waits for a remote object store that is away."""
        return self.root / "outbox"

    @property
    def volumes(self) -> Path:
        """One folder per project: its workspace and its sandbox's home."""
        return self.root / "volumes"

    @property
    def run(self) -> Path:
        """Sockets; emptied when the machine starts anew."""
        return self.root / "run"

    @property
    def lock(self) -> Path:
        """What the one server that serves this home holds locked."""
        return self.root / "server.lock"

    @property
    def cache(self) -> Path:
        """What can be made again."""
        return self.root / "cache"

    @property
    def jupyter(self) -> Path:
        """What Jupyter Server itself insists on keeping in a folder."""
        return self.root / "jupyter"

    def create(self) -> None:
        """Make the folders that are missing, with mode 0700."""
        for folder in (self.root, self.blobs, self.outbox, self.volumes, self.run, self.jupyter):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def resource(name: str) -> Path:
    """Return the folder of data files called ``name`` ("docker", "kernelspecs", "agent", ...).

    In a checkout it stands in the source tree, in an installation under ``share``.
    """
    for base in (_CHECKOUT, _CHECKOUT / "kernels"):
        if (base / name).is_dir():
            return base / name
    return Path(sys.prefix) / "share" / "platform-server" / name
