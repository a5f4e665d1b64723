"""Unpacking a zip file into a project: all of it, or nothing."""

from __future__ import annotations

import asyncio
import zipfile
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from platform_server.contents import zips
from platform_server.contents.commits import commit
from platform_server.contents.model import BlobHash, Kind, Origin, RevisionId
from platform_server.contents.quota import growth
from platform_server.contents.repository import MakeDirectory, Save
from platform_server.contents.spool import Spool
from platform_server.errors import NameTaken, PlatformError, WrongKind
from platform_server.projects.names import ancestors, parse_path
from platform_server.uninterrupted import together, uninterrupted

if TYPE_CHECKING:
    from platform_server.contents.fill import Filler
    from platform_server.contents.model import Entry
    from platform_server.contents.parts import Parts
    from platform_server.contents.quota import Quotas
    from platform_server.contents.repository import Change
    from platform_server.contents.step import Step
    from platform_server.contents.zips import Member
    from platform_server.identity.model import UserId
    from platform_server.projects.model import ProjectId


_AT_ONCE = 8  # files that are brought to the stores


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What an import did."""

    files: int  # saved
    unchanged: int  # that were there with the same bytes
    bytes: int  # of the saved ones


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is to be imported, and how."""

    project_id: ProjectId
    folder: str
    author: UserId | None
    replace: bool = False  # files that are there with other bytes; they stay in the history


@dataclass(frozen=True, kw_only=True)
class _Staged:
    """A file of the zip file that is in the stores, where nobody sees it yet."""

    path: str
    revision_id: RevisionId
    blob: BlobHash
    size: int


