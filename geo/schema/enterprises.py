"""Employer units and their unions: counts only, never a person."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    Identity,
    Index,
    Integer,
    Text,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from geo.schema.base import Base, Located, OfPartition, OptionalText, StableId

UNION_STATES = ("own", "joint", "none", "in_preparation", "unknown")
BUSINESS_STATES = ("operating", "dormant", "closed")
"""What the business register says: 存续/在业, 歇业/停业, 注销/吊销. Null is not stated."""


class Enterprise(Located, Base):
    """An employer unit as one edition states it. The unit's credit code and its union's are
    different codes. Null counts are *not stated*, never zero. Partitioned by edition."""

    __tablename__ = "enterprise"

    edition_id: Mapped[OfPartition]
    id: Mapped[StableId]
    name: Mapped[str] = mapped_column(Text)
    uscc: Mapped[OptionalText]
    address: Mapped[OptionalText]
    declared_division: Mapped[OptionalText]
    unit_class: Mapped[OptionalText]
    economic_type: Mapped[OptionalText]
    industry: Mapped[OptionalText]
    business_state: Mapped[OptionalText]
    employees: Mapped[int | None] = mapped_column(Integer)
    members: Mapped[int | None] = mapped_column(Integer)
    new_employment_workers: Mapped[int | None] = mapped_column(Integer)
    new_employment_members: Mapped[int | None] = mapped_column(Integer)
    union_state: Mapped[str] = mapped_column(Text, default="unknown")
    union_name: Mapped[OptionalText]
    union_uscc: Mapped[OptionalText]
    upper_union: Mapped[OptionalText]
    union_founded_on: Mapped[date | None]
    source_row: Mapped[int | None]

    __table_args__ = (
        Index("ix_enterprise_location", "location", postgresql_using="gist"),
        Index(
            "ix_enterprise_union",
            text("hashtextextended(COALESCE(union_uscc, union_name), 0)"),
            postgresql_where=text("COALESCE(union_uscc, union_name) IS NOT NULL"),
        ),
        {"postgresql_partition_by": "LIST (edition_id)"},
    )


class UnionChange(Base):
    """What became of a unit's union after the edition in force was made: founded, joined, ended.

    It holds over an edition whose `as_of` is not later than `since`; the last one (by `since`, then
    `id`) that is not revoked counts. Null fields leave what the edition states. It belongs to no
    edition: the identity of a unit is the same in each.
    """

    __tablename__ = "union_change"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    enterprise_id: Mapped[int] = mapped_column(BigInteger)
    since: Mapped[date]
    union_state: Mapped[str] = mapped_column(Text)
    union_name: Mapped[OptionalText]
    union_uscc: Mapped[OptionalText]
    upper_union: Mapped[OptionalText]
    members: Mapped[int | None] = mapped_column(Integer)
    note: Mapped[OptionalText]
    noted_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    noted_by: Mapped[str] = mapped_column(Text)
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revision: Mapped[int] = mapped_column(BigInteger, Identity(), unique=True)
    """Number of the last edit of this row (noted, revoked); rises over all rows."""

    __table_args__ = (
        CheckConstraint(
            "union_state in ('own','joint','none','in_preparation','unknown')", name="union_state"
        ),
        CheckConstraint("members is null or members >= 0", name="members"),
        Index("ix_union_change_enterprise", "enterprise_id", "since"),
        Index(
            "ix_union_change_union",
            text("hashtextextended(COALESCE(union_uscc, union_name), 0)"),
            postgresql_where=text("COALESCE(union_uscc, union_name) IS NOT NULL"),
        ),
    )


class LedgerEntry(Base):
    """A day's talks of one place in the organising ledger (双沟通台账): counts only.

    `division` is the place as it was written, `area_code` its code when it was recognised.
    """

    __tablename__ = "ledger_entry"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    day: Mapped[date]
    division: Mapped[str] = mapped_column(Text)
    area_code: Mapped[OptionalText]
    enterprise_talks: Mapped[int | None] = mapped_column(Integer)
    worker_talks: Mapped[int | None] = mapped_column(Integer)
    enterprises: Mapped[int | None] = mapped_column(Integer)
    without_union: Mapped[int | None] = mapped_column(Integer)
    agreed: Mapped[int | None] = mapped_column(Integer)
    founded: Mapped[int | None] = mapped_column(Integer)
    sign_ups: Mapped[int | None] = mapped_column(Integer)
    source: Mapped[str] = mapped_column(Text)

    __table_args__ = (Index("ix_ledger_entry_day", "day"),)
