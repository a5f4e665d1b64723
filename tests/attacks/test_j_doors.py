"""J. Supabase's keys, and what reaches the database: nothing is said twice, nothing is run.

``shown``    what the server shows to anybody, its pages' parts included
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import psycopg
import pytest

import platform_server.storage
from platform_extensions.lab.sources import find_sources
from platform_server.storage.blobs_supabase import SupabaseBlobStore
from platform_server.testing.processes import environment_of
from platform_server.testing.serving import SECRETS
from platform_server.testing.supabase_storage import SupabaseStorage, token
from platform_server.testing.web_kernels import kernel_of, value_of

if TYPE_CHECKING:
    from platform_server.testing.serving import Person

BUCKET = "attacked"
KEY = "project/aa/" + "a" * 64


@pytest.mark.parametrize("role", ["anon", "authenticated", "nobody", None])
async def test_105_the_public_key_opens_no_door_of_the_store(role: str | None) -> None:
    with SupabaseStorage.served() as storage:
        store = SupabaseBlobStore(storage.keys(BUCKET))
        await store.check()  # makes the bucket
        await store.aclose()
        assert not storage.objects.buckets[BUCKET].public
        headers = {} if role is None else {"Authorization": f"Bearer {token(role)}"}
        async with httpx.AsyncClient(
            base_url=storage.url, headers=headers, trust_env=False
        ) as client:
            answers = [
                await client.get(f"/storage/v1/object/public/{BUCKET}/{KEY}"),
                await client.get(f"/storage/v1/object/{BUCKET}/{KEY}"),
                await client.post(f"/storage/v1/object/{BUCKET}/{KEY}", content=b"mine"),
                await client.post(f"/storage/v1/object/list/{BUCKET}", json={"prefix": ""}),
                await client.post("/storage/v1/bucket", json={"id": "mine", "public": True}),
            ]
        assert [one.is_error for one in answers] == [True] * len(answers)
        assert list(storage.objects.buckets) == [BUCKET]


async def test_105_107_there_is_no_function_to_call(postgres_url: str) -> None:
    """None that Supabase would offer to its public roles, or that has its maker's rights."""
    statement = (
        "SELECT proname FROM pg_proc WHERE prosecdef OR "
        "(pronamespace = 'public'::regnamespace AND prorettype <> 'trigger'::regtype)"
    )
    async with await psycopg.AsyncConnection.connect(postgres_url) as connection:
        assert await (await connection.execute(statement)).fetchall() == []


HOSTILE = [
    "x'; DROP TABLE users; --",
    "x' OR '1'='1",
    '"; SELECT pg_sleep(60); --',
    "1) UNION SELECT password FROM users --",
    "%' ESCAPE '!",
    "name;desc,(select 1)",
    "$$||pg_read_file('/etc/passwd')||$$",
]


@pytest.mark.parametrize("text", HOSTILE)
async def test_107_what_a_client_says_is_never_a_statement(alice: Person, text: str) -> None:
    project = await alice.project("statements")
    base = f"/api/projects/{project['id']}"
    names = ("q", "path", "order", "select", "limit", "before", "state", "archived", "project")
    everything = dict.fromkeys(names, text)
    for path in (
        "/api/projects/",
        f"{base}/history",
        f"{base}/checkpoints/",
        "/api/submissions/",
        "/api/containers/",
        "/api/contents/statements",
    ):
        answer = await alice.http.get(path, params=everything)
        assert answer.status_code < 500, (path, answer.text)
    saved = await alice.http.put(
        f"/api/contents/statements/{text.replace('/', '_')}.txt",
        json={"type": "file", "format": "text", "content": text},
    )
    assert saved.status_code in {201, 400}, saved.text
    assert (await alice.http.get("/api/me")).status_code == 200
    assert (await alice.http.get(base)).json()["name"] == "statements"


def test_107_no_statement_is_put_together_from_text() -> None:
    """Only where a name of a table is ours: what makes the tables, and keeps them closed."""
    folder = Path(platform_server.storage.__file__).parent
    ours = {"row_security.py", "migrate.py", "database.py", "dump.py", "restore.py"}
    found = []
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func).rpartition(".")[2]
            is_text = called in {"text", "exec_driver_sql", "literal_column", "TextClause"}
            if is_text and node.args and not isinstance(node.args[0], ast.Constant):
                found.append(path.name)
    assert set(found) <= ours


@pytest.fixture
async def shown(alice: Person) -> dict[str, str]:
    await alice.project("shown")
    browser = await alice.browser()
    paths = ["/lab", "/login", "/api", "/api/me", "/api/status", "/no/such/page", "/api/nothing"]
    paths += ["/api/contents/shown/%00", "/lab/api/settings", "/api/kernelspecs", "/openapi.json"]
    answers = [await browser.get(path, follow_redirects=True) for path in paths]
    texts = {one.url.path: one.text + str(one.headers) for one in answers}
    scripts = set(re.findall(r'(?:src|href)="([^"]+\.(?:js|css|json))', texts["/lab"]))
    for script in scripts:
        texts[script] = (await browser.get(script)).text
    return texts


async def test_108_the_service_key_is_in_nothing_that_a_browser_gets(
    alice: Person, shown: dict[str, str]
) -> None:
    assert SECRETS.items() <= environment_of(alice.server.process.pid).items()
    assert len(shown) > 10
    for place, text in shown.items():
        assert not [name for name, secret in SECRETS.items() if secret in text], place


def test_108_no_key_is_built_into_the_page() -> None:
    """Neither one of this installation's, nor a word that looks like one of Supabase's."""
    looks_like_one = re.compile(rb"sb_secret_\w{8}|service_role|eyJhbGciOi[\w-]{10,}\.eyJ")
    sources = find_sources([])
    folders = [sources.static, *(one.folder for one in sources.extensions)]
    found = [
        path
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and looks_like_one.search(path.read_bytes())
    ]
    assert len(folders) > 1
    assert found == []


async def test_108_the_service_key_is_in_no_sandbox_and_no_log(alice: Person, image: str) -> None:
    del image
    await alice.project("shown")
    async with kernel_of(alice, "shown") as socket:
        seen = await value_of(
            socket, "import subprocess; subprocess.getoutput('env; cat /proc/*/environ; mount')"
        )
    logged = alice.server.log.read_text(errors="replace")
    for secret in SECRETS.values():
        assert secret not in seen
        assert secret not in logged
