"""The reference says what the code says."""

from __future__ import annotations

import re
import runpy
from typing import TYPE_CHECKING

import pytest

from platform_extensions.configuration import configuration
from platform_server.settings import VARIABLES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Pages = dict[str, Callable[[], str]]

MADE = [
    "command-line.md",
    "environment.md",
    "errors.md",
    "permissions.md",
    "routes.md",
    "settings.md",
]


@pytest.fixture(scope="module")
def pages(root: Path) -> Pages:
    made: Pages = runpy.run_path(str(root / "scripts" / "reference.py"))["PAGES"]
    return made


def test_every_page_that_is_made_is_compared(pages: Pages) -> None:
    assert sorted(pages) == MADE


@pytest.mark.parametrize("name", MADE)
def test_a_page_says_what_the_code_says(name: str, pages: Pages, root: Path) -> None:
    text = (root / "docs" / "reference" / name).read_text()
    assert text == pages[name](), "run `make docs`"


def test_the_file_of_settings_says_what_the_code_says(root: Path) -> None:
    assert (root / "jupyter_config.py").read_text() == configuration(), "run `make docs`"


def test_every_setting_has_a_default_of_its_type_and_a_sentence_of_help(pages: Pages) -> None:
    sections = pages["settings.md"]().split("\n## ")[1:]
    assert len(sections) > 10
    assert [text for text in sections if not re.search(r"\.\n\nType: .* Default: ", text)] == []


def test_every_variable_of_the_example_has_its_heading(root: Path) -> None:
    example = (root / "env.example").read_text()
    assert set(re.findall(r"^#?([A-Z][A-Z_]+)=", example, re.MULTILINE)) == set(VARIABLES)
    explained = (root / "docs" / "reference" / "environment.md").read_text()
    assert set(re.findall(r"^## ([A-Z_]+)$", explained, re.MULTILINE)) == set(VARIABLES)
