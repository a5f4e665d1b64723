"""Supabase's public roles may do nothing with any table.

``supabase``  a database in which, as in Supabase's, new tables are open to everybody
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import sql

from platform_server.storage.database import Database
from platform_server.storage.migrate import upgrade
from platform_server.storage.row_security import ROLES
from platform_server.storage.tables import all_tables
from platform_server.testing.worlds import populate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from platform_server.testing.postgres import Cluster

COLUMNS = "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
ROLE = """DO $$ BEGIN CREATE ROLE {} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$"""
OPENED = "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO {}"


@pytest.fixture
async def supabase(postgres: Cluster) -> AsyncIterator[str]:
    name = await postgres.create()
    for role in ROLES:
        await postgres.execute(ROLE, role)
        await postgres.execute("GRANT USAGE ON SCHEMA public TO {}", role, database=name)
        await postgres.execute(OPENED, role, database=name)
    database = Database(postgres.url(name))
    await populate(database)
    await database.aclose()
    yield name
    await postgres.drop(name)


async def rows(url: str, statement: str, *values: str) -> list[Any]:
    async with await psycopg.AsyncConnection.connect(url) as connection:
        answer = await connection.execute(statement.encode(), values)
        return [row[0] for row in await answer.fetchall()]


async def attempts(url: str, table: str) -> dict[str, sql.Composed]:
    """Return a statement of each kind, that could work."""
    columns = sql.Identifier((await rows(url, COLUMNS, table))[0])
    name = sql.Identifier(table)
    return {
        "select": sql.SQL("SELECT {} FROM {}").format(columns, name),
        "insert": sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {}").format(
            name, columns, columns, name
        ),
        "insert value": sql.SQL("INSERT INTO {} DEFAULT VALUES").format(name),
        "update": sql.SQL("UPDATE {} SET {} = {}").format(name, columns, columns),
        "delete": sql.SQL("DELETE FROM {}").format(name),
        "truncate": sql.SQL("TRUNCATE {} CASCADE").format(name),
        "lock": sql.SQL("LOCK TABLE {}").format(name),
    }


async def refusals(url: str, statements: dict[str, sql.Composed]) -> dict[str, str]:
    """Return how each statement ended: refused, or with how many rows."""
    ended = {}
    for kind, statement in statements.items():
        async with await psycopg.AsyncConnection.connect(url) as connection:
            try:
                ended[kind] = f"{(await connection.execute(statement)).rowcount} rows"
            except psycopg.errors.InsufficientPrivilege:
                ended[kind] = "refused"
            await connection.rollback()
    return ended


@pytest.mark.parametrize("role", ROLES)
async def test_104_a_public_role_may_do_nothing_with_any_table(
    role: str, supabase: str, postgres: Cluster
) -> None:
    tables = await rows(postgres.url(supabase), TABLES)
    assert {*all_tables().tables, "alembic_version"} == set(tables)
    for table in tables:
        statements = await attempts(postgres.url(supabase), table)
        ended = await refusals(postgres.url(supabase, role), statements)
        assert ended == dict.fromkeys(statements, "refused"), table


@pytest.mark.parametrize("role", ROLES)
async def test_104_with_every_right_granted_a_public_role_still_sees_and_changes_nothing(
    role: str, supabase: str, postgres: Cluster
) -> None:
    await postgres.execute(
        "GRANT ALL ON ALL TABLES IN SCHEMA public TO {}", role, database=supabase
    )
    for table in await rows(postgres.url(supabase), TABLES):
        statements = await attempts(postgres.url(supabase), table)
        statements = {kind: statements[kind] for kind in ("select", "insert", "update", "delete")}
        ended = await refusals(postgres.url(supabase, role), statements)
        assert ended == dict.fromkeys(statements, "0 rows"), table

    users = await rows(postgres.url(supabase), "SELECT email FROM users")
    assert len(users) == 2  # there was something to see


async def test_104_a_table_that_was_opened_is_closed_when_a_server_starts(
    supabase: str, postgres: Cluster
) -> None:
    for statement in ("GRANT ALL ON {} TO PUBLIC", "ALTER TABLE {} DISABLE ROW LEVEL SECURITY"):
        await postgres.execute(statement, "users", database=supabase)
    email = "SELECT email FROM users"
    assert len(await rows(postgres.url(supabase, "anon"), email)) == 2

    database = Database(postgres.url(supabase))
    await upgrade(database)
    await database.aclose()

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await rows(postgres.url(supabase, "anon"), email)
