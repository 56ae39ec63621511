"""plans of new stations, and what is done about them

Revision: 0005, after 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    now = sa.text("now()")
    json = postgresql.JSONB(astext_type=sa.Text())
    op.create_table(
        "siting_plan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("question", json, nullable=False),
        sa.Column("editions", json, nullable=True),
        sa.Column("progress", json, nullable=True),
        sa.Column("history", json, nullable=True),
        sa.Column("answer", json, nullable=True),
        sa.Column("facts", json, nullable=True),
        sa.Column("problem", json, nullable=True),
        sa.Column("proof", sa.LargeBinary(), nullable=True),
        sa.Column("stop_asked", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("created_at", moment, server_default=now, nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("started_at", moment, nullable=True),
        sa.Column("beat_at", moment, nullable=True),
        sa.Column("finished_at", moment, nullable=True),
        sa.Column("revision", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "state in ('waiting','running','done','stopped','failed','interrupted')",
            name=op.f("ck_siting_plan_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_siting_plan")),
    )
    op.create_index("ix_siting_plan_state", "siting_plan", ["state", "id"], unique=False)
    op.create_table(
        "siting_task",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=True),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("candidate_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("host_type", sa.Text(), nullable=True),
        sa.Column("chain", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=False),
        sa.Column("cost", sa.Float(), nullable=True),
        sa.Column("open_24h", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("state", sa.Text(), server_default="proposed", nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("station_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", moment, server_default=now, nullable=False),
        sa.Column("changed_at", moment, server_default=now, nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state in ('proposed','contacted','agreed','opened','declined')",
            name=op.f("ck_siting_task_state"),
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"],
            ["siting_plan.id"],
            name=op.f("fk_siting_task_plan_id_siting_plan"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_siting_task")),
    )
    op.create_index("ix_siting_task_plan", "siting_task", ["plan_id", "id"], unique=False)
    op.create_index("ix_siting_task_state", "siting_task", ["state", "id"], unique=False)


def downgrade() -> None:
    op.drop_table("siting_task")
    op.drop_table("siting_plan")
