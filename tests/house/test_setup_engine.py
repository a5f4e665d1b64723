"""``scripts/setup-engine`` with stand-ins for dockerd and for who runs it, in a PATH of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOOLS = ("bash", "dirname", "grep", "setsid", "sleep", "tail", "uname")

# Answers on the socket named by --host as an engine does, and notes how it was called.
DOCKERD = f"""#!{sys.executable}
import http.server, os, pathlib, socketserver, sys

def note(word):
    with open({{notes!r}}, "a") as file:
        file.write(word + chr(10))

note(str(os.getpid()) + " " + " ".join(sys.argv[1:]))
if {{condition}}:
    sys.exit("failed to set up the bridge")

class Engine(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b"OK" if self.path.endswith("/_ping") else b'{{{{"ApiVersion": "1.41"}}}}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def address_string(self):
        return "unix"

address = sys.argv[sys.argv.index("--host") + 1].removeprefix("unix://")
socketserver.UnixStreamServer(address, Engine).serve_forever()
"""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """A machine as the script sees it."""

    folder: Path
    root: Path

    @property
    def notes(self) -> list[str]:
        path = self.folder / "notes"
        return path.read_text().splitlines() if path.exists() else []

    def install(self, name: str, text: str) -> None:
        path = self.folder / "bin" / name
        path.write_text(text)
        path.chmod(0o755)

    def install_dockerd(self, *, fails_if: str = "False") -> None:
        notes = str(self.folder / "notes")
        self.install("dockerd", DOCKERD.format(notes=notes, condition=fails_if))

    def run_as(self, uid: int) -> None:
        self.install("id", f'#!/bin/sh\n[ "$1" = -un ] && echo ada || echo {uid}\n')

    def set_up_engine(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.root / "scripts" / "setup-engine"],
            env={
                "PATH": str(self.folder / "bin"),
                "DOCKER_HOST": f"unix://{self.folder}/docker.sock",
                "DOCKERD_LOG": str(self.folder / "log"),
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture
def machine(tmp_path: Path, root: Path) -> Iterator[Machine]:
    (tmp_path / "bin").mkdir()
    for name in TOOLS:
        (tmp_path / "bin" / name).symlink_to(shutil.which(name) or name)
    machine = Machine(folder=tmp_path, root=root)
    machine.install("env", f'#!/bin/sh\nexec {shutil.which("env")} "$@"\n')
    machine.run_as(0)
    yield machine
    for note in machine.notes:
        try:
            os.kill(int(note.split()[0]), signal.SIGTERM)
        except ProcessLookupError:
            continue


def test_an_installed_engine_is_started_and_the_second_time_found(machine: Machine) -> None:
    machine.install_dockerd()

    assert machine.set_up_engine().returncode == 0
    assert machine.set_up_engine().returncode == 0

    assert len(machine.notes) == 1
    assert "--live-restore" in machine.notes[0]


def test_an_engine_that_may_not_make_a_bridge_is_started_without_one(machine: Machine) -> None:
    machine.install_dockerd(fails_if='"--bridge=none" not in sys.argv')

    assert machine.set_up_engine().returncode == 0
    assert ["--bridge=none" in note for note in machine.notes] == [False, True]


def test_an_engine_that_does_not_start_says_why(machine: Machine) -> None:
    machine.install_dockerd(fails_if="True")

    result = machine.set_up_engine()

    assert result.returncode == 1
    assert "failed to set up the bridge" in result.stderr


def test_somebody_who_is_not_root_is_told_how_to_start_the_engine(machine: Machine) -> None:
    machine.install_dockerd()
    machine.run_as(1000)

    result = machine.set_up_engine()

    assert result.returncode == 1
    assert "sudo systemctl start docker" in result.stderr
    assert machine.notes == []


def test_somebody_who_is_not_root_is_told_how_to_install_the_engine(machine: Machine) -> None:
    machine.install("apt-get", "#!/bin/sh\nexit 1\n")
    machine.install("grep", "#!/bin/sh\nexit 0\n")  # the system says that it is Debian
    machine.run_as(1000)

    result = machine.set_up_engine()

    assert result.returncode == 1
    assert "sudo apt-get install -y docker.io" in result.stderr
