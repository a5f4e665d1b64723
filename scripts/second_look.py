"""Says which files of browser tests deserve a second look after a run that failed.

A person's step in a real browser may take too long on a busy machine: such a failure is reported,
and counts if it comes again where the file has a server of its own. An attack, a test without a
browser and failures in many files at once are what they look like.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

FAILED = Path(".pytest_cache/v/cache/lastfailed")  # written by pytest
BROWSER = "tests/browser/test_"
MOST = 2  # files


def worth_it(failed: Iterable[str]) -> list[str]:
    """Return the files to run again, for the ids of the tests that failed; none: they count."""
    parts = [name.partition("::")[::2] for name in failed]
    files = sorted({file for file, _ in parts})
    is_odd = all(file.startswith(BROWSER) and not is_attack(test) for file, test in parts)
    return files if is_odd and len(files) <= MOST else []


def is_attack(test: str) -> bool:
    """Return whether it is called after the number of an attack."""
    return test.removeprefix("test_")[:1].isdigit()


if __name__ == "__main__":
    sys.stdout.writelines(f"{file}\n" for file in worth_it(json.loads(FAILED.read_text())))
