"""Zip files that somebody sends: looked through before anything of them is unpacked. It blocks."""

from __future__ import annotations

import stat
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from platform_server.errors import InvalidContent, PlatformError, TooLarge
from platform_server.projects.names import ancestors, composed, join, parse_path

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_RATIO = 200  # bytes unpacked for each that came; text that repeats itself has 20
_SMALL = 16 * 2**20  # bytes unpacked; less does no harm, whatever the ratio
_DIRECTORY_BYTES = 1024  # of the table of contents, for each member it may have
_PIECE = 1 << 20  # bytes unpacked at once
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED = 0x1 | 0x40 | 0x2000  # flags
_KINDS = {0, stat.S_IFREG, stat.S_IFDIR}
_COUNT, _SIZE = 4, 5  # places in what zipfile finds at a file's end
_HEADER = 30  # bytes before each member's name

# What zipfile and zlib raise on something that is no zip file, in whatever way.
_UNUSABLE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """How much may be in a zip file."""

    files: int  # and folders
    bytes: int  # in all
    file: int  # bytes of one


@dataclass(frozen=True, kw_only=True)
class Member:
    """One file or folder in a zip file."""

    info: zipfile.ZipInfo
    path: str  # as it will be stored, relative to where it is unpacked
    is_folder: bool

    @property
    def size(self) -> int:
        """Bytes, unpacked."""
        return self.info.file_size


def members(file: BinaryIO, bounds: Bounds) -> list[Member]:
    """Return what is in a zip file, all of it checked by what the file says of itself.

    Raises InvalidContent for what is no zip file or has names, kinds or sizes that it must not
    have, TooLarge for more than the bounds allow.
    """
    try:
        _check_directory(file, bounds)
        with zipfile.ZipFile(file) as archive:
            found = [_member(info) for info in archive.infolist()]
            _check_places(found)
            _check_sizes(found, bounds)
            _check_overlaps(found, archive.start_dir)
    except _UNUSABLE as error:
        raise _unreadable(error) from error
    return found


def verify(file: BinaryIO, found: list[Member]) -> None:
    """Unpack everything to nowhere: sizes and checksums must be what the file says.

    Raises InvalidContent.
    """
    with zipfile.ZipFile(file) as archive:
        for member in found:
            for _ in pieces(archive, member):
                pass


def pieces(archive: zipfile.ZipFile, member: Member) -> Iterator[bytes]:
    """Give a member's bytes, never more than it was said to have. Raises InvalidContent."""
    size = 0
    try:
        with archive.open(member.info) as stream:
            while piece := stream.read(_PIECE):
                size += len(piece)
                yield piece
    except PlatformError:
        raise
    except _UNUSABLE as error:
        raise _unreadable(error) from error
    if size != member.size:
        raise InvalidContent(f'"{member.path}" is shorter than the zip file says.')


def _check_directory(file: BinaryIO, bounds: Bounds) -> None:
    """Refuse a table of contents that would not fit into memory, before it is read.

    What is at the file's end is read as zipfile reads it; two readers might find two answers.
    """
    end = zipfile._EndRecData(file)  # type: ignore[attr-defined]  # noqa: SLF001
    if not end:
        raise InvalidContent("This is not a zip file.")
    if end[_COUNT] > bounds.files or end[_SIZE] > bounds.files * _DIRECTORY_BYTES:
        raise TooLarge(f"There are too many files in it: at most {bounds.files:,} fit.")


def _member(info: zipfile.ZipInfo) -> Member:
    name = info.orig_filename
    if info.flag_bits & _ENCRYPTED:
        raise InvalidContent("The zip file is encrypted: send it without a password.")
    if info.compress_type not in _METHODS:
        raise InvalidContent("The zip file is packed in an unusual way: pack it with deflate.")
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in _KINDS:
        raise InvalidContent(f"{name!r} is a link or a device: only files and folders are taken.")
    is_folder = name.endswith("/")
    if (kind == stat.S_IFDIR and not is_folder) or (is_folder and info.file_size):
        raise InvalidContent(f"{name!r} is a file and a folder.")
    plain = name.removesuffix("/")
    if plain.startswith("/") or not plain:
        raise InvalidContent(f"{name!r} is not a name within a folder.")
    parse_path(plain)  # before composing: what it refuses may hide in either form
    return Member(info=info, path=parse_path(composed(plain)), is_folder=is_folder)


def _check_places(found: list[Member]) -> None:
    """Refuse names that are there twice, also when they differ in case, or as file and folder."""
    spelled: dict[str, str] = {}
    files: set[str] = set()
    taken: set[str] = set()
    for member in found:
        if member.path in taken:
            raise InvalidContent(f'"{member.path}" is in the zip file twice.')
        taken.add(member.path)
        if not member.is_folder:
            files.add(member.path)
        for path in [*ancestors(member.path), member.path]:
            other = spelled.setdefault(composed(path.casefold()), path)
            if other != path:
                raise InvalidContent(f'"{other}" and "{path}" differ in case only.')
    for member in found:
        for above in ancestors(member.path):
            if above in files:
                raise InvalidContent(f'"{above}" is a file and a folder.')


def _check_sizes(found: list[Member], bounds: Bounds) -> None:
    if len(found) > bounds.files:
        raise TooLarge(f"There are too many files in it: at most {bounds.files:,} fit.")
    total = sum(member.size for member in found)
    packed = sum(member.info.compress_size for member in found)
    if total > _SMALL and total > packed * MAX_RATIO:
        raise TooLarge("The zip file would become more than it could honestly be: a zip bomb.")
    if total > bounds.bytes:
        raise TooLarge(f"It has {total:,} bytes unpacked, and {bounds.bytes:,} fit.")
    largest = max((member.size for member in found), default=0)
    if largest > bounds.file:
        raise TooLarge(f"A file in it is larger than {bounds.file:,} bytes.")


def _check_overlaps(found: list[Member], end: int) -> None:
    """Refuse members that share their bytes, by which small files become large ones."""
    ordered = sorted(found, key=lambda member: member.info.header_offset)
    ends = [*(member.info.header_offset for member in ordered[1:]), end]
    for member, limit in zip(ordered, ends, strict=True):
        if member.info.header_offset + _HEADER + member.info.compress_size > limit:
            raise InvalidContent("Files in the zip file overlap.")


def place(member: Member, folder: str) -> str:
    """Return where a member goes that is unpacked into a folder. Raises InvalidPath."""
    return parse_path(join(folder, member.path))


def _unreadable(error: BaseException) -> InvalidContent:
    return InvalidContent(f"The zip file cannot be read: {str(error)[:200]}")
