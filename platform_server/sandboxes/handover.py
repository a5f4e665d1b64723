"""Making the folders that a waiting sandbox has mounted those of a project.

A mount holds on to its folder whatever that is called: so all that the project has is moved into
the mounted folders, entry by entry on one file system, and these take the place of the project's.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PARTS = ("files", "home")
_MARK = "for"  # holds the name of the project while its folders are in between


def run(spare: Path, project: Path) -> None:
    """Let the project have the spare's folders, with all of its own in them. Raises OSError."""
    (spare / _MARK).write_text(project.name)
    for part in PARTS:
        _move_all(project / part, spare / part, aside=spare / "aside")
        (project / part).rename(spare / f"{part}.empty")
        (spare / part).rename(project / part)
    shutil.rmtree(spare)


def undo(spare: Path, volumes: Path) -> None:
    """Give back what a killed process left in between. Nothing if that is nothing."""
    try:
        project = volumes / (spare / _MARK).read_text()
    except FileNotFoundError:
        return
    for part in PARTS:
        if not (spare / part).is_dir():
            continue
        if (project / part).is_dir():
            _move_all(spare / part, project / part, aside=None)
        else:
            (spare / part).rename(project / part)


def _move_all(source: Path, target: Path, *, aside: Path | None) -> None:
    """Move every entry; what is in its way is put aside, or stays where there is no aside."""
    taken = {entry.name for entry in target.iterdir()}
    for entry in list(source.iterdir()):
        place = target / entry.name
        if entry.name in taken and aside is None:
            continue
        if entry.name in taken and aside is not None:
            aside.mkdir(exist_ok=True)
            place.rename(aside / f"{place.parent.name}-{entry.name}")
        entry.rename(place)
