"""Supabase Storage as it is: what was measured of it, and what its adapter makes of that.

``storage``  a double of it, which does on command what the world does
``blobs``    a store in one of its buckets
"""

from __future__ import annotations

import asyncio
import logging
import threading
import traceback
import tracemalloc
from contextlib import aclosing, asynccontextmanager
from hashlib import sha256, shake_128
from typing import TYPE_CHECKING

import httpx
import pytest

from platform_server.contents.model import BlobHash
from platform_server.contents.spool import clear, spooled
from platform_server.errors import InvalidInput, QuotaExceeded, StorageUnavailable
from platform_server.projects.model import ProjectId
from platform_server.storage.blobs_supabase import SupabaseBlobStore
from platform_server.storage.supabase_http import Patience
from platform_server.storage.supabase_tus import CHUNK
from platform_server.testing.supabase_faults import Harm
from platform_server.testing.supabase_objects import Refusal, check_name
from platform_server.testing.supabase_storage import SupabaseStorage, token
from platform_server.testing.worlds import BUILDER, WONDER

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from platform_server.contents.blobs import BlobStore

QUICK = Patience(total=60.0, repeat=60.0, first_pause=0.001, longest_pause=0.01)
HASTY = Patience(total=0.2, repeat=0.2, first_pause=0.001, longest_pause=0.01)
BUCKET = "work"
INTERNAL = Refusal(500, "Internal", "Internal Server Error", http=500)
LARGE = 2 * CHUNK + 1  # bytes: three requests


@pytest.fixture
def storage() -> Iterator[SupabaseStorage]:
    with SupabaseStorage.served() as storage:
        yield storage


@pytest.fixture
async def blobs(storage: SupabaseStorage) -> AsyncIterator[SupabaseBlobStore]:
    async with store_in(storage) as store:
        await store.start()
        storage.calls.clear()
        storage.received = 0
        yield store


@asynccontextmanager
async def store_in(
    storage: SupabaseStorage, *, key: str | None = None, patience: Patience = QUICK
) -> AsyncIterator[SupabaseBlobStore]:
    store = SupabaseBlobStore(storage.keys(BUCKET, key), patience)
    try:
        yield store
    finally:
        await store.aclose()


async def put(blobs: BlobStore, folder: Path, data: bytes, project: ProjectId = WONDER) -> BlobHash:
    clear(folder / "spool")
    async with aclosing(await spooled(data, folder / "spool", limit=1 << 30)) as spool:
        return await blobs.put(project, spool)


async def read(blobs: BlobStore, blob: BlobHash) -> bytes:
    return b"".join([piece async for piece in blobs.open(WONDER, blob)])


def varied(size: int) -> bytes:
    """Return bytes of which no two parts are alike."""
    return shake_128(b"tea").digest(size)


def methods(storage: SupabaseStorage) -> list[str]:
    return [call.partition(" ")[0] for call in storage.calls]


# Statuses, keys and names


async def test_a_status_in_a_string_is_the_one_that_counts(
    storage: SupabaseStorage, blobs: SupabaseBlobStore
) -> None:
    nothing = BlobHash(sha256(b"nothing").hexdigest())
    headers = {"apikey": token(), "Authorization": f"Bearer {token()}"}
    async with httpx.AsyncClient(base_url=f"{storage.url}/storage/v1", headers=headers) as client:
        answer = await client.get(f"/object/info/{BUCKET}/a/b")
    assert (answer.status_code, answer.json()["statusCode"]) == (400, "404")

    assert not await blobs.exists(WONDER, nothing)
    with pytest.raises(StorageUnavailable, match="missing or damaged"):
        await read(blobs, nothing)


@pytest.mark.parametrize("key", [token(expires=1), token(secret="another " * 8), "sb_secret_x"])
async def test_a_key_that_is_not_good_is_not_taken_for_a_missing_blob(
    storage: SupabaseStorage, blobs: SupabaseBlobStore, tmp_path: Path, key: str
) -> None:
    blob = await put(blobs, tmp_path, b"tea")
    async with store_in(storage, key=key) as outside:
        storage.calls.clear()
        for attempt in (
            lambda: outside.exists(WONDER, blob),
            lambda: read(outside, blob),
            lambda: outside.delete(WONDER, blob),
            lambda: outside.delete_project(WONDER),
            lambda: put(outside, tmp_path, b"other"),
            outside.check,
        ):
            with pytest.raises(StorageUnavailable, match="doctor"):
                await attempt()
        assert len(storage.calls) == 6  # nothing of it is worth a second attempt
    assert await read(blobs, blob) == b"tea"


