"""The file that a backup is: a zip archive, and in it a manifest with everything's SHA-256.

::

    manifest.json              what the archive is, and the size and hash of every other member
    tables/<name>.jsonl        the rows of a table, as ``dump`` writes them
    blobs/<project>/<hash>     the bytes of files, each once
"""

from __future__ import annotations

import hashlib
import re
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from platform_server.errors import InvalidContent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

FORMAT = 1
MANIFEST = "manifest.json"
_PIECE = 1 << 20  # bytes read at once
_LEVEL = 1  # of compression: notebooks shrink to a fourth, and the disk stays the slower part
_BLOB = re.compile(r"blobs/([\w-]{1,64})/([0-9a-f]{64})", re.ASCII)
_TABLE = re.compile(r"tables/([a-z_]{1,63})\.jsonl", re.ASCII)
_DAMAGED = "The archive is damaged: {} is not what it was."


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Member(_Part):
    """What a member has to be."""

    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    size: int  # bytes


class TableShape(_Part):
    """What is in the member of a table."""

    columns: tuple[str, ...]
    rows: int


class Manifest(_Part):
    """What an archive is."""

    format: int
    revision: str  # of the tables, as the migrations count
    created_at: AwareDatetime  # the moment whose state it is
    tables: dict[str, TableShape]
    members: dict[str, Member]
    missing: tuple[str, ...]  # blobs that were damaged or gone already


def blob_member(project_id: str, blob: str) -> str:
    """Return a blob's name in the archive."""
    return f"blobs/{project_id}/{blob}"


def blob_of(member: str) -> tuple[str, str] | None:
    """Return the project and the hash of a blob's name, None if it is no blob's."""
    found = _BLOB.fullmatch(member)
    return None if found is None else (found[1], found[2])


def table_member(table: str) -> str:
    """Return a table's name in the archive."""
    return f"tables/{table}.jsonl"


class ArchiveWriter:
    """Writes an archive. ``finish`` when all is in it."""

    def __init__(self, target: BinaryIO) -> None:
        self._zip = ZipFile(target, "w", ZIP_DEFLATED, compresslevel=_LEVEL)
        self.members: dict[str, Member] = {}

    def add(self, name: str, source: BinaryIO) -> None:
        """Add a member with all that is in the stream."""
        digest, size = hashlib.sha256(), 0
        with self._zip.open(_entry(name), "w", force_zip64=True) as target:
            while piece := source.read(_PIECE):
                digest.update(piece)
                size += len(piece)
                target.write(piece)
        self.members[name] = Member(sha256=digest.hexdigest(), size=size)

    def finish(self, manifest: Manifest) -> None:
        """Add the manifest, and end the archive."""
        with self._zip.open(_entry(MANIFEST), "w") as target:
            target.write(manifest.model_dump_json(indent=1).encode())
        self._zip.close()


class ArchiveReader:
    """Reads an archive, and lets nothing through that is not what the manifest says."""

    def __init__(self, archive: ZipFile, manifest: Manifest) -> None:
        self._zip = archive
        self.manifest = manifest

    def pieces(self, name: str) -> Iterator[bytes]:
        """Give a member's bytes. Raises InvalidContent at the end if they are wrong."""
        expected, digest, size = self.manifest.members[name], hashlib.sha256(), 0
        with _readable(name), self._zip.open(name) as source:
            while size <= expected.size and (piece := source.read(_PIECE)):
                digest.update(piece)
                size += len(piece)
                yield piece
        if (size, digest.hexdigest()) != (expected.size, expected.sha256):
            raise InvalidContent(_DAMAGED.format(name))

    def check(self, name: str) -> None:
        """Read a member for nothing but to see that it is right."""
        for _ in self.pieces(name):
            pass

    def lines(self, name: str) -> Iterator[bytes]:
        """Give a member's lines. ``check`` it first."""
        with _readable(name), self._zip.open(name) as source:
            yield from source


@contextmanager
def reading(path: Path) -> Iterator[ArchiveReader]:
    """Open an archive. Raises InvalidContent if it is none, or has other members than it says."""
    try:
        archive = ZipFile(path)
    except (BadZipFile, OSError) as error:
        raise InvalidContent(f"{path} is not a backup: {error}") from error
    with archive:
        yield ArchiveReader(archive, _manifest(archive, path))


def _manifest(archive: ZipFile, path: Path) -> Manifest:
    names = archive.namelist()
    if MANIFEST not in names:
        raise InvalidContent(f"{path} is not a backup: it has no manifest.")
    try:
        with _readable(MANIFEST):
            manifest = Manifest.model_validate_json(archive.read(MANIFEST))
    except ValidationError as error:
        raise InvalidContent(_DAMAGED.format(MANIFEST)) from error
    if manifest.format != FORMAT:
        raise InvalidContent("The archive was made by a version of the platform that is newer.")
    if sorted(names) != sorted([MANIFEST, *manifest.members]):
        raise InvalidContent("The archive has not the members that its manifest lists.")
    tables = {table_member(table) for table in manifest.tables}
    for name in manifest.members:
        if name not in tables and blob_of(name) is None:
            raise InvalidContent(f"The archive has a member that no backup has: {name!r}.")
    if not all(_TABLE.fullmatch(name) and name in manifest.members for name in tables):
        raise InvalidContent("The archive has not the tables that its manifest lists.")
    return manifest


def _entry(name: str) -> ZipInfo:
    entry = ZipInfo(name)
    entry.compress_type = ZIP_DEFLATED
    entry.external_attr = 0o600 << 16  # for whoever unpacks it by hand
    return entry


@contextmanager
def _readable(name: str) -> Iterator[None]:
    try:
        yield
    except (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise InvalidContent(_DAMAGED.format(name)) from error
