"""Editions: one numbered, dated import of one dataset."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Date, DateTime, Index, Integer, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geo.schema.base import Base, OptionalText

DATASETS = ("areas", "streets", "stations", "enterprises", "candidate_sites", "demand")
EDITION_STATES = ("draft", "active", "retired", "discarded")


class Edition(Base):
    """A draft is checked and compared, then activated; the one before it is retired and can be
    activated again. A discarded edition keeps this row and loses its data."""

    __tablename__ = "edition"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    dataset: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, default="draft")
    as_of: Mapped[date] = mapped_column(Date)
    source: Mapped[str] = mapped_column(Text)
    content_hash: Mapped[str] = mapped_column(Text)
    declared_crs: Mapped[OptionalText]
    rows_read: Mapped[int] = mapped_column(Integer, default=0)
    rows_accepted: Mapped[int] = mapped_column(Integer, default=0)
    rows_rejected: Mapped[int] = mapped_column(Integer, default=0)
    rows_unlocated: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    created_by: Mapped[str] = mapped_column(Text)
    activated_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    report: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)

    __table_args__ = (
        CheckConstraint(
            "dataset in ('areas','streets','stations','enterprises','candidate_sites','demand')",
            name="dataset",
        ),
        CheckConstraint("state in ('draft','active','retired','discarded')", name="state"),
        Index(
            "uq_edition_one_active",
            "dataset",
            unique=True,
            postgresql_where=text("state = 'active'"),
        ),
        Index(
            "uq_edition_same_file",
            "dataset",
            "content_hash",
            unique=True,
            postgresql_where=text("state <> 'discarded'"),
        ),
    )
