"""What an installation gets, as seen in the wheel and after installing it."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from configparser import ConfigParser
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

DATA = "platform_server-0.1.0.data/data/share"


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=root,
        check=True,
        capture_output=True,
    )
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    return set(zipfile.ZipFile(wheel).namelist())


@pytest.mark.parametrize(
    "name",
    [
        "platform_server/py.typed",
        "platform_server/app.py",
        "platform_kernels/provisioner.py",
        "platform_extensions/route_table.py",
        f"{DATA}/platform-server/kernelspecs/python3/kernel.json",
        f"{DATA}/platform-server/agent/__main__.py",
        f"{DATA}/platform-server/docker/sandbox/Dockerfile",
        f"{DATA}/jupyter/labextensions/platform-labextension/package.json",
    ],
)
def test_the_wheel_holds(name: str, names: set[str]) -> None:
    assert name in names


def test_the_wheel_puts_nothing_else_beside_its_three_packages(names: set[str]) -> None:
    assert {name.split("/")[0] for name in names} == {
        "platform_server",
        "platform_kernels",
        "platform_extensions",
        "platform_server-0.1.0.data",
        "platform_server-0.1.0.dist-info",
    }


def test_the_wheel_holds_no_leftovers(names: set[str]) -> None:
    assert not [name for name in names if "__pycache__" in name or "node_modules" in name]


def test_the_wheel_names_its_commands_and_its_provisioner(wheel: Path) -> None:
    parser = ConfigParser()
    text = zipfile.ZipFile(wheel).read("platform_server-0.1.0.dist-info/entry_points.txt")
    parser.read_string(text.decode())
    assert parser["console_scripts"]["jupyter-platform"] == "platform_server.cli:main"
    assert "sandbox-provisioner" in parser["jupyter_client.kernel_provisioners"]


def test_an_installation_finds_its_data_files(wheel: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    python = tmp_path / "venv/bin/python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-deps"]
    subprocess.run([*install, "--no-index", str(wheel)], check=True)
    code = (
        "from platform_server.paths import resource\n"
        "for name in ('docker', 'kernelspecs', 'agent'): print(resource(name).is_dir())"
    )
    found = subprocess.run(
        [python, "-c", code], check=True, capture_output=True, text=True, cwd=tmp_path
    )
    assert found.stdout.split() == ["True"] * 3
