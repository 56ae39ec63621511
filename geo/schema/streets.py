"""The walkable street network: pieces of street between junctions."""

from __future__ import annotations

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import BigInteger, Boolean, Float, Index, Integer, SmallInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from geo.schema.base import Base, OfPartition, OptionalText, Point


class StreetNode(Base):
    """Where streets meet or end. `part` numbers the connected parts, the largest is 0.
    Partitioned by edition."""

    __tablename__ = "street_node"

    edition_id: Mapped[OfPartition]
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    osm_id: Mapped[int | None] = mapped_column(BigInteger)
    part: Mapped[int] = mapped_column(Integer)
    location: Mapped[Point]

    __table_args__ = {"postgresql_partition_by": "LIST (edition_id)"}


class Street(Base):
    """A piece of street that one can walk, between two nodes. `length` in metres on the ellipsoid.
    Partitioned by edition."""

    __tablename__ = "street"

    edition_id: Mapped[OfPartition]
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    osm_way_id: Mapped[int | None] = mapped_column(BigInteger)
    from_node: Mapped[int] = mapped_column(Integer)
    to_node: Mapped[int] = mapped_column(Integer)
    part: Mapped[int] = mapped_column(Integer)
    name: Mapped[OptionalText]
    highway: Mapped[str] = mapped_column(Text)
    access: Mapped[str] = mapped_column(Text)
    layer: Mapped[int] = mapped_column(SmallInteger)
    is_bridge: Mapped[bool] = mapped_column(Boolean)
    is_tunnel: Mapped[bool] = mapped_column(Boolean)
    is_steps: Mapped[bool] = mapped_column(Boolean)
    length: Mapped[float] = mapped_column(Float)
    path: Mapped[WKBElement] = mapped_column(Geometry("LINESTRING", srid=4326, spatial_index=False))

    __table_args__ = (
        Index("ix_street_path", "path", postgresql_using="gist"),
        {"postgresql_partition_by": "LIST (edition_id)"},
    )