class Importer:
    """Unpacks zip files. Who may is decided before."""

    def __init__(self, parts: Parts, step: Step, filler: Filler, quotas: Quotas) -> None:
        self._parts = parts
        self._step = step
        self._filler = filler
        self._quotas = quotas

    async def run(self, order: Order, spool: Spool) -> Imported:
        """Unpack what is in the spool into a folder, which is made if it is missing.

        Everything is checked before anything is written, and then becomes visible in one step; a
        crash leaves all, or at most empty folders. Raises InvalidContent, InvalidPath, TooLarge,
        QuotaExceeded, NameTaken (something is there that is not to be replaced) and WrongKind. The
        spool stays the caller's to close.
        """
        await self._filler.ready(order.project_id)
        with spool.reader() as file:
            found = await asyncio.to_thread(zips.members, file, self._bounds())
            folder = parse_path(order.folder)
            places = {zips.place(member, folder): member for member in found}
            await self._foresee(order, places)
            await asyncio.to_thread(zips.verify, file, found)
            with zipfile.ZipFile(file) as archive:
                return await self._unpack(order, archive, places)

    def _bounds(self) -> zips.Bounds:
        quota = self._parts.limits.quota
        return zips.Bounds(files=quota.files, bytes=quota.bytes, file=self._parts.limits.file)

    async def _foresee(self, order: Order, places: dict[str, Member]) -> None:
        """Refuse what is going to be refused, before the work is done."""
        async with self._step.lock(order.project_id):
            known = await self._present(order.project_id, places)
            grown = [
                growth(member.size, known.get(path))
                for path, member in places.items()
                if not member.is_folder
            ]
            await self._quotas.require_room(
                order.project_id,
                size=sum(size for size, _ in grown),
                files=sum(files for _, files in grown),
            )
        for path, member in places.items():
            _check_kind(known, path, is_folder=member.is_folder)
            if not member.is_folder and path in known and not order.replace:
                entry = known[path]
                if entry.size != member.size:
                    raise NameTaken(f'"{path}" is there already.')

    async def _unpack(
        self, order: Order, archive: zipfile.ZipFile, places: dict[str, Member]
    ) -> Imported:
        staged: list[_Staged] = []
        try:
            files = [(path, member) for path, member in places.items() if not member.is_folder]
            for start in range(0, len(files), _AT_ONCE):
                await together(
                    *(
                        self._stage(order.project_id, archive, path, member, staged)
                        for path, member in files[start : start + _AT_ONCE]
                    )
                )
            folders = [path for path, member in places.items() if member.is_folder]
            async with self._step.lock(order.project_id):
                return await self._make(order, folders, staged)
        finally:
            for one in staged:
                await self._parts.workspace.discard(order.project_id, one.revision_id)

    async def _stage(
        self,
        project_id: ProjectId,
        archive: zipfile.ZipFile,
        path: str,
        member: Member,
        staged: list[_Staged],
    ) -> None:
        """Bring one file to the stores, where nobody sees it."""
        revision_id = RevisionId(self._parts.new_id())
        async with aclosing(Spool(self._parts.spool_folder, limit=member.size)) as spool:
            await asyncio.to_thread(_fill, spool, archive, member)
            one = _Staged(path=path, revision_id=revision_id, blob=spool.blob, size=spool.size)
            staged.append(one)
            await together(
                self._parts.blobs.put(project_id, spool),
                self._parts.workspace.stage(project_id, revision_id, spool),
            )

    async def _make(self, order: Order, folders: list[str], staged: list[_Staged]) -> Imported:
        """Commit everything and put it in its place. The caller holds the lock."""
        paths = [*folders, *(one.path for one in staged)]
        known = await self._present(order.project_id, paths)
        saves = [save for one in staged if (save := _save(order, one, known)) is not None]
        changes: list[Change] = [
            MakeDirectory(path=path) for path in folders if _check_kind(known, path, is_folder=True)
        ]
        grown = [growth(save.size, known.get(save.path)) for save in saves]
        size, files = sum(size for size, _ in grown), sum(files for _, files in grown)
        await self._quotas.require_room(order.project_id, size=size, files=files)
        await uninterrupted(self._commit(order.project_id, [*changes, *saves]))
        self._quotas.changed(order.project_id, size=size, files=files)
        return Imported(
            files=len(saves),
            unchanged=len(staged) - len(saves),
            bytes=sum(save.size for save in saves),
        )

    async def _commit(self, project_id: ProjectId, changes: list[Change]) -> None:
        for folder in changes:
            if isinstance(folder, MakeDirectory):
                await self._parts.workspace.make_directory(project_id, folder.path)
        await commit(self._parts, project_id, changes)
        failure: PlatformError | None = None
        for save in changes:
            if isinstance(save, Save):
                try:
                    await self._parts.workspace.place(project_id, save.revision_id, save.path)
                except PlatformError as error:  # code put something there: the others come first
                    failure = failure or error
        if failure is not None:
            raise failure

    async def _present(
        self, project_id: ProjectId, paths: dict[str, Member] | list[str]
    ) -> dict[str, Entry]:
        """Return what is at the paths and above them. The caller holds the lock."""
        wanted = sorted({above for path in paths for above in ancestors(path)} | set(paths))
        return await self._step.settle_locked(project_id, wanted)


def _fill(spool: Spool, archive: zipfile.ZipFile, member: Member) -> None:
    for piece in zips.pieces(archive, member):
        spool.write(piece)


def _check_kind(known: dict[str, Entry], path: str, *, is_folder: bool) -> bool:
    """Tell whether there is nothing at the path. Raises WrongKind."""
    for above in ancestors(path):
        if above in known and known[above].kind is not Kind.DIRECTORY:
            raise WrongKind(f'"{above}" is a file, not a folder.')
    if path not in known:
        return True
    if (known[path].kind is Kind.DIRECTORY) != is_folder:
        raise WrongKind(f'"{path}" is there as something else.')
    return False


def _save(order: Order, one: _Staged, known: dict[str, Entry]) -> Save | None:
    """Return the change that a file needs, None if it is there already. Raises NameTaken."""
    entry = None if _check_kind(known, one.path, is_folder=False) else known[one.path]
    revision = None if entry is None else entry.revision
    if revision is not None and revision.blob == one.blob:
        return None
    if entry is not None and not order.replace:
        raise NameTaken(f'"{one.path}" is there already.')
    return Save(
        path=one.path,
        revision_id=one.revision_id,
        replaces=None if revision is None else revision.id,
        blob=one.blob,
        size=one.size,
        author_id=order.author,
        origin=Origin.IMPORT,
    )
