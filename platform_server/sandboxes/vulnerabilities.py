"""Known ways out of a container, and whether this machine's engine has them."""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Version = tuple[int, ...]

_PACKAGES = {"runc": ("runc", "runc-app"), "docker": ("docker.io", "docker.io-app")}


@dataclass(frozen=True, kw_only=True)
class Vulnerability:
    """A published vulnerability of a part of the engine."""

    id: str
    part: str  # "runc" or "docker"
    what: str  # what it allows
    fixed: tuple[Version, ...]  # the first good release of each maintained series, oldest first


KNOWN = (
    Vulnerability(
        id="CVE-2024-21626",
        part="runc",
        what="a working directory in /proc/self/fd leads to the host's files",
        fixed=((1, 1, 12),),
    ),
    Vulnerability(
        id="CVE-2025-31133",
        part="runc",
        what="masked paths can be swapped during the start of a container",
        fixed=((1, 2, 8), (1, 3, 3)),
    ),
    Vulnerability(
        id="CVE-2025-52565",
        part="runc",
        what="/dev/console can be swapped during the start of a container",
        fixed=((1, 2, 8), (1, 3, 3)),
    ),
    Vulnerability(
        id="CVE-2025-52881",
        part="runc",
        what="writes to /proc can be redirected during the start of a container",
        fixed=((1, 2, 8), (1, 3, 3)),
    ),
    Vulnerability(
        id="CVE-2026-34040",
        part="docker",
        what="oversized requests pass authorization plugins, should the engine have any",
        fixed=((29, 3, 1),),
    ),
)


def known_holes(description: str) -> list[Vulnerability]:
    """Return the known vulnerabilities of the engine that describes itself so."""
    versions = versions_from(description)
    return vulnerabilities_of(versions, {part: _changelog(part) for part in versions})


def vulnerabilities_of(
    versions: Mapping[str, str], changelogs: Mapping[str, str]
) -> list[Vulnerability]:
    """Return the known vulnerabilities that the installed versions have.

    ``changelogs`` are the distribution's, by part: a distribution repairs an old release and keeps
    its number, and says so there. A part whose version cannot be read is taken as vulnerable.
    """
    return [
        one
        for one in KNOWN
        if one.part in versions
        and not _is_fixed(one, versions[one.part])
        and one.id not in changelogs.get(one.part, "")
    ]


def versions_from(description: str) -> dict[str, str]:
    """Return the versions by part out of a text like ``Docker 29.3.1, runc 1.3.4``."""
    found = re.findall(r"(docker|runc) v?(\d\S*?)(?:,|\s|$)", description, re.IGNORECASE)
    return {part.lower(): version for part, version in found}


def _changelog(part: str) -> str:
    """Return what the distribution says it changed in a part; "" if it did not package it."""
    for package in _PACKAGES[part]:
        path = Path("/usr/share/doc", package, "changelog.Debian.gz")
        try:
            return gzip.decompress(path.read_bytes()).decode(errors="replace")
        except OSError:
            continue
    return ""


def _is_fixed(vulnerability: Vulnerability, version: str) -> bool:
    """Tell whether a release came with the repair: in its own series, or in a later one."""
    numbers = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", version)
    if numbers is None:
        return False
    installed = tuple(int(number or 0) for number in numbers.groups())
    series = [fix for fix in vulnerability.fixed if fix[:2] == installed[:2]]
    return installed >= (series[0] if series else vulnerability.fixed[-1])
