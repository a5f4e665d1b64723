"""What the tests of the house share.

* ``root``: the checkout
* ``tracked``: its text files, as git knows them, by their path
* ``machine``: a machine for the set-up scripts, with a PATH of its own
"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

TOOLS = ("bash", "dirname", "env", "grep", "ln", "setsid", "sleep", "tail", "touch", "uname")


@pytest.fixture(scope="session")
def root() -> Path:
    return Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def tracked(root: Path) -> dict[str, str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=root, check=True, capture_output=True, text=True
    )
    texts = {}
    for name in listed.stdout.split("\0"):
        path = root / name
        if name and path.is_file():
            data = path.read_bytes()
            if b"\0" not in data:
                texts[name] = data.decode()
    return texts


@dataclass(frozen=True, kw_only=True)
class Machine:
    """A machine as a script sees it: a few tools, and stand-ins for what would change this one."""

    folder: Path
    root: Path

    @property
    def notes(self) -> list[str]:
        """What the stand-ins noted, a line each."""
        return _lines(self.folder / "notes")

    @property
    def asked(self) -> list[str]:
        """What apt-get was asked for, a line each."""
        return _lines(self.folder / "asked")

    def install(self, name: str, text: str) -> None:
        path = self.folder / "bin" / name
        path.unlink(missing_ok=True)
        path.write_text(text)
        path.chmod(0o755)

    def run_as(self, uid: int) -> None:
        self.install("id", f'#!/bin/sh\n[ "$1" = -un ] && echo ada || echo {uid}\n')

    def has_debian(self, installing: str = "true") -> None:
        """Give it an apt-get that notes what it is asked and then does something."""
        self.install("grep", "#!/bin/sh\nexit 0\n")  # /etc/os-release says that it is Debian
        self.install("apt-get", f'#!/bin/sh\necho "$*" >>{self.folder}/asked\n{installing}\n')

    def run(self, script: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.root / "scripts" / script],
            env={"PATH": str(self.folder / "bin"), **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture
def machine(tmp_path: Path, root: Path) -> Machine:
    (tmp_path / "bin").mkdir()
    for name in TOOLS:
        (tmp_path / "bin" / name).symlink_to(shutil.which(name) or name)
    machine = Machine(folder=tmp_path, root=root)
    machine.run_as(0)
    return machine


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []
