"""The database's revisions follow one another, each from the one before."""

from __future__ import annotations

import re
from pathlib import Path

VERSIONS = Path(__file__).parents[2] / "platform_server/storage/migrations/versions"
_SAID = re.compile(r'^(revision|down_revision) = (?:"(\d+)"|None)$', re.MULTILINE)


def test_the_revisions_are_one_line() -> None:
    files = sorted(VERSIONS.glob("[0-9]*.py"))
    said = [dict(_SAID.findall(file.read_text())) for file in files]
    numbers = [f"{number:04}" for number in range(1, len(files) + 1)]
    assert [file.name[:4] for file in files] == numbers
    assert [one["revision"] for one in said] == numbers
    assert [one["down_revision"] for one in said] == ["", *numbers[:-1]]
