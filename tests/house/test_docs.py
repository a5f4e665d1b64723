"""The documentation is there, leads somewhere, and says what is so."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
MAKE = re.compile(r"(?:^ {4}|`)make ([a-z]+)", re.MULTILINE)
ONE_SCREEN = 45  # lines


@pytest.fixture(scope="module")
def pages(tracked: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in tracked.items() if name.endswith(".md")}


def test_every_link_leads_to_a_page_that_is_there(root: Path, pages: dict[str, str]) -> None:
    broken = [
        f"{name}: {target}"
        for name, text in pages.items()
        for target in LINK.findall(text)
        if not (root / name).parent.joinpath(target).exists()
    ]
    assert broken == []


def test_every_page_can_be_reached_from_the_readme(root: Path, pages: dict[str, str]) -> None:
    reached: set[Path] = set()
    waiting = [root / "README.md"]
    while waiting:
        page = waiting.pop()
        if page not in reached:
            reached.add(page)
            targets = LINK.findall(page.read_text())
            waiting += [
                (page.parent / target).resolve() for target in targets if target.endswith(".md")
            ]
    assert {root / name for name in pages} - reached == set()


def test_every_make_command_that_is_named_exists(root: Path, pages: dict[str, str]) -> None:
    targets = set(re.findall(r"^([a-z]+):", (root / "Makefile").read_text(), re.MULTILINE))
    named = {target for text in pages.values() for target in MAKE.findall(text)}
    assert named <= targets
    assert {"serve", "test"} <= named


def test_the_readme_fits_on_one_screen_and_says_how_to_run_it(pages: dict[str, str]) -> None:
    lines = pages["README.md"].splitlines()
    assert len(lines) <= ONE_SCREEN
    assert "    make serve" in lines


def test_the_changelog_keeps_its_form(pages: dict[str, str]) -> None:
    text = pages["CHANGELOG.md"]
    assert text.startswith("# Changelog\n")
    assert re.findall(r"^## (.*)", text, re.MULTILINE)[0] == "[Unreleased]"
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert set(re.findall(r"^### (.*)", text, re.MULTILINE)) <= kinds
