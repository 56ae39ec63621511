"""What all tables share: naming of constraints, the edition column, located rows."""

from __future__ import annotations

from typing import Annotated

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import BigInteger, ForeignKey, Integer, MetaData, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

LOCATED_BY = ("coordinates", "building", "park", "community", "unlocated")
"""How a row got its place: from its own coordinates, from the named building, park or community in
its address (then only as exact as that), or not at all."""


class Base(DeclarativeBase):
    """All tables; constraints are named so that migrations can find them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


StableId = Annotated[int, mapped_column(BigInteger, primary_key=True, autoincrement=False)]
OfEdition = Annotated[
    int,
    mapped_column(
        Integer,
        ForeignKey("edition.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
]
# Partitions are made and dropped with their edition, so they carry no foreign key (a key would be
# checked row by row at a bulk load).
OfPartition = Annotated[int, mapped_column(Integer, primary_key=True, autoincrement=False)]

# Indexes are declared by hand: geoalchemy2's implicit ones would be made twice by a migration.
Point = Annotated[WKBElement, mapped_column(Geometry("POINT", srid=4326, spatial_index=False))]
OptionalPoint = Annotated[
    WKBElement | None,
    mapped_column(Geometry("POINT", srid=4326, spatial_index=False), nullable=True),
]
OptionalText = Annotated[str | None, mapped_column(Text)]


class Located:
    """A row's place: WGS 84, beside the pair that was read and the system it was declared in."""

    location: Mapped[OptionalPoint]
    original_x: Mapped[float | None]
    original_y: Mapped[float | None]
    original_crs: Mapped[OptionalText]
    located_by: Mapped[str] = mapped_column(Text, default="coordinates")
