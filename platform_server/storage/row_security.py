"""Keeps Supabase's own API away from our tables: whatever it is asked, it gets nothing.

Supabase lets everybody who has a project's public key, and everybody who signed in, act on tables
as the database roles ``anon`` and ``authenticated``, and grants these all rights on every new
table. The platform is asked through its server alone. So its tables have row-level security without
any policy, which denies everything to all but their owner, and the roles have no rights on them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, text

from platform_server.storage.tables import all_tables

if TYPE_CHECKING:
    from sqlalchemy import Connection

ROLES = ("anon", "authenticated")
_VERSION = "alembic_version"

_OPEN = text(
    "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace "
    "AND relkind IN ('r', 'p') AND NOT relrowsecurity AND relname IN :tables"
).bindparams(bindparam("tables", expanding=True))
_GRANTED = text(
    "SELECT DISTINCT relname, coalesce(rolname, 'public') "
    "FROM pg_class CROSS JOIN aclexplode(relacl) AS granted "
    "LEFT JOIN pg_roles ON pg_roles.oid = granted.grantee "
    "WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') "
    "AND relname IN :tables AND (granted.grantee = 0 OR rolname IN :roles)"
).bindparams(bindparam("tables", expanding=True), bindparam("roles", expanding=True))


def deny_all(connection: Connection) -> None:
    """Deny everything on every table of ours. What is denied already is not touched, nor locked."""
    tables = [*all_tables().tables, _VERSION]
    for table in connection.execute(_OPEN, {"tables": tables}).scalars().all():
        connection.exec_driver_sql(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
    granted = connection.execute(_GRANTED, {"tables": tables, "roles": ROLES})
    for table, role in granted.all():
        connection.exec_driver_sql(f'REVOKE ALL ON TABLE "{table}" FROM {role}')
