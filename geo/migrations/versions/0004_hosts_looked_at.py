"""what is known of hosts: water, toilet, photo, assessment, and where they come from

Revision: 0004, after 0003
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("candidate_site", sa.Column("water", sa.Boolean(), nullable=True))
    op.add_column("candidate_site", sa.Column("toilet", sa.Boolean(), nullable=True))
    op.add_column("candidate_site", sa.Column("photo", sa.Text(), nullable=True))
    op.add_column(
        "candidate_site", sa.Column("assessment", postgresql.ARRAY(sa.Text()), nullable=True)
    )
    op.add_column(
        "candidate_site",
        sa.Column("source", sa.Text(), server_default="register", nullable=False),
    )
    op.create_check_constraint(
        op.f("ck_candidate_site_source"),
        "candidate_site",
        "source in ('register','public_place','street_corner')",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_candidate_site_source"), "candidate_site")
    op.drop_column("candidate_site", "source")
    op.drop_column("candidate_site", "assessment")
    op.drop_column("candidate_site", "photo")
    op.drop_column("candidate_site", "toilet")
    op.drop_column("candidate_site", "water")
