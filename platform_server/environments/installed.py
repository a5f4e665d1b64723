"""What is installed in an environment, as its own files say: made by hostile code, so data only."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidName, canonicalize_name
from packaging.version import InvalidVersion, Version

if TYPE_CHECKING:
    from collections.abc import Iterable

    from platform_server.projects.model import ProjectId

_LINE = 1000  # characters of a line of metadata that are looked at
_NEEDS = 500  # requirements of one package that are looked at
_MARKS_ALL = "uv"  # the installer that marks every package as asked for
_LARGEST = 2**40  # bytes; what claims to be larger is not believed


@dataclass(frozen=True, kw_only=True)
class InstalledPackage:
    """A package in an environment."""

    name: str  # normalised
    version: str
    requested: bool  # somebody asked for it; the others came because these need them
    size: int  # bytes of its files
    is_marked_surely: bool = False  # its installer marks only what was asked for, and marked it
    needed_by: tuple[str, ...] = ()  # names of installed packages


@dataclass(frozen=True, kw_only=True)
class Environment:
    """A project's environment. ``identity`` differs once it was lost and made anew."""

    identity: str
    packages: tuple[InstalledPackage, ...] = ()


class EnvironmentReader(Protocol):
    """Looks into projects' environments, whether their sandboxes run or not."""

    async def read(self, project_id: ProjectId) -> Environment | None:
        """Return what is installed, None if there is no environment. Never waits for code."""


@dataclass(frozen=True, kw_only=True)
class Described:
    """A package as its ``.dist-info`` folder describes it."""

    name: str
    version: str
    needs: frozenset[str]  # names of other packages
    marked: bool  # the installer marked it as asked for
    installer: str
    size: int


def described(metadata: str, record: str, *, marked: bool, installer: str) -> Described | None:
    """Return what a package's files say, None if that is no package."""
    name, version = "", ""
    needs: list[str] = []
    for line in metadata.splitlines():
        key, _, value = line[:_LINE].partition(":")
        match key.lower():
            case "name" if not name:
                name = value.strip()
            case "version" if not version:
                version = value.strip()
            case "requires-dist" if len(needs) < _NEEDS:
                needs.append(value.strip())
            case "":
                break  # the description follows
    try:
        return Described(
            name=canonicalize_name(name, validate=True),
            version=str(Version(version)),
            needs=frozenset(_needed(needs)),
            marked=marked,
            installer=installer.strip().lower(),
            size=_size(record),
        )
    except (InvalidName, InvalidVersion):
        return None


def installed(found: Iterable[Described]) -> tuple[InstalledPackage, ...]:
    """Return the packages by name, and tell those that were asked for from those needed by others.

    uv marks every package as asked for; of these, one that another needs counts as a dependency.
    """
    packages = {one.name: one for one in found}
    needed_by: dict[str, list[str]] = {}
    for name, one in sorted(packages.items()):
        for needed in one.needs - {name}:
            needed_by.setdefault(needed, []).append(name)
    return tuple(
        InstalledPackage(
            name=name,
            version=one.version,
            requested=one.marked and (one.installer != _MARKS_ALL or name not in needed_by),
            size=one.size,
            is_marked_surely=one.marked and one.installer != _MARKS_ALL,
            needed_by=tuple(needed_by.get(name, ())),
        )
        for name, one in sorted(packages.items())
    )


def _needed(lines: Iterable[str]) -> Iterable[str]:
    for line in lines:
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue
        # What an extra needs is needed only if somebody asked for that extra.
        if requirement.marker is None or "extra" not in str(requirement.marker):
            yield canonicalize_name(requirement.name)


def _size(record: str) -> int:
    total = 0
    try:
        for row in csv.reader(record.splitlines()):
            if len(row) == 3 and row[2].isascii() and row[2].isdigit():  # noqa: PLR2004 - RECORD
                total += int(row[2][:13])
    except csv.Error:
        pass
    return min(total, _LARGEST)
