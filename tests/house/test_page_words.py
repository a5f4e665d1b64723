"""The page knows every word that the server may answer where it knows any."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from platform_server.acts.model import ActName
from platform_server.contents.differ import DiffKind
from platform_server.contents.model import Origin
from platform_server.environments.installations import Action
from platform_server.review.lines import Fate
from platform_server.review.model import State
from platform_server.review.rendering.parts import Doubt
from platform_server.review.reproduction.model import CheckState, Outcome
from platform_server.sandboxes.model import EndCause, SandboxState
from platform_server.sandboxes.notices import NoticeKind

if TYPE_CHECKING:
    from enum import Enum
    from pathlib import Path

WORDS = [
    ("admin", "ACTS", ActName),
    ("endings", "CAUSES", EndCause),
    ("history", "KINDS", DiffKind),
    ("history", "ORIGINS", Origin),
    ("packages", "ACTIONS", Action),
    ("reviews", "FATES", Fate),
    ("reviews", "STATES", State),
    ("reviews", "DOUBTS", Doubt),
    ("reviews", "OUTCOMES", Outcome),
    ("reviews", "STATES", CheckState),
    ("sandbox", "KINDS", NoticeKind),
    ("sandbox", "STATES", SandboxState),
]


@pytest.mark.parametrize(("folder", "name", "kind"), WORDS)
def test_the_page_knows_the_words(root: Path, folder: str, name: str, kind: type[Enum]) -> None:
    declared = re.compile(rf"const {name} = \[([^]]*)\] as const")
    lists = [
        set(re.findall(r"'([^']*)'", words))
        for path in (root / "labextension/src" / folder).glob("*.ts")
        for words in declared.findall(path.read_text())
    ]
    assert {one.value for one in kind} in lists
