"""What people ask to have installed: names, versions and hashes, and nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement

from platform_server.environments.model import normalised
from platform_server.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from platform_server.environments.records import RecordedPackage

MOST = 500  # requirements at once
LARGEST_FILE = 512 * 1024  # characters
_LONGEST = 500  # characters of one requirement
_HASH = re.compile(r"\s--hash[= ]\s*sha256:([0-9a-f]{64})(?=\s|$)")
_COMMENT = re.compile(r"(^|\s)#.*$")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Something to be installed."""

    name: str  # normalised
    text: str  # with its versions, extras and conditions
    sha256s: tuple[str, ...] = ()  # of the files it may come from; none: of any

    @property
    def line(self) -> str:
        """The line of a requirements file."""
        return " ".join([self.text, *(f"--hash=sha256:{one}" for one in self.sha256s)])


def wanted_from(texts: Iterable[str]) -> tuple[Wanted, ...]:
    """Return requirements that were given one by one. Raises InvalidInput."""
    found = tuple(_wanted(text, ()) for text in texts)
    return _bounded(found)


def wanted_from_file(text: str) -> tuple[Wanted, ...]:
    """Return the requirements of a requirements file; of its options only hashes are understood.

    Raises InvalidInput.
    """
    if len(text) > LARGEST_FILE:
        raise InvalidInput("That requirements file is too large.")
    found = []
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        bare = _COMMENT.sub("", line).strip()
        if bare:
            found.append(_wanted(_HASH.sub("", bare).strip(), tuple(_HASH.findall(bare))))
    return _bounded(tuple(found))


def names_from(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the names of packages to be removed. Raises InvalidInput."""
    return tuple(one.name for one in wanted_from(texts))


def pinned(packages: Iterable[RecordedPackage]) -> tuple[Wanted, ...]:
    """Return what installs exactly these packages again. Those without a hash are left out."""
    return tuple(
        Wanted(name=one.name, text=f"{one.name}=={one.version}", sha256s=one.sha256s)
        for one in packages
        if one.sha256s
    )


def requirements_file(packages: Sequence[RecordedPackage]) -> str:
    """Return the packages as a requirements file, each with its version and its hashes."""
    lines = []
    for one in packages:
        if not one.sha256s:
            lines.append(f"# {one.name}=={one.version}  not from the package index")
            continue
        hashes = " \\\n".join(f"    --hash=sha256:{digest}" for digest in one.sha256s)
        lines.append(f"{one.name}=={one.version} \\\n{hashes}")
    return "".join(f"{line}\n" for line in lines)


def _wanted(text: str, sha256s: tuple[str, ...]) -> Wanted:
    shown = text[:80]
    try:
        requirement = Requirement(text[:_LONGEST])
    except InvalidRequirement as error:
        raise InvalidInput(
            f'"{shown}" is not a requirement: write a name, such as "humanize", or a name with '
            'versions, such as "humanize>=4,<5".'
        ) from error
    if requirement.url is not None or len(text) > _LONGEST:
        raise InvalidInput(
            f'"{shown}" cannot be installed: packages come from the package index only.'
        )
    return Wanted(name=normalised(requirement.name), text=str(requirement), sha256s=sha256s)


def _bounded(found: tuple[Wanted, ...]) -> tuple[Wanted, ...]:
    if not found:
        raise InvalidInput("There is nothing to install.")
    if len(found) > MOST:
        raise InvalidInput(f"That is more than {MOST} packages at once.")
    return found
