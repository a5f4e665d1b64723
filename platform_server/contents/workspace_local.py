"""Workspaces as folders of this machine, mounted into the sandboxes."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import stat
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from platform_server.beneath import Absent, folder, regular_file, rename_new, status
from platform_server.contents import tree
from platform_server.contents.model import Kind, RevisionId
from platform_server.contents.workspace import Seen
from platform_server.errors import (
    FileMissing,
    NameTaken,
    QuotaExceeded,
    StorageUnavailable,
    WrongKind,
)
from platform_server.projects.names import ancestors, name_of, parent_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence
    from pathlib import Path

    from platform_server.contents.spool import Spool
    from platform_server.contents.workspace import Walk
    from platform_server.projects.model import ProjectId

SANDBOX_USER = 1000  # uid and gid of everything in a workspace
_PIECE = 1 << 20  # bytes read at once
_MAX_LISTED = 10_000  # entries of one folder
_FULL = {errno.ENOSPC, errno.EDQUOT}
_IN_THE_WAY = {errno.EISDIR, errno.ENOTDIR, errno.ENOTEMPTY, errno.EEXIST}


class LocalWorkspace:
    """The folders ``<volumes>/<project>/files``.

    Beside ``files``, where no sandbox can see them, stand ``incoming`` for files that are being
    written and ``filled``, which tells that the workspace has everything.
    """

    def __init__(self, volumes: Path, *, sync: bool = True) -> None:
        self._volumes = volumes
        self._sync = sync  # False: a power failure may take what was just written from the sandbox
        self._gives_away = os.geteuid() == 0

    async def prepare(self, project_id: ProjectId) -> bool:
        """Make the folder if it is missing; tells whether it has yet to be filled."""
        return await asyncio.to_thread(self._prepare, self._volumes / project_id)

    async def mark_filled(self, project_id: ProjectId) -> None:
        """Remember that the workspace holds all of the project."""
        await asyncio.to_thread((self._volumes / project_id / "filled").touch, mode=0o600)

    async def look(self, project_id: ProjectId, paths: Sequence[str]) -> dict[str, Seen]:
        """Return what is at the paths."""
        return await asyncio.to_thread(self._look, project_id, paths)

    async def children(self, project_id: ProjectId, path: str) -> dict[str, Seen]:
        """Return what is in a folder by name."""

        def run() -> dict[str, Seen]:
            with self._root(project_id) as root:
                return dict(tree.children(root, path, _MAX_LISTED))

        return await asyncio.to_thread(run)

    async def walk(self, project_id: ProjectId, *, skip: frozenset[str], limit: int) -> Walk:
        """Return everything there is."""

        def run() -> Walk:
            with self._root(project_id) as root:
                return tree.walk(root, skip, limit)

        return await asyncio.to_thread(run)

    async def copy_out(self, project_id: ProjectId, path: str, into: Spool) -> Seen | None:
        """Append a file's bytes to ``into``."""
        return await asyncio.to_thread(self._copy_out, project_id, path, into)

    async def stream(
        self, project_id: ProjectId, path: str, *, start: int = 0
    ) -> AsyncIterator[bytes]:
        """Give a file's bytes from ``start`` on in pieces."""
        with self._root(project_id) as root, _found(), regular_file(root, path) as descriptor:
            left = os.fstat(descriptor).st_size - os.lseek(descriptor, start, os.SEEK_SET)
            while left > 0:
                piece = await asyncio.to_thread(os.read, descriptor, min(_PIECE, left))
                if not piece:
                    return
                left -= len(piece)
                yield piece

    async def staged(self, project_id: ProjectId) -> list[RevisionId]:
        """Return what is staged."""
        names = await asyncio.to_thread(os.listdir, self._volumes / project_id / "incoming")
        return [RevisionId(name) for name in names]

    async def stage(self, project_id: ProjectId, staged: RevisionId, spool: Spool) -> None:
        """Write a file that nobody sees yet."""
        await asyncio.to_thread(self._stage, self._incoming(project_id, staged), spool)

    async def place(self, project_id: ProjectId, staged: RevisionId, path: str) -> None:
        """Put a staged file at ``path``."""
        await asyncio.to_thread(self._place, project_id, staged, path)

    async def discard(self, project_id: ProjectId, staged: RevisionId) -> None:
        """Remove a staged file."""
        self._incoming(project_id, staged).unlink(missing_ok=True)

    async def make_directory(self, project_id: ProjectId, path: str) -> None:
        """Make a folder and those above it."""
        await asyncio.to_thread(self._make_directory, project_id, path)

    async def remove(self, project_id: ProjectId, path: str) -> None:
        """Remove a file or folder."""

        def run() -> None:
            with suppress(Absent), self._folder(project_id, parent_of(path)) as parent:
                tree.remove(parent, name_of(path))

        await asyncio.to_thread(run)

    async def move(self, project_id: ProjectId, old: str, new: str) -> None:
        """Rename a file or folder."""
        await asyncio.to_thread(self._move, project_id, old, new)

    async def destroy(self, project_id: ProjectId) -> None:
        """Remove the workspace."""

        def run() -> None:
            with _reported(), suppress(FileNotFoundError):
                tree_parent = os.open(self._volumes, os.O_RDONLY | os.O_DIRECTORY)
                try:
                    tree.remove(tree_parent, project_id)
                finally:
                    os.close(tree_parent)

        await asyncio.to_thread(run)

    def _prepare(self, volume: Path) -> bool:
        with _reported():
            files = volume / "files"
            lost = not files.is_dir()
            volume.mkdir(mode=0o711, parents=True, exist_ok=True)
            (volume / "incoming").mkdir(mode=0o700, exist_ok=True)
            if lost:
                files.mkdir(mode=0o755)
                self._give_away(files)
                (volume / "filled").unlink(missing_ok=True)
            return not (volume / "filled").exists()

    def _look(self, project_id: ProjectId, paths: Sequence[str]) -> dict[str, Seen]:
        found: dict[str, Seen] = {}
        with self._root(project_id) as root:
            for path in paths:
                at_ns = tree.now_ns()
                with suppress(Absent):
                    seen = tree.seen_from(status(root, path), at_ns)
                    if seen is not None:
                        found[path] = seen
        return found

    def _copy_out(self, project_id: ProjectId, path: str, into: Spool) -> Seen | None:
        try:
            with self._root(project_id) as root, regular_file(root, path) as descriptor:
                before = tree.seen_from(os.fstat(descriptor), tree.now_ns())
                while piece := os.read(descriptor, _PIECE):
                    into.write(piece)
                after = tree.seen_from(os.fstat(descriptor), tree.now_ns())
        except (Absent, BlockingIOError):  # gone, or leased by a program inside
            return None
        if before is None or after is None or before.signature == after.signature:
            return before
        return _unsettled(after)

    def _stage(self, path: Path, spool: Spool) -> None:
        with _reported():
            try:
                with spool.reader() as source, path.open("xb") as target:
                    shutil.copyfileobj(source, target, _PIECE)
                    target.flush()
                    if self._sync:
                        os.fsync(target.fileno())
            except OSError:
                path.unlink(missing_ok=True)
                raise

    def _place(self, project_id: ProjectId, staged: RevisionId, path: str) -> None:
        source = self._incoming(project_id, staged)
        name = name_of(path)
        with self._made_parent(project_id, path) as parent:
            source.chmod(_mode_of(parent, name))
            self._give_away(source)
            os.rename(source, name, dst_dir_fd=parent)
            if self._sync:
                os.fsync(parent)

    def _make_directory(self, project_id: ProjectId, path: str) -> None:
        with self._made_parent(project_id, path) as parent:
            self._make_one(parent, name_of(path))
            with folder(parent, name_of(path)):
                return

    def _move(self, project_id: ProjectId, old: str, new: str) -> None:
        with (
            self._made_parent(project_id, new) as target,
            _found(),
            self._folder(project_id, parent_of(old)) as source,
            _found(),
        ):
            rename_new(source, name_of(old), target, name_of(new))

    @contextmanager
    def _root(self, project_id: ProjectId) -> Iterator[int]:
        with _reported():
            descriptor = os.open(self._volumes / project_id / "files", os.O_RDONLY | os.O_DIRECTORY)
            try:
                yield descriptor
            finally:
                os.close(descriptor)

    @contextmanager
    def _folder(self, project_id: ProjectId, path: str) -> Iterator[int]:
        with self._root(project_id) as root, folder(root, path) as descriptor:
            yield descriptor

    @contextmanager
    def _made_parent(self, project_id: ProjectId, path: str) -> Iterator[int]:
        """Give the folder that holds ``path``, made with those above it where missing."""
        with self._root(project_id) as root, _unobstructed():
            for above in ancestors(path):
                with folder(root, parent_of(above)) as descriptor:
                    self._make_one(descriptor, name_of(above))
            with folder(root, parent_of(path)) as descriptor:
                yield descriptor

    def _make_one(self, parent: int, name: str) -> None:
        try:
            os.mkdir(name, mode=0o755, dir_fd=parent)
        except FileExistsError:
            return
        with folder(parent, name) as descriptor:
            self._give_away(descriptor)

    def _give_away(self, what: Path | int) -> None:
        """Let the sandbox's user own something that no link can stand for."""
        if self._gives_away:
            os.chown(what, SANDBOX_USER, SANDBOX_USER)

    def _incoming(self, project_id: ProjectId, staged: RevisionId) -> Path:
        return self._volumes / project_id / "incoming" / staged


def _mode_of(parent: int, name: str) -> int:
    """Return the permission bits that a new version of the file gets."""
    with suppress(Absent):
        found = status(parent, name)
        if stat.S_ISREG(found.st_mode):
            return stat.S_IMODE(found.st_mode) & 0o777 | 0o600
    return 0o644


def _unsettled(seen: Seen) -> Seen:
    return Seen(
        kind=Kind.FILE, signature=seen.signature, settled=False, modified_at=seen.modified_at
    )


@contextmanager
def _found() -> Iterator[None]:
    try:
        yield
    except (Absent, FileNotFoundError) as error:
        raise FileMissing from error


@contextmanager
def _unobstructed() -> Iterator[None]:
    try:
        yield
    except Absent as error:
        raise WrongKind("Something that is not a folder is in the way.") from error


@contextmanager
def _reported() -> Iterator[None]:
    """Turn what the file system says into the platform's conditions."""
    try:
        yield
    except FileExistsError as error:
        raise NameTaken from error
    except Absent:
        raise
    except OSError as error:
        if error.errno in _FULL:
            raise QuotaExceeded("The disk is full: delete something and save again.") from error
        if error.errno in _IN_THE_WAY:
            raise WrongKind from error
        raise StorageUnavailable from error