async def test_a_key_without_rights_is_found_out(storage: SupabaseStorage, tmp_path: Path) -> None:
    async with store_in(storage, key=token("anon")) as outside:
        with pytest.raises(StorageUnavailable, match="doctor"):
            await outside.check()
        with pytest.raises(StorageUnavailable, match="doctor"):
            await put(outside, tmp_path, b"tea")


async def test_a_page_of_somebody_else_says_nothing_about_blobs(
    storage: SupabaseStorage, blobs: SupabaseBlobStore, tmp_path: Path
) -> None:
    blob = await put(blobs, tmp_path, b"tea")
    for status in (200, 302, 404):
        storage.fails(Harm.PAGE, status=status)
        with pytest.raises(StorageUnavailable):
            await blobs.exists(WONDER, blob)
        storage.fails(Harm.PAGE, status=status)
        with pytest.raises(StorageUnavailable):
            await put(blobs, tmp_path, b"not kept")
        storage.fails(Harm.PAGE, status=status)
        with pytest.raises(StorageUnavailable):
            await read(blobs, blob)


async def test_106_names_are_made_of_hashes_and_ids_only(
    storage: SupabaseStorage, blobs: SupabaseBlobStore, tmp_path: Path
) -> None:
    for name in ("été.txt", "a#b", "100%", "a/../b", "[1]"):
        with pytest.raises(Refusal, match="Invalid key"):
            check_name(name)
    blob = await put(blobs, tmp_path, b"tea")
    assert list(storage.objects.buckets[BUCKET].rows) == [f"{WONDER}/{blob[:2]}/{blob}"]


async def test_bytes_that_look_like_a_path_are_bytes(
    blobs: SupabaseBlobStore, tmp_path: Path
) -> None:
    assert await read(blobs, await put(blobs, tmp_path, b"/etc/passwd")) == b"/etc/passwd"


