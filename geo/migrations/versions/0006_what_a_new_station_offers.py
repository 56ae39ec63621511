"""hours and services of the station that a site of a plan becomes

Revision: 0006, after 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("siting_task", sa.Column("hours_text", sa.Text(), nullable=True))
    op.add_column("siting_task", sa.Column("services", postgresql.ARRAY(sa.Text()), nullable=True))


def downgrade() -> None:
    op.drop_column("siting_task", "services")
    op.drop_column("siting_task", "hours_text")
