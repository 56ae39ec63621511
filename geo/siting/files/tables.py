"""Tables of demand, candidates and distances as people have them: CSV, spreadsheets, GeoJSON, …

Plain CSV in UTF-8 goes straight into arrays, ten million rows in seconds; whatever is not so plain
goes the careful way of :mod:`geo.files.read`, which also tells what is wrong with which row.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import shapely

from geo.errors import InvalidFile
from geo.files import choices, values
from geo.files.headers import normalise
from geo.files.read import read_table, sniff
from geo.siting.problem import Floats, Longs

SHOWN: Final = 5
HEADERS: Final[Mapping[str, tuple[str, ...]]] = {
    "id": ("id", "编号", "编码", "代码", "code", "key"),
    "x": ("x", "横坐标", "东坐标", "easting"),
    "y": ("y", "纵坐标", "北坐标", "northing"),
    "lon": ("lon", "lng", "long", "longitude", "经度"),
    "lat": ("lat", "latitude", "纬度"),
    "weight": ("weight", "权重", "人数", "people", "population", "demand", "需求", "需求量", "w"),
    "district": ("district", "subdistrict", "area", "街道", "镇街", "区域", "所属街道", "所在街道"),
    "day": ("day", "日类型", "day_class"),
    "name": ("name", "名称"),
    "cost": ("cost", "成本", "建设成本", "费用", "造价"),
    "capacity": ("capacity", "容量", "容纳人数"),
    "chain": ("chain", "连锁品牌", "品牌", "连锁", "brand"),
    "open_24h": ("open_24h", "24小时", "是否24小时", "24小时营业", "24h"),
    "fixed": ("fixed", "状态", "state", "必选", "role"),
    "demand_id": ("demand_id", "需求编号", "需求点", "demand", "origin"),
    "candidate_id": ("candidate_id", "候选点编号", "候选点", "candidate", "site_id", "destination"),
    "distance": ("distance", "距离", "metres", "meters", "米", "dist"),
    "share": ("share", "比例", "最低覆盖率", "覆盖率"),
    "sites": ("sites", "站点数", "最少站点数"),
    **{f"h{hour}": (f"h{hour}", f"{hour}时", f"{hour}点") for hour in range(24)},
}
NAMES: Final[Mapping[str, str]] = {
    "id": "编号",
    "x": "横坐标",
    "y": "纵坐标",
    "lon": "经度",
    "lat": "纬度",
    "weight": "权重",
    "cost": "成本",
    "capacity": "容量",
    "distance": "距离",
    "demand_id": "需求编号",
    "candidate_id": "候选点编号",
    "district": "街道",
}
_NOT_A_NUMBER: Final = ("", "NaN", "nan", "NULL", "null", "N/A", "#N/A")


@dataclass(frozen=True, eq=False)
class Table:
    """n rows of a file.

    Attributes:
        path: the file.
        numbers: field -> (n,) float64, NaN where the cell is empty.
        texts: field -> (n,) arrow text, null where the cell is empty.
        rows: (n,) the row of the file each stands in, the header counted; None: 2, 3, 4, …
    """

    path: Path
    numbers: dict[str, Floats]
    texts: dict[str, Any]
    count: int
    rows: Longs | None = None
    notes: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return self.count

    def row(self, position: int) -> int:
        """Which row of the file it is, as a person counts."""
        return position + 2 if self.rows is None else int(self.rows[position])

    def whose(self, position: int) -> str:
        """The row, for a message: with its id where it has one."""
        told = f"{self.row(position)}"
        if "id" in self.texts:
            told += f" (id {self.texts['id'][position].as_py()})"
        return told

    def require(self, *fields: str) -> None:
        """Refuse a file without these columns.

        Raises:
            InvalidFile: names the columns that are missing, and those there are.
        """
        missing = [name for name in fields if name not in self.numbers and name not in self.texts]
        if missing:
            zh = "、".join(NAMES.get(name, name) for name in missing)
            raise InvalidFile(
                f"{self.path.name} 缺少列：{zh}。 "
                f"{self.path.name} has no column for {', '.join(missing)}.",
                remedy=f"表头写作 {'、'.join(missing)}。 "
                f"Name the columns {', '.join(missing)} in the first row.",
                field=missing[0],
            )

    def refuse(self, bad: npt.NDArray[np.bool_], name: str, zh: str, en: str) -> None:
        """Refuse rows.

        Args:
            bad: (n,) which. name: the field. zh, en: what its values are not.

        Raises:
            InvalidFile: says how many rows, and which are the first.
        """
        if not bad.any():
            return
        first = np.flatnonzero(bad)[:SHOWN]
        told = ", ".join(self.whose(int(at)) for at in first)
        more = " …" if bad.sum() > SHOWN else ""
        worth = self.numbers[name][first[0]] if name in self.numbers else np.nan
        said = "" if np.isnan(worth) else f": {worth:g}"
        raise InvalidFile(
            f"{self.path.name} 的{NAMES.get(name, name)}有 {int(bad.sum())} 行{zh}：第 {told} 行"
            f"{more}{said}。 {name} in {self.path.name} {en} in {int(bad.sum())} row(s): "
            f"row {told}{more}{said}.",
            remedy="改正或删除这些行。 Correct these rows or leave them out.",
            field=name,
        )


def read(path: Path, numbers: Sequence[str], texts: Sequence[str]) -> Table:
    """Read the fields of a file that are asked for and there.

    Args:
        path: anything :func:`geo.files.read.read_table` reads; points of GeoJSON and GeoPackage
            give `lon` and `lat`.
        numbers, texts: fields of :data:`HEADERS`.

    Raises:
        InvalidFile: it cannot be read, or a cell that should be a number is none; names the rows.

    Cost: plain CSV some 0.3 s a million rows, anything else some 3 s.
    """
    if path.is_dir():
        raise InvalidFile(
            f"{path} 是文件夹。 {path} is a folder.", remedy="请指定一个文件。 Name a file."
        )
    if not path.exists():
        raise InvalidFile(
            f"没有文件 {path}。 There is no file {path}.", remedy="请检查路径。 Check the path."
        )
    try:
        if sniff(path) == "csv":
            plain = _plain(path, numbers, texts)
            if plain is not None:
                return plain
        return _careful(path, numbers, texts)
    except InvalidFile as error:
        if path.name in error.detail:
            raise
        # Of several files that are read, which.
        detail = f"{path.name}：{error.detail}"
        raise InvalidFile(detail, remedy=error.remedy, field=error.field) from error


def places_of(ids: Sequence[str], known: Any) -> Longs:
    """(k,) positions of ids among those that are known; -1: not among them."""
    at = pc.index_in(pa.array(list(ids), pa.large_string()), known)
    found: Longs = at.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return found


def _fields_of(headers: Sequence[str], wanted: Sequence[str]) -> dict[str, str]:
    """Field -> header, of the fields that are wanted; the first header that fits."""
    said = {name: normalise(name) for name in headers}
    found: dict[str, str] = {}
    for name in wanted:
        known = [normalise(one) for one in HEADERS[name]]
        fits = [header for header in headers if said[header] in known]
        if fits:
            found[name] = min(fits, key=lambda header: known.index(said[header]))
    return found


def _several(path: Path, headers: Sequence[str], fields: Mapping[str, str]) -> list[str]:
    """What to tell of fields that more than one column could be."""
    told = []
    for name, taken in fields.items():
        known = [normalise(one) for one in HEADERS[name]]
        fits = [header for header in headers if normalise(header) in known]
        if len(fits) > 1:
            told.append(
                f"{path.name} 有几列都可作{NAMES.get(name, name)}：{'、'.join(fits)}；取{taken}。 "
                f"Several columns of {path.name} could be the {name}: {', '.join(fits)}; "
                f"{taken} was taken."
            )
    return told


def _plain(path: Path, numbers: Sequence[str], texts: Sequence[str]) -> Table | None:
    """The short way; None where the file is not plain enough for it."""
    with path.open("rb") as stream:
        line = stream.readline(1 << 16)
    try:
        text = line.decode("utf-8-sig").strip("\r\n")
    except UnicodeDecodeError:
        return None
    try:
        headers = next(csv.reader([text]), [])
    except csv.Error:
        # Lines that end as on an old Macintosh, or a quote that is never closed.
        return None
    if len(headers) < 2 or len(set(headers)) < len(headers):
        return None
    fields = _fields_of(headers, [*numbers, *texts])
    if not fields:
        return None
    types = {header: pa.float64() for name, header in fields.items() if name in numbers}
    types |= {header: pa.large_string() for name, header in fields.items() if name in texts}
    try:
        told = pacsv.read_csv(
            path,
            convert_options=pacsv.ConvertOptions(
                include_columns=list(fields.values()),
                column_types=types,
                null_values=list(_NOT_A_NUMBER),
                strings_can_be_null=True,
            ),
        )
    except pa.ArrowInvalid:
        return None
    if not told.num_rows:
        return None
    return Table(
        path,
        {name: _floats(told.column(fields[name])) for name in numbers if name in fields},
        {
            name: _blank_is_missing(told.column(fields[name]).combine_chunks())
            for name in texts
            if name in fields
        },
        told.num_rows,
        notes=_several(path, headers, fields),
    )


def _floats(column: Any) -> Floats:
    # One chunk after another: of ten million rows no second copy is made.
    whole = np.empty(len(column), np.float64)
    at = 0
    for chunk in column.chunks:
        whole[at : at + len(chunk)] = chunk.to_numpy(zero_copy_only=False)
        at += len(chunk)
    return whole


def _blank_is_missing(column: Any) -> Any:
    if isinstance(column, pa.ChunkedArray):
        column = pa.concat_arrays(column.chunks)
    trimmed = pc.utf8_trim_whitespace(column)
    return pc.if_else(pc.equal(pc.binary_length(trimmed), 0), None, trimmed)


def _careful(path: Path, numbers: Sequence[str], texts: Sequence[str]) -> Table:
    """The long way, which knows what to say."""
    known = {name: HEADERS[name][0] for name in (*numbers, *texts)}
    raw = read_table(path, mapping={f"{n} ": header for n, header in known.items()})
    broken = [problem for problem in raw.problems.first(SHOWN) if problem.rejects]
    if broken:
        one = broken[0]
        raise InvalidFile(
            f"{path.name} 第 {one.row} 行：{one.reason_zh}。 {path.name} row {one.row}: "
            f"{one.reason}.",
            remedy=f"{one.remedy_zh}。 {one.remedy}.",
        )
    headers = [str(name) for name in raw.frame.columns]
    fields = _fields_of(headers, [*numbers, *texts])
    told = [*raw.notes, *_several(path, headers, fields)]
    table = Table(path, {}, {}, len(raw), raw.row_numbers, told)
    for name, header in fields.items():
        cells = raw.frame[header]
        if name in texts:
            table.texts[name] = _blank_is_missing(values.arrow(cells))
    for name, header in fields.items():
        if name in numbers:
            table.numbers[name] = _numbers(table, name, raw.frame[header])
    if raw.geometry is not None and "lon" in numbers:
        _place(table, raw.geometry)
    return table


def _numbers(table: Table, name: str, cells: Any) -> Floats:
    parsed = values.numbers(cells)
    bad = parsed.bad
    if bad.any():
        at = int(np.flatnonzero(bad)[0])
        raise InvalidFile(
            f"{table.path.name} 第 {table.whose(at)} 行的{NAMES.get(name, name)}不是数："
            f"{cells.iloc[at]}（共 {int(bad.sum())} 行）。 {name} in row {table.whose(at)} of "
            f"{table.path.name} is no number: {cells.iloc[at]} ({int(bad.sum())} such rows).",
            remedy="改正或删除这些行。 Correct these rows or leave them out.",
            field=name,
        )
    return parsed.floats()


def _place(table: Table, geometry: npt.NDArray[np.object_]) -> None:
    """Points of a file with geometry. Of anything else a point on it."""
    spots = shapely.point_on_surface(geometry)
    table.numbers["lon"], table.numbers["lat"] = shapely.get_x(spots), shapely.get_y(spots)
    table.numbers.pop("x", None)
    table.numbers.pop("y", None)
    other = int((shapely.get_type_id(geometry) > 0).sum())
    if other:
        table.notes.append(
            f"{table.path.name} 有 {other} 个图形不是点，取其上一点。 {other} shapes of "
            f"{table.path.name} are no points; a point on each stands for it."
        )


def ids_of(table: Table) -> Any:
    """(n,) the identity of each row as arrow text: its own, or else the number of the row, from 1.

    Raises:
        InvalidFile: an empty identity, or the same one twice.
    """
    if "id" not in table.texts:
        return pc.cast(pa.array(np.arange(1, len(table) + 1)), pa.large_string())
    ids = table.texts["id"]
    if ids.null_count:
        at = int(np.flatnonzero(ids.is_null().to_numpy(zero_copy_only=False))[0])
        raise InvalidFile(
            f"{table.path.name} 第 {table.row(at)} 行没有编号。 "
            f"Row {table.row(at)} of {table.path.name} has no id.",
            remedy="给每一行编号，或去掉编号列。 Give every row one, or leave the column out.",
            field="id",
        )
    if pc.count_distinct(ids).as_py() < len(ids):
        counts = pc.value_counts(ids)
        twice = counts.filter(pc.greater(counts.field("counts"), 1))
        told = ", ".join(one["values"] for one in twice.slice(0, SHOWN).to_pylist())
        more = " …" if len(twice) > SHOWN else ""
        raise InvalidFile(
            f"{table.path.name} 有 {len(twice)} 个编号重复：{told}{more}。 "
            f"{len(twice)} ids of {table.path.name} occur more than once: {told}{more}.",
            remedy="每行的编号不得重复。 Give every row an id of its own.",
            field="id",
        )
    return ids


def yes_or_no(table: Table, name: str) -> npt.NDArray[np.bool_]:
    """(n,) a column of 是/否, yes/no, 1/0; empty is no.

    Raises:
        InvalidFile: neither.
    """
    parsed = choices.booleans(table.texts[name])
    table.refuse(parsed.bad, name, "既非“是”也非“否”", "is neither yes nor no")
    told: npt.NDArray[np.bool_] = pc.fill_null(parsed.values, False).to_numpy(zero_copy_only=False)
    return told


def hours_of(text: str) -> list[int]:
    """`6-22` or `7,8,17-19` as hours of the day.

    Raises:
        InvalidFile: no hours.
    """
    found: set[int] = set()
    for part in re.split(r"[,，、\s]+", text.strip()):
        one = re.fullmatch(r"(\d{1,2})(?:[-–~](\d{1,2}))?", part)
        first = int(one[1]) if one else 24
        last = int(one[2]) if one and one[2] else first
        if not 0 <= first <= last <= 23:
            raise InvalidFile(
                f"时段“{text}”无法理解。 The hours '{text}' cannot be understood.",
                remedy="写成 6-22 或 7,8,17-19，小时为 0 到 23。 Write 6-22 or 7,8,17-19; 0 to 23.",
                field="hours",
            )
        found.update(range(first, last + 1))
    return sorted(found)
