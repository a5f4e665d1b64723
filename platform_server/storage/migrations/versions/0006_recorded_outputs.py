"""Revisions that the server makes of outputs that no page was there to save."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_BEFORE = "origin IN ('api', 'sandbox', 'copy', 'restore', 'import')"
_AFTER = "origin IN ('api', 'sandbox', 'copy', 'restore', 'import', 'recorder')"


def upgrade() -> None:
    """Bring the database to this revision."""
    _replace(_AFTER)


def downgrade() -> None:
    """Bring the database back to the revision before."""
    op.execute("UPDATE revisions SET origin = 'api' WHERE origin = 'recorder'")
    _replace(_BEFORE)


def _replace(condition: str) -> None:
    with op.batch_alter_table("revisions") as batch:
        batch.drop_constraint(op.f("ck_revisions_origin"), type_="check")
        batch.create_check_constraint(op.f("ck_revisions_origin"), condition)
