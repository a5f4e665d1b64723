"""What was measured when a sandbox ended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the database to this revision."""
    op.add_column("sandboxes", sa.Column("ended_evidence", sa.Text(), nullable=True))


def downgrade() -> None:
    """Bring the database back to the revision before."""
    op.drop_column("sandboxes", "ended_evidence")
