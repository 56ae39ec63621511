"""the plan that another one is an edit of

Revision: 0007, after 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("siting_plan", sa.Column("begin_from", sa.Integer(), nullable=True))
    op.create_foreign_key(
        op.f("fk_siting_plan_begin_from_siting_plan"),
        "siting_plan",
        "siting_plan",
        ["begin_from"],
        ["id"],
        ondelete="SET NULL",
    )


def downgrade() -> None:
    op.drop_constraint(
        op.f("fk_siting_plan_begin_from_siting_plan"), "siting_plan", type_="foreignkey"
    )
    op.drop_column("siting_plan", "begin_from")
