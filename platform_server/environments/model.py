"""Packages as an index lists them (PEP 503, 691, 700, 714)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from pydantic import BaseModel, ConfigDict, Field

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class PackagePolicy:
    """What may be installed. Patterns are those of a shell, over normalised names.

    A name must match ``allow`` and must not match ``deny``.
    """

    allow: tuple[str, ...] = ("*",)
    deny: tuple[str, ...] = ()
    private: tuple[str, ...] = ()  # names that come from the private index, and from no other
    wheels_only: bool = False  # nothing whose installation runs code
    max_file_bytes: int = 2 * 2**30
    max_project_bytes: int | None = None  # of all that a project has installed
    cool_off: timedelta | None = None  # how old a public file has to be not to be noted
    cool_off_denies: bool = False  # what is younger is refused


class IndexFile(BaseModel):
    """One file of a project page. ``url`` is where the index behind has it."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)

    filename: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+!-]{0,250}$")]
    url: Annotated[str, Field(max_length=2000)]
    hashes: dict[str, str] = {}
    size: int | None = None
    requires_python: Annotated[str | None, Field(alias="requires-python")] = None
    yanked: bool | str = False
    core_metadata: Annotated[bool | dict[str, str], Field(alias="core-metadata")] = False
    upload_time: Annotated[str | None, Field(alias="upload-time")] = None

    @property
    def is_wheel(self) -> bool:
        """Tell whether installing it runs no code of its own."""
        return self.filename.endswith(".whl")

    @property
    def uploaded_at(self) -> datetime | None:
        """When it came to the index, None if that does not say."""
        try:
            moment = datetime.fromisoformat(self.upload_time or "")
        except ValueError:
            return None
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    @property
    def sha256(self) -> str | None:
        """The digest that its bytes must have; what has none is not served."""
        digest = self.hashes.get("sha256", "").lower()
        return digest if _SHA256.fullmatch(digest) else None


class IndexPage(BaseModel):
    """A project's files."""

    model_config = ConfigDict(extra="ignore")

    name: str
    files: list[IndexFile]
    versions: list[str] = []

    def dump(self) -> dict[str, Any]:
        """Return the page as PEP 691 has it."""
        body = self.model_dump(by_alias=True, exclude_none=True)
        return {"meta": {"api-version": "1.1"}, **body}


def normalised(name: str) -> str:
    """Return the one form of a package's name (PEP 503)."""
    return str(canonicalize_name(name))


def version_of(filename: str) -> str:
    """Return the version that a distribution's filename says, "" if it says none."""
    try:
        if filename.endswith(".whl"):
            return str(parse_wheel_filename(filename)[1])
        return str(parse_sdist_filename(filename)[1])
    except (InvalidWheelFilename, InvalidSdistFilename):
        return ""
