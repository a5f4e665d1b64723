"""What may stand in the repository at all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

SECRETS = {
    "private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "API token of ours": r"\bpxp_[A-Za-z0-9_-]{43}\b",
    "cloud key": r"\bAKIA[0-9A-Z]{16}\b",
    "signed web token": r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}",
}

# Where packages come from is each machine's own setting, never the project's.
REGISTRY = re.compile(r"[\w.-]*(?:pypi|pythonhosted|npmjs|yarnpkg|deb\.debian)\.(?:org|com)\b")

UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX)\b|pytest\.(?:mark\.)?(?:skip|xfail)")


@pytest.mark.parametrize("kind", SECRETS)
def test_no_tracked_file_holds_a_secret(kind: str, tracked: dict[str, str]) -> None:
    holders = [name for name, text in tracked.items() if re.search(SECRETS[kind], text)]
    assert holders == []


def test_no_tracked_file_names_a_package_registry(tracked: dict[str, str]) -> None:
    found = {name: REGISTRY.findall(text) for name, text in tracked.items()}
    assert {name: hosts for name, hosts in found.items() if hosts} == {}


def test_the_locks_pin_versions_and_no_addresses(root: Path) -> None:
    assert "://" not in (root / "constraints.txt").read_text()
    assert '"resolved"' not in (root / "labextension/package-lock.json").read_text()


def test_nothing_is_left_unfinished_and_no_test_is_passed_over(tracked: dict[str, str]) -> None:
    code = {
        name: text
        for name, text in tracked.items()
        if name.endswith((".py", ".ts", ".tsx")) and name != "tests/house/test_tracked_files.py"
    }
    assert {name for name, text in code.items() if UNFINISHED.search(text)} == set()


def test_the_docker_folder_holds_no_package_that_would_hide_the_sdk(
    tracked: dict[str, str],
) -> None:
    assert "docker/__init__.py" not in tracked
    assert "kernels/__init__.py" not in tracked
