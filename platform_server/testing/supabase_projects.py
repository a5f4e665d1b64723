"""Buckets for tests: of a Supabase project that the environment names, or of a double."""

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

import httpx

from platform_server.clock import new_id
from platform_server.settings import StorageKeys
from platform_server.storage.blobs_supabase import SupabaseBlobStore
from platform_server.testing.supabase_storage import SupabaseStorage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping
    from contextlib import AbstractContextManager


def project_from(environ: Mapping[str, str]) -> AbstractContextManager[StorageKeys]:
    """Give the project that the environment names, or else a double, with a new bucket's name."""
    url, key = environ.get("SUPABASE_URL"), environ.get("SUPABASE_SERVICE_KEY")
    return _real(url, key) if url and key else a_double()


@asynccontextmanager
async def bucket_of(
    project: AbstractContextManager[StorageKeys],
) -> AsyncIterator[SupabaseBlobStore]:
    """Give a store in a bucket that is removed at the end, with all that is in it."""
    with project as keys:
        store = SupabaseBlobStore(keys)
        try:
            await store.start()
            yield store
        finally:
            await store.aclose()
            await _remove(keys)


@contextmanager
def _real(url: str, key: str) -> Iterator[StorageKeys]:
    yield StorageKeys(url=url, service_key=key, bucket=f"test-{new_id()}")


@contextmanager
def a_double() -> Iterator[StorageKeys]:
    """Give a double of a project, with a new bucket's name."""
    with SupabaseStorage.served() as storage:
        yield storage.keys(f"test-{new_id()}")


async def _remove(keys: StorageKeys) -> None:
    headers = {"apikey": keys.service_key, "Authorization": f"Bearer {keys.service_key}"}
    bucket = f"{keys.url}/storage/v1/bucket/{keys.bucket}"
    async with httpx.AsyncClient(headers=headers, timeout=60) as client:
        (await client.post(f"{bucket}/empty")).raise_for_status()
        (await client.delete(bucket)).raise_for_status()
