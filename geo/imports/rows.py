"""A file being checked: its columns by field, its faults, and which rows are still in."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from geo.areas.naming import PLACED_BY, find_named
from geo.ewkb import point_column
from geo.files import choices, values
from geo.files.entrances import entrances
from geo.files.headers import Matched
from geo.files.identity import stable_ids
from geo.files.positions import positions
from geo.files.problems import Problems
from geo.files.tables import RawTable
from geo.files.values import Parsed
from geo.imports.context import Context
from geo.imports.options import Prepared

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

NAMED_SHOWN = 8


class Rows:
    """N rows of a file. Each reading of a field adds its faults; a row with a fault that rejects is
    out. What is read comes as arrow arrays or numpy arrays of N."""

    def __init__(self, raw: RawTable, matched: Matched, context: Context) -> None:
        """Start with the faults that reading the file already found."""
        self.raw = raw
        self.matched = matched
        self.context = context
        self.problems = Problems(raw.row_numbers)
        self.problems.merge(raw.problems)
        self.notes: list[str] = []
        self.report: dict[str, Any] = {}
        self.count = len(raw)

    def has(self, field: str) -> bool:
        """Whether the file has a column for the field."""
        return field in self.matched.fields

    def cells(self, field: str) -> Any:
        """The column as it was read, or None."""
        column = self.matched.fields.get(field)
        return None if column is None else self.raw.frame[column]

    def note(self, text: str) -> None:
        """Something the importing person should know, Chinese / English."""
        self.notes.append(text)

    # ------------------------------------------------------------------ reading fields
    def read(self, field: str, parse: Any, kind: pa.DataType, *, rejects: bool = True) -> Any:
        """A field through one of :mod:`geo.files.values`; nulls where there is no such column."""
        cells = self.cells(field)
        if cells is None:
            return pa.nulls(self.count, kind)
        parsed: Parsed = parse(cells)
        self.problems.add(self.matched.fields[field], cells, parsed, rejects=rejects)
        if parsed.unknown:
            words = "、".join(f"{word}×{times}" for word, times in list(parsed.unknown.items())[:8])
            self.note(f"“{self.matched.fields[field]}”中不认识的内容 / words not known: {words}")
        column = parsed.values
        return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column

    def text(self, field: str, *, required: bool = False) -> Any:
        """A name, an address …"""
        column = self.read(field, values.text, pa.large_string())
        if required:
            missing = ~stated(column)
            self.problems.add_mask(
                missing,
                self.matched.fields.get(field, field),
                self.cells(field),
                reason_zh="必填项为空",
                reason="This must not be empty",
                remedy_zh="补填后再导入",
                remedy="Fill it in and import again",
            )
        return column

    def integers(self, field: str, *, least: int = 0, most: int = 2_147_483_647) -> Any:
        """A count."""
        return self.read(
            field,
            lambda cells: values.integers(
                cells, minimum=least, maximum=most, scale=self.matched.scale(field)
            ),
            pa.int64(),
        )

    def numbers(self, field: str, *, least: float = 0.0) -> Any:
        """A measure."""
        return self.read(
            field,
            lambda cells: values.numbers(cells, minimum=least, scale=self.matched.scale(field)),
            pa.float64(),
        )

    def dates(self, field: str) -> Any:
        """A day."""
        return self.read(field, values.dates, pa.date32())

    def booleans(self, field: str) -> Any:
        """Yes or no."""
        return self.read(field, choices.booleans, pa.bool_())

    def choice(self, field: str, name: str, *, otherwise: str | None = None) -> Any:
        """One of the values of `choices.toml`; an unknown word rejects, or becomes `otherwise`."""
        return self.read(
            field, lambda cells: choices.choice(cells, name, otherwise=otherwise), pa.large_string()
        )

    # ------------------------------------------------------------------ identity and place
    def identities(
        self, key: Any, described: tuple[Any, ...], lon: Floats, lat: Floats
    ) -> Integers:
        """The stable identity of each row.

        By its `key` (a code or the source's own number) where it has one; else by what it is called
        and its address (`described`), so that a corrected coordinate leaves it the same. Where that
        stands for several places of the file, as bus stops do, the place itself (to some 10 m) is
        what tells them apart.
        """
        by_key = stated(key)
        ids = np.where(by_key, stable_ids(key), stable_ids(*described)).astype(np.int64)
        _, inverse, count = np.unique(ids, return_inverse=True, return_counts=True)
        again = (count[inverse] > 1) & ~by_key
        if again.any():
            rows = pa.array(np.flatnonzero(again))
            place = [np.round(degrees[again], 4) for degrees in (lon, lat)]
            ids[again] = stable_ids(*(column.take(rows) for column in described), *place)
        return ids

    def reject_repeats(self, ids: Integers, *fields: str) -> None:
        """Keep the first row of each identity; the others are rejected."""
        field = next((field for field in fields if self.has(field)), fields[0])
        accepted = np.flatnonzero(self.problems.accepted_mask)
        _, first = np.unique(ids[accepted], return_index=True)
        again = np.zeros(self.count, dtype=bool)
        again[accepted] = True
        again[accepted[first]] = False
        self.problems.add_mask(
            again,
            self.matched.fields.get(field, field),
            self.cells(field),
            reason_zh="与文件中前面的一行是同一个",
            reason="The same one stands in an earlier row of this file",
            remedy_zh="删去重复的一行，或改正其代码、名称或地址",
            remedy="Delete the repeated row, or correct its code, name or address",
        )

    def located(self, address: Any | None) -> tuple[Floats, Floats, npt.NDArray[np.str_]]:
        """Where each row is, WGS 84: from its coordinates, else from a known place in its address.

        Returns:
            lon and lat (N,), NaN where unlocated, and how each was located (`located_by`).
        """
        found = positions(
            self.raw, self.matched, self.context.options.crs, self.context.service_area
        )
        self.problems.merge(found.problems)
        self.notes.extend(found.notes)
        self.original = (found.original_x, found.original_y, found.original_crs)
        lon, lat = found.lon.copy(), found.lat.copy()
        located_by = np.where(np.isnan(lon), "unlocated", "coordinates").astype("U12")
        places = self.context.places
        unlocated = np.flatnonzero(np.isnan(lon) & self.problems.accepted_mask)
        if places is not None and len(places) and address is not None and len(unlocated):
            texts = address.take(pa.array(unlocated)).to_pylist()
            named = find_named(places, texts)
            hit = unlocated[named >= 0]
            which = named[named >= 0]
            lon[hit], lat[hit] = places.lon[which], places.lat[which]
            by = np.array([PLACED_BY[kind] for kind in places.kinds])
            located_by[hit] = by[which]
            ambiguous = int((named == -2).sum())
            if len(hit):
                self.note(
                    f"{len(hit)} 行没有坐标，按地址中的楼宇、园区或社区名称定位 / rows without "
                    "coordinates placed at the building, park or community that they name"
                )
            if ambiguous:
                self.note(
                    f"{ambiguous} 行地址中的名称对应多个区域，未定位 / addresses with a name that "
                    "several areas bear; left unlocated"
                )
            self.report["placed_by_name"] = len(hit)
        return lon, lat, located_by

    def entrances(self, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        """The hand-set entrance of each row, WGS 84, NaN where there is none.

        Args:
            lon, lat: (N,) where the rows are.
        """
        options = self.context.options
        found = entrances(self.raw, self.matched, options.crs, self.context.service_area, lon, lat)
        if found is None:
            nowhere = np.full(self.count, np.nan)
            return nowhere, nowhere
        self.problems.merge(found.problems)
        return found.lon, found.lat

    # ------------------------------------------------------------------ what is kept
    @property
    def kept(self) -> Integers:
        """Positions of the accepted rows."""
        return np.flatnonzero(self.problems.accepted_mask).astype(np.int64)

    def only_kept(self, column: Any) -> Any:
        """The accepted rows of an arrow array."""
        if not self.problems.rejected:
            return column
        return column.take(pa.array(self.kept))

    def location_columns(
        self, lon: Floats, lat: Floats, located_by: npt.NDArray[np.str_]
    ) -> dict[str, Any]:
        """The columns of :class:`geo.schema.base.Located`, for the accepted rows."""
        kept = self.kept
        x, y, crs = self.original
        own = (located_by == "coordinates")[kept]
        return {
            "location": point_column(lon[kept], lat[kept]),
            "original_x": pa.array(x[kept], mask=np.isnan(x[kept])),
            "original_y": pa.array(y[kept], mask=np.isnan(y[kept])),
            "original_crs": pc.if_else(pa.array(own), pa.scalar(crs), pa.scalar(None, pa.string())),
            "located_by": pa.array(located_by[kept].astype(object), pa.string()),
        }

    def source_rows(self) -> Any:
        """Which row of the file each accepted row was."""
        return pa.array(self.raw.row_numbers[self.kept])

    def prepared(self, columns: dict[str, Any], lon: Floats | None = None) -> Prepared:
        """Close the check. `columns` are those of the accepted rows."""
        unlocated = 0 if lon is None else int(np.isnan(lon[self.kept]).sum())
        if unlocated:
            self.note(
                f"{unlocated} 行没有位置，照录并计数 / rows without a place, taken and counted"
            )
        return Prepared(
            rows=pa.table(columns),
            problems=self.problems,
            read=self.count,
            unlocated=unlocated,
            notes=self.notes,
            report=self.report,
        )


def stated(column: Any) -> Mask:
    """Where an arrow array is not null."""
    valid: Mask = pc.is_valid(column).to_numpy(zero_copy_only=False)
    return valid
