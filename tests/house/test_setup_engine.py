"""``scripts/setup-engine`` where an engine runs, is installed, is missing, or does not start."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from subprocess import CompletedProcess

    from tests.house.conftest import Machine

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


class Engines:
    """Installs stand-ins for dockerd on the machine, and runs the script there."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def install(self, *, fails_if: str = "False") -> None:
        notes = str(self.machine.folder / "notes")
        self.machine.install("dockerd", DOCKERD.format(notes=notes, condition=fails_if))

    def set_up(self) -> CompletedProcess[str]:
        folder = self.machine.folder
        return self.machine.run(
            "setup-engine", DOCKER_HOST=f"unix://{folder}/docker.sock", DOCKERD_LOG=f"{folder}/log"
        )


@pytest.fixture
def engines(machine: Machine) -> Iterator[Engines]:
    yield Engines(machine)
    for note in machine.notes:
        try:
            os.kill(int(note.split()[0]), signal.SIGTERM)
        except ProcessLookupError:
            continue


def test_an_installed_engine_is_started_and_the_second_time_found(engines: Engines) -> None:
    engines.install()

    assert engines.set_up().returncode == 0
    assert engines.set_up().returncode == 0

    [start] = engines.machine.notes
    assert "--live-restore" in start


def test_an_engine_that_may_not_make_a_bridge_is_started_without_one(engines: Engines) -> None:
    engines.install(fails_if='"--bridge=none" not in sys.argv')

    assert engines.set_up().returncode == 0
    assert ["--bridge=none" in note for note in engines.machine.notes] == [False, True]


def test_an_engine_that_does_not_start_says_why(engines: Engines) -> None:
    engines.install(fails_if="True")

    result = engines.set_up()

    assert result.returncode == 1
    assert "failed to set up the bridge" in result.stderr


def test_a_missing_engine_is_installed_and_started(engines: Engines) -> None:
    engines.install()
    dockerd = engines.machine.folder / "bin/dockerd"
    dockerd.rename(engines.machine.folder / "dockerd")
    engines.machine.has_debian(f"ln {engines.machine.folder}/dockerd {dockerd}")

    result = engines.set_up()

    assert result.returncode == 0, result.stderr
    assert engines.machine.asked == [
        "install -y -qq --no-install-recommends docker.io",
    ]
    assert len(engines.machine.notes) == 1


def test_somebody_who_is_not_root_is_told_how_to_start_the_engine(engines: Engines) -> None:
    engines.install()
    engines.machine.run_as(1000)

    result = engines.set_up()

    assert result.returncode == 1
    assert "sudo systemctl start docker" in result.stderr
    assert engines.machine.notes == []


def test_somebody_who_is_not_root_is_told_how_to_install_the_engine(engines: Engines) -> None:
    engines.machine.has_debian()
    engines.machine.run_as(1000)

    result = engines.set_up()

    assert result.returncode == 1
    assert "sudo apt-get install -y docker.io" in result.stderr
    assert engines.machine.asked == []
