"""How a command reaches the accounts: with its own connection, beside a server or without one."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

import click

from platform_server.errors import PlatformError, Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from platform_server.contents.blobs import BlobStore
    from platform_server.identity.service import IdentityService
    from platform_server.settings import Settings

T = TypeVar("T")
_ASK_DOCTOR = "`jupyter platform doctor` looks for the reason."


def with_accounts(work: Callable[[IdentityService], Awaitable[T]]) -> T:
    """Do the work on the installation's accounts; its refusals end the command with a message."""
    return run(lambda: _with_accounts(work))


def run(work: Callable[[], Awaitable[T]]) -> T:
    """Do the work; a refusal ends the command with its message."""

    async def complete() -> T:
        return await work()

    try:
        return asyncio.run(complete())
    except Unavailable as error:
        raise click.ClickException(f"{error.message} {_ASK_DOCTOR}") from error
    except PlatformError as error:
        raise click.ClickException(error.message) from error


@asynccontextmanager
async def blobs_of(settings: Settings) -> AsyncIterator[BlobStore]:
    """Give the store of an installation's files."""
    from platform_server.app import make_blobs, make_remote

    remote = make_remote(settings)
    try:
        yield make_blobs(settings, remote)
    finally:
        if remote is not None:
            await remote.aclose()


async def _with_accounts(work: Callable[[IdentityService], Awaitable[T]]) -> T:
    # Takes a second to import; asking for help does without.
    from platform_server.app import make_identity
    from platform_server.settings import environment, settings_from
    from platform_server.storage.database import Database
    from platform_server.storage.migrate import upgrade

    settings = settings_from(environment())
    settings.home.create()
    database = Database(settings.database_url)
    try:
        await upgrade(database)
        return await work(make_identity(database, settings))
    finally:
        await database.aclose()
