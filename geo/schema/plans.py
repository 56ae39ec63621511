"""Plans of new stations: the question, how far the search has come, the answer; and what is done
about a chosen plan."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geo.schema.base import Base, OptionalText

PLAN_STATES = ("waiting", "running", "done", "stopped", "failed", "interrupted")
TASK_STATES = ("proposed", "contacted", "agreed", "opened", "declined")


class SitingPlan(Base):
    """A saved scenario. It belongs to no edition, but says in `editions` which ones it was worked
    out with. Whoever works it out writes `beat_at` every second or so: a running plan without a
    beat was interrupted."""

    __tablename__ = "siting_plan"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, default="waiting", server_default="waiting")
    question: Mapped[dict[str, Any]] = mapped_column(JSONB)
    begin_from: Mapped[int | None] = mapped_column(
        ForeignKey("siting_plan.id", ondelete="SET NULL"), nullable=True
    )
    """The plan that this one is an edit of; null: its search begins from nothing."""
    editions: Mapped[list[Any] | None] = mapped_column(JSONB)
    progress: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    history: Mapped[list[Any] | None] = mapped_column(JSONB)
    answer: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    facts: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    problem: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    proof: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The certificate with the pairs it speaks of: JSON, gzip."""
    reached: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Of each dot of people whether it was covered: a byte each, gzip."""
    stop_asked: Mapped[bool] = mapped_column(Boolean, default=False, server_default="false")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    created_by: Mapped[str] = mapped_column(Text)
    started_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    beat_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revision: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    """Rises with every write: whoever looks knows whether there is anything new."""

    __table_args__ = (
        CheckConstraint(
            "state in ('waiting','running','done','stopped','failed','interrupted')", name="state"
        ),
        Index("ix_siting_plan_state", "state", "id"),
    )


class SitingTask(Base):
    """A site of a plan that is being made real: the host is contacted, agrees, opens, or declines.
    The place is copied from the plan, which may be deleted. `station_id` is there once it opened:
    the identity of the station in editions from then on."""

    __tablename__ = "siting_task"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    plan_id: Mapped[int | None] = mapped_column(
        ForeignKey("siting_plan.id", ondelete="SET NULL"), nullable=True
    )
    site: Mapped[str] = mapped_column(Text)
    """The candidate's id, or the key of a place put on the map."""
    candidate_id: Mapped[int | None] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(Text)
    host_type: Mapped[OptionalText]
    chain: Mapped[OptionalText]
    address: Mapped[OptionalText]
    lon: Mapped[float] = mapped_column(Float)
    lat: Mapped[float] = mapped_column(Float)
    cost: Mapped[float | None] = mapped_column(Float)
    open_24h: Mapped[bool] = mapped_column(Boolean, default=False, server_default="false")
    state: Mapped[str] = mapped_column(Text, default="proposed", server_default="proposed")
    note: Mapped[OptionalText]
    hours_text: Mapped[OptionalText]
    """As stated for the station; null: as its host's."""
    services: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    station_id: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    changed_by: Mapped[str] = mapped_column(Text)

    __table_args__ = (
        CheckConstraint(
            "state in ('proposed','contacted','agreed','opened','declined')", name="state"
        ),
        Index("ix_siting_task_plan", "plan_id", "id"),
        Index("ix_siting_task_state", "state", "id"),
    )
