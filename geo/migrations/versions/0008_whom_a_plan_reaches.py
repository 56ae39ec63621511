"""whom a plan reaches, as it was when it was worked out

Revision: 0008, after 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("siting_plan", sa.Column("reached", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("siting_plan", "reached")
