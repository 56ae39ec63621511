"""What is searched: places, and the texts by which each can be found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int32]

KINDS = ("station", "area", "street", "building")
STATION, AREA, STREET, BUILDING = range(4)
FIELDS = ("name", "host", "brand", "address", "code")
NAME, HOST, BRAND, ADDRESS, CODE = range(5)

NOTED = (AREA, STREET)
"""Kinds of places that are found without the bracketed note at the end of their name too, also
within a longer text."""
NOTE = r"^(.*[^\s（(])\s*[（(][^（）()]*[）)]\s*$"

WEIGHT = np.array([1.0, 0.93, 0.85, 0.85, 0.95], dtype=np.float32)
"""What a fit is worth by field: name, host, brand, address, code."""
KIND_BONUS = np.array([0.008, 0.004, 0.008, 0.0])
"""What a kind of place is worth of itself, beside how well its name fits."""
AREA_BONUS = {"province": 0.012, "prefecture": 0.012, "district": 0.012, "subdistrict": 0.010}
SIZE_BONUS = 0.01
LARGEST = 1e11
"""Square metres: a province."""


@dataclass(frozen=True)
class PlaceTable:
    """N places that have a position, WGS 84, and R texts about them.

    `type` is the kind of station or area, `district` and `subdistrict` numbers of places in this
    table (-1: none is known), `square_metres` 0 for what is no area. `text` r is the `field`
    (:data:`FIELDS`) of place `of`.
    """

    kind: npt.NDArray[np.int8]
    type: pa.Array
    id: Integers
    name: pa.Array
    address: pa.Array
    lon: Floats
    lat: Floats
    square_metres: Floats
    district: Numbers
    subdistrict: Numbers
    declared: pa.Array
    """The district that a station's list names."""
    text: pa.Array
    of: Numbers
    field: npt.NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.kind)

    def worth(self) -> npt.NDArray[np.float32]:
        """What each place is worth of itself: divisions first, larger areas before smaller."""
        kind = KIND_BONUS[self.kind]
        for name, bonus in AREA_BONUS.items():
            alike = pc.fill_null(pc.equal(self.type, name), False).to_numpy(zero_copy_only=False)
            kind = np.where(alike, bonus, kind)
        size = np.log1p(np.maximum(self.square_metres, 0)) / np.log(LARGEST)
        worth: npt.NDArray[np.float32] = (kind + SIZE_BONUS * np.minimum(size, 1)).astype("f4")
        return worth

    def named(self, number: int) -> str:
        """The name of a place."""
        return str(self.name[number].as_py())


@dataclass
class Parts:
    """Columns of a kind of place, before they are put together."""

    kind: int
    id: Integers
    name: pa.Array
    lon: Floats
    lat: Floats
    type: pa.Array | None = None
    address: pa.Array | None = None
    square_metres: Floats | None = None
    declared: pa.Array | None = None
    further: dict[int, pa.Array] = field(default_factory=dict)
    """Texts beside name and address, by field."""

    def __len__(self) -> int:
        return len(self.id)

    def column(self, name: str) -> pa.Array:
        """A column of texts; nulls where this kind has none."""
        value: pa.Array | None = getattr(self, name)
        return pa.nulls(len(self), pa.string()) if value is None else value.cast(pa.string())


def without_note(names: pa.Array) -> pa.Array:
    """石榴区 for 「石榴区（演示数据）」; null for a name that ends in no such note."""
    names = names.cast(pa.string())
    noted = pc.match_substring_regex(names, NOTE)
    return pc.if_else(noted, pc.replace_substring_regex(names, NOTE, r"\1"), None)


def put_together(parts: list[Parts], district: Numbers, subdistrict: Numbers) -> PlaceTable:
    """One table of all kinds, in the order given."""
    first = np.concatenate(([0], np.cumsum([len(one) for one in parts]))).astype(np.int64)
    texts: list[pa.Array] = []
    of: list[Any] = []
    fields: list[Any] = []
    for start, one in zip(first, parts, strict=False):
        known = [(NAME, one.name), (ADDRESS, one.column("address")), *one.further.items()]
        if one.kind in NOTED:
            known.append((NAME, without_note(one.name)))
        for number, column in known:
            there = column.is_valid().to_numpy(zero_copy_only=False)
            texts.append(column.cast(pa.string()).drop_null())
            of.append(start + np.flatnonzero(there))
            fields.append(np.full(int(there.sum()), number, dtype=np.int8))

    def joined(name: str) -> pa.Array:
        return _joined([one.column(name) for one in parts])

    def numbers(values: list[Any], kind: type) -> Any:
        return np.concatenate([*values, []]).astype(kind)

    return PlaceTable(
        kind=numbers([np.full(len(one), one.kind) for one in parts], np.int8),
        type=joined("type"),
        id=numbers([one.id for one in parts], np.int64)
        if not parts
        else np.concatenate([one.id for one in parts]).astype(np.int64),
        name=joined("name"),
        address=joined("address"),
        lon=numbers([one.lon for one in parts], np.float64),
        lat=numbers([one.lat for one in parts], np.float64),
        square_metres=numbers(
            [
                np.zeros(len(one)) if one.square_metres is None else one.square_metres
                for one in parts
            ],
            np.float64,
        ),
        district=district,
        subdistrict=subdistrict,
        declared=joined("declared"),
        text=_joined(texts),
        of=numbers(of, np.int32),
        field=numbers(fields, np.int8),
    )


def _joined(columns: list[pa.Array]) -> pa.Array:
    if not columns:
        return pa.array([], pa.string())
    joined = pa.chunked_array(columns, type=pa.string()).combine_chunks()
    return joined.combine_chunks() if isinstance(joined, pa.ChunkedArray) else joined