async def test_108_the_key_is_in_no_log_error_or_representation(
    storage: SupabaseStorage, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    key, told = token(expires=1), ""
    keys = storage.keys(BUCKET, key)
    async with store_in(storage, key=key, patience=HASTY) as store:
        await store.start()
        storage.fails(Harm.CUT_BEFORE, times=1000)
        for attempt in (store.check, lambda: put(store, tmp_path, b"tea")):
            with pytest.raises(StorageUnavailable) as caught:
                await attempt()
            told += "".join(traceback.format_exception(caught.value)) + repr(caught.value)
        told += repr(store) + repr(vars(store)) + repr(keys) + caplog.text
    assert "the project store is not ready" in told
    assert key not in told


@pytest.mark.parametrize("key", ["two words", "line\n", "ключ", " "])
def test_what_cannot_be_a_key_is_refused_without_being_quoted(
    storage: SupabaseStorage, key: str
) -> None:
    with pytest.raises(InvalidInput, match="SUPABASE_SERVICE_KEY is not a key") as caught:
        storage.keys(BUCKET, key)
    assert key == " " or key not in str(caught.value)


# The bucket


async def test_two_servers_make_one_private_bucket(storage: SupabaseStorage) -> None:
    async with store_in(storage) as one, store_in(storage) as other:
        await asyncio.gather(one.start(), other.start())
        await one.check()
    assert {name: one.public for name, one in storage.objects.buckets.items()} == {BUCKET: False}


async def test_a_bucket_that_was_missing_is_made_by_the_first_save(
    storage: SupabaseStorage, tmp_path: Path
) -> None:
    async with store_in(storage) as store:
        for size in (3, CHUNK + 1):
            storage.objects.buckets.clear()
            blob = await put(store, tmp_path, bytes(size))
            assert await read(store, blob) == bytes(size)


async def test_a_public_bucket_is_complained_about(
    storage: SupabaseStorage, caplog: pytest.LogCaptureFixture
) -> None:
    storage.objects.create_bucket(BUCKET, public=True)
    async with store_in(storage) as store:
        with pytest.raises(StorageUnavailable, match="is public"):
            await store.check()
        await store.start()
    assert "is public" in caplog.text


async def test_a_store_that_is_away_at_the_start_does_not_matter(
    storage: SupabaseStorage, tmp_path: Path
) -> None:
    storage.is_down = True
    async with store_in(storage, patience=HASTY) as store:
        await store.start()
    storage.is_down = False
    async with store_in(storage) as store:
        assert await read(store, await put(store, tmp_path, b"tea")) == b"tea"


# Creating


async def test_a_small_blob_takes_one_request_whether_it_is_new_or_not(
    storage: SupabaseStorage, blobs: SupabaseBlobStore, tmp_path: Path
) -> None:
    blob = await put(blobs, tmp_path, b"tea")
    assert methods(storage) == ["POST"]
    version = storage.objects.row(BUCKET, f"{WONDER}/{blob[:2]}/{blob}").version
    await put(blobs, tmp_path, b"tea")

    assert methods(storage) == ["POST", "POST"]
    row = storage.objects.row(BUCKET, f"{WONDER}/{blob[:2]}/{blob}")
    assert row.version == version  # no overwrite, with which reads would race
    assert (row.content_type, row.cache_control) == ("application/octet-stream", "max-age=0")


@pytest.mark.parametrize("size", [3, CHUNK + 1])
async def test_of_those_who_create_at_the_same_time_all_succeed(
    storage: SupabaseStorage, blobs: SupabaseBlobStore, tmp_path: Path, size: int
) -> None:
    storage.meeting = threading.Barrier(4)  # all have seen that there is nothing: it is not atomic
    names = await asyncio.gather(
        *(put(blobs, tmp_path / str(number), varied(size)) for number in range(4))
    )
    storage.meeting = None
    assert len(set(names)) == 1
    assert await read(blobs, names[0]) == varied(size)


@pytest.mark.parametrize("harm", [Harm.CUT_BEFORE, Harm.CUT_REQUEST, Harm.LOSE_ANSWER, Harm.PAGE])
async def test_a_save_that_broke_is_made_again(
    storage: SupabaseStorage, blobs: SupabaseBlobStore, tmp_path: Path, harm: Harm
) -> None:
    storage.fails(harm, times=3, after=10_000)
    blob = await put(blobs, tmp_path, varied(1 << 20))
    assert methods(storage) == ["POST"] * 4
    assert await read(blobs, blob) == varied(1 << 20)


@pytest.mark.parametrize("status", [408, 423, 429, 500, 503, 504, 544])
async def test_a_refusal_that_passes_is_waited_for(
    storage: SupabaseStorage, blobs: SupabaseBlobStore, tmp_path: Path, status: int
) -> None:
    storage.fails(Harm.REFUSE, refusal=Refusal(status, "Error", "wait"))
    blob = await put(blobs, tmp_path, b"tea")
    assert await blobs.exists(WONDER, blob)


@pytest.mark.parametrize("size", [2000, CHUNK + 1])
async def test_what_is_too_large_for_the_project_is_refused_with_the_reason(
    storage: SupabaseStorage, blobs: SupabaseBlobStore, tmp_path: Path, size: int
) -> None:
    storage.objects.size_limit = 1000
    with pytest.raises(QuotaExceeded, match="ask the admin to raise its limit"):
        await put(blobs, tmp_path, bytes(size))
    assert len(storage.calls) == 1


async def test_a_project_without_room_is_full(
    storage: SupabaseStorage, blobs: SupabaseBlobStore, tmp_path: Path
) -> None:
    storage.fails(Harm.REFUSE, refusal=Refusal(402, "exceed_storage_size_quota", "pay"))
    with pytest.raises(QuotaExceeded, match="is full"):
        await put(blobs, tmp_path, b"tea")


@pytest.mark.parametrize("harm", [Harm.CUT_BEFORE, Harm.HANG])
async def test_an_outage_is_told_after_a_bounded_time(
    storage: SupabaseStorage, tmp_path: Path, harm: Harm
) -> None:
    async with store_in(storage, patience=HASTY) as store:
        storage.fails(harm, times=1000)
        for attempt in (
            lambda: put(store, tmp_path, b"tea"),
            lambda: store.exists(WONDER, BlobHash("0" * 64)),
            lambda: store.delete(WONDER, BlobHash("0" * 64)),
        ):
            with pytest.raises(StorageUnavailable, match="cannot be reached"):
                await attempt()


async def test_all_requests_share_connections(
    storage: SupabaseStorage, blobs: SupabaseBlobStore, tmp_path: Path
) -> None:
    for number in range(5):
        await read(blobs, await put(blobs, tmp_path, bytes(number)))
    assert storage.connections == 1


# Resumable uploads


async def test_a_large_blob_goes_up_in_chunks_to_the_address_that_is_configured(
    storage: SupabaseStorage, blobs: SupabaseBlobStore, tmp_path: Path
) -> None:
    blob = await put(blobs, tmp_path, varied(LARGE))

    assert methods(storage) == ["POST", "PATCH", "PATCH", "PATCH"]
    assert storage.received == LARGE
    assert sha256(await read(blobs, blob)).hexdigest() == blob


async def test_a_large_blob_that_is_there_is_not_sent_again(
    storage: SupabaseStorage, blobs: SupabaseBlobStore, tmp_path: Path
) -> None:
    await put(blobs, tmp_path, varied(LARGE))
    await put(blobs, tmp_path, varied(LARGE))
    assert storage.received == LARGE


@pytest.mark.parametrize("harm", [Harm.CUT_REQUEST, Harm.LOSE_ANSWER, Harm.CUT_BEFORE])
async def test_an_upload_goes_on_from_where_it_broke(
    storage: SupabaseStorage, blobs: SupabaseBlobStore, tmp_path: Path, harm: Harm
) -> None:
    storage.fails(harm, on="PATCH", times=2, after=1 << 20)
    blob = await put(blobs, tmp_path, varied(LARGE))

    assert storage.received == LARGE  # not a byte of it twice
    assert sha256(await read(blobs, blob)).hexdigest() == blob


async def test_an_upload_of_which_only_the_last_answer_was_lost_is_done(
    storage: SupabaseStorage, blobs: SupabaseBlobStore, tmp_path: Path
) -> None:
    storage.fails(Harm.LOSE_ANSWER, on="PATCH", times=1)
    blob = await put(blobs, tmp_path, varied(CHUNK - 1) + varied(2))
    assert await blobs.exists(WONDER, blob)


async def test_an_upload_that_the_server_forgot_begins_again(
    storage: SupabaseStorage, blobs: SupabaseBlobStore, tmp_path: Path
) -> None:
    gone = Refusal(404, "", "The file for this url was not found", http=404)
    storage.fails(Harm.REFUSE, on="PATCH", refusal=gone)
    blob = await put(blobs, tmp_path, varied(LARGE))
    assert methods(storage)[:3] == ["POST", "PATCH", "POST"]
    assert sha256(await read(blobs, blob)).hexdigest() == blob


async def test_a_chunk_out_of_turn_is_not_taken_for_an_object_that_is_there(
    storage: SupabaseStorage, blobs: SupabaseBlobStore, tmp_path: Path
) -> None:
    conflict = Refusal(409, "", "Upload-Offset conflict", http=409)
    storage.fails(Harm.REFUSE, on="PATCH", refusal=conflict, times=2)
    blob = await put(blobs, tmp_path, varied(LARGE))
    assert sha256(await read(blobs, blob)).hexdigest() == blob

    storage.fails(Harm.REFUSE, on="PATCH", refusal=conflict, times=3)
    with pytest.raises(StorageUnavailable):
        await put(blobs, tmp_path, varied(LARGE - 1))


async def test_a_gigabyte_would_not_be_in_memory(blobs: SupabaseBlobStore, tmp_path: Path) -> None:
    clear(tmp_path / "spool")
    size = 5 * CHUNK

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(size >> 20):
            yield bytes(1 << 20)

    async with aclosing(await spooled(pieces(), tmp_path / "spool", limit=size)) as spool:
        tracemalloc.start()
        blob = await blobs.put(WONDER, spool)
        count = sum([len(piece) async for piece in blobs.open(WONDER, blob)])
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert count == size
    assert peak < CHUNK  # of the double, too


# Reading


@pytest.mark.parametrize("refusal", [INTERNAL, Refusal(404, "Not found", "was not found")])
async def test_a_read_that_races_an_overwrite_is_made_again(
    storage: SupabaseStorage, blobs: SupabaseBlobStore, tmp_path: Path, refusal: Refusal
) -> None:
    blob = await put(blobs, tmp_path, b"tea")
    storage.fails(Harm.REFUSE, on="GET", refusal=refusal, times=2)
    assert await read(blobs, blob) == b"tea"


@pytest.mark.parametrize("ignores_ranges", [False, True])
async def test_a_download_goes_on_from_where_it_broke(
    storage: SupabaseStorage, blobs: SupabaseBlobStore, tmp_path: Path, *, ignores_ranges: bool
) -> None:
    blob = await put(blobs, tmp_path, varied(3 << 20))
    storage.ignores_ranges = ignores_ranges
    storage.calls.clear()
    storage.fails(Harm.CUT_ANSWER, on="GET", after=1 << 20)
    storage.fails(Harm.CUT_ANSWER, on="GET", after=3 << 19)
    assert await read(blobs, blob) == varied(3 << 20)
    assert methods(storage) == ["GET"] * 3


async def test_a_download_that_breaks_again_and_again_fails(
    storage: SupabaseStorage, blobs: SupabaseBlobStore, tmp_path: Path
) -> None:
    blob = await put(blobs, tmp_path, varied(1 << 20))
    storage.fails(Harm.CUT_ANSWER, on="GET", after=0, times=50)
    with pytest.raises(StorageUnavailable):
        await read(blobs, blob)


@pytest.mark.parametrize("damage", [b"x", b"", b"and more"])
async def test_damaged_bytes_are_not_handed_out_whole(
    storage: SupabaseStorage, blobs: SupabaseBlobStore, tmp_path: Path, damage: bytes
) -> None:
    data, given = varied(1 << 20), bytearray()
    blob = await put(blobs, tmp_path, data)
    row = storage.objects.row(BUCKET, f"{WONDER}/{blob[:2]}/{blob}")
    changed = data[:-1] + damage
    (storage.objects.folder / row.version).write_bytes(changed)
    row.size = len(changed)

    async def take() -> None:
        async for piece in blobs.open(WONDER, blob):
            given.extend(piece)

    with pytest.raises(StorageUnavailable, match="damaged"):
        await take()
    assert len(given) < len(changed)


# Lists


async def test_lists_tell_upper_from_lower_case_though_the_first_version_does_not(
    storage: SupabaseStorage, blobs: SupabaseBlobStore, tmp_path: Path
) -> None:
    one = await put(blobs, tmp_path, b"tea", ProjectId("wonder"))
    other = await put(blobs, tmp_path, b"coffee", ProjectId("Wonder"))
    merged = storage.objects.list(BUCKET, {"prefix": "WONDER"})
    assert {item["name"] for item in merged} == {one[:2], other[:2]}

    assert [stored.blob async for stored in blobs.list(ProjectId("wonder"))] == [one]
    assert [stored.blob async for stored in blobs.list(ProjectId("Wonder"))] == [other]
    assert sorted([name async for name in blobs.projects()]) == ["Wonder", "wonder"]


async def test_lists_are_followed_to_their_end(
    storage: SupabaseStorage, blobs: SupabaseBlobStore, tmp_path: Path
) -> None:
    names = {await put(blobs, tmp_path, bytes(size)) for size in range(8)}
    for number in range(4):
        await put(blobs, tmp_path, b"tea", ProjectId(f"p{number}"))
    (tmp_path / "other").write_bytes(b"")
    storage.objects.finish(BUCKET, f"{WONDER}/ab/no blob", tmp_path / "other", "text/plain", "0")
    storage.objects.largest_page = 3

    assert {stored.blob async for stored in blobs.list(WONDER)} == names
    assert len([name async for name in blobs.projects()]) == 5


async def test_106_a_project_that_is_a_prefix_of_anothers_is_not_the_other(
    blobs: SupabaseBlobStore, tmp_path: Path
) -> None:
    blob = await put(blobs, tmp_path, b"tea", ProjectId("wonderland"))
    await blobs.delete_project(WONDER)
    assert [stored.blob async for stored in blobs.list(WONDER)] == []
    assert await blobs.exists(ProjectId("wonderland"), blob)


async def test_a_project_of_many_blobs_is_deleted_in_portions(
    storage: SupabaseStorage, blobs: SupabaseBlobStore, tmp_path: Path
) -> None:
    blob = await put(blobs, tmp_path, b"tea", BUILDER)
    for number in range(1005):
        name = sha256(str(number).encode()).hexdigest()
        (tmp_path / "new").touch()
        key = f"{WONDER}/{name[:2]}/{name}"
        storage.objects.finish(BUCKET, key, tmp_path / "new", "text/plain", "0")
    storage.calls.clear()

    await blobs.delete_project(WONDER)
    assert methods(storage).count("DELETE") == 2
    assert [name async for name in blobs.projects()] == [BUILDER]
    assert await blobs.exists(BUILDER, blob)


async def test_to_remove_nothing_is_not_asked_of_the_server(
    storage: SupabaseStorage, blobs: SupabaseBlobStore
) -> None:
    await blobs.delete_project(WONDER)
    assert "DELETE" not in methods(storage)
    storage.objects.buckets.clear()
    await blobs.delete_project(WONDER)
    await blobs.delete(WONDER, BlobHash("0" * 64))
