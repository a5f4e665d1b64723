"""When files' bytes are kept in Supabase Storage, and what the doctor says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from platform_server.cli.findings import Finding, Level, storage
from platform_server.errors import InvalidInput
from platform_server.settings import Settings, settings_from
from platform_server.testing.supabase_storage import SupabaseStorage, token

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEYS = {
    "SUPABASE_URL": "https://example.supabase.co",
    "SUPABASE_SERVICE_KEY": "secret-of-the-server",
    "SUPABASE_BUCKET": "platform",
}


@pytest.fixture
def project() -> Iterator[SupabaseStorage]:
    with SupabaseStorage.served() as project:
        yield project


def settings(home: Path, project: SupabaseStorage, key: str) -> Settings:
    more = {"SUPABASE_URL": project.url, "SUPABASE_SERVICE_KEY": key}
    return settings_from(KEYS | more | {"PLATFORM_HOME": str(home)})


async def findings(chosen: Settings) -> list[Finding]:
    return [finding async for finding in storage(chosen)]


def test_files_are_kept_here_until_a_bucket_is_named() -> None:
    keys = settings_from(KEYS).storage
    assert keys is not None
    assert (keys.url, keys.service_key, keys.bucket) == tuple(KEYS.values())
    assert settings_from(KEYS | {"SUPABASE_BUCKET": ""}).storage is None
    assert settings_from({}).storage is None


@pytest.mark.parametrize("missing", ["SUPABASE_URL", "SUPABASE_SERVICE_KEY"])
def test_a_bucket_without_a_project_is_refused_instead_of_keeping_files_here(missing: str) -> None:
    with pytest.raises(InvalidInput, match="set SUPABASE_URL and SUPABASE_SERVICE_KEY, too"):
        settings_from(KEYS | {missing: ""})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SUPABASE_URL", "example.supabase.co"),
        ("SUPABASE_SERVICE_KEY", "two words"),
        ("SUPABASE_BUCKET", "a/b"),
        ("SUPABASE_BUCKET", ".."),
    ],
)
def test_what_cannot_be_meant_is_refused(name: str, value: str) -> None:
    with pytest.raises(InvalidInput, match=name):
        settings_from(KEYS | {name: value})


def test_the_secrets_are_in_no_representation() -> None:
    secrets = {"SUPABASE_ANON_KEY": "public", "JWT_SECRET": "jwt-of-the-server"}
    shown = repr(settings_from(KEYS | secrets))
    assert "platform" in shown
    assert "secret-of-the-server" not in shown
    assert "jwt-of-the-server" not in shown


async def test_the_doctor_says_that_all_is_well(project: SupabaseStorage, tmp_path: Path) -> None:
    (finding,) = await findings(settings(tmp_path, project, token()))
    assert finding.level is Level.GOOD
    assert 'bucket "platform"' in finding.what


async def test_the_doctor_says_what_is_wrong_with_the_key_without_showing_it(
    project: SupabaseStorage, tmp_path: Path
) -> None:
    (finding,) = await findings(settings(tmp_path, project, token(expires=1)))
    assert finding.level is Level.BAD
    assert "exp" in finding.what
    assert "SUPABASE_SERVICE_KEY" in finding.advice
    assert token(expires=1) not in finding.what + finding.advice


async def test_the_doctor_sees_a_public_bucket(project: SupabaseStorage, tmp_path: Path) -> None:
    project.objects.create_bucket("platform", public=True)
    (finding,) = await findings(settings(tmp_path, project, token()))
    assert (finding.level, "is public" in finding.what) == (Level.BAD, True)


async def test_the_doctor_sees_files_that_were_left_on_this_server(
    project: SupabaseStorage, tmp_path: Path
) -> None:
    blob = "ab" * 32
    (tmp_path / "blobs" / "wonder" / "ab").mkdir(parents=True)
    (tmp_path / "blobs" / "wonder" / "ab" / blob).touch()
    _, finding = await findings(settings(tmp_path, project, token()))
    assert (finding.level, "wonder" in finding.what) == (Level.WARNING, True)
