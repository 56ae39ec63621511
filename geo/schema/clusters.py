"""Clusters of enterprises without a union, found once per edition."""

from __future__ import annotations

from typing import Any

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import BigInteger, Float, Index, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geo.schema.base import Base, OfEdition, OfPartition, Point, StableId


class Cluster(Base):
    """A place where enterprises without a union stand close together."""

    __tablename__ = "cluster"

    edition_id: Mapped[OfEdition]
    id: Mapped[StableId]
    method: Mapped[str] = mapped_column(Text)
    parameters: Mapped[dict[str, Any]] = mapped_column(JSONB)
    units: Mapped[int] = mapped_column(Integer)
    units_25: Mapped[int] = mapped_column(Integer)
    employees: Mapped[int] = mapped_column(BigInteger)
    employees_unstated: Mapped[int] = mapped_column(Integer)
    units_around: Mapped[int] = mapped_column(Integer)
    diameter_metres: Mapped[float] = mapped_column(Float)
    centre: Mapped[Point]
    outline: Mapped[WKBElement] = mapped_column(Geometry("POLYGON", srid=4326, spatial_index=False))

    __table_args__ = (Index("ix_cluster_centre", "centre", postgresql_using="gist"),)


class ClusterMember(Base):
    """The enterprises of a cluster. Partitioned by edition."""

    __tablename__ = "cluster_member"

    edition_id: Mapped[OfPartition]
    cluster_id: Mapped[StableId]
    enterprise_id: Mapped[StableId]

    __table_args__ = {"postgresql_partition_by": "LIST (edition_id)"}
