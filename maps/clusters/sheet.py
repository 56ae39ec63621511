"""Clusters as a workbook: clusters, their enterprises, and what every word and rule means."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import xlsxwriter

from geo.clusters.forms import Advice, MemberRow, Rules
from geo.coordinates import Crs, from_wgs84
from geo.editions import EditionFacts
from maps.geojson import DECIMALS
from maps.texts import Both, both, named

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 1_048_575
"""Rows of a sheet below its header."""
CELL_LIMIT = 32_767
CRS_NAMES = {"wgs84": "WGS 84", "gcj02": "GCJ-02", "bd09": "BD-09"}

FORMULA = tuple("=+-@\t\r＝＋－＠")
"""What Excel, WPS or LibreOffice may take for a formula."""
Pair = tuple[float | None, float | None]


def in_crs(lon: Sequence[float | None], lat: Sequence[float | None], crs: Crs) -> list[Pair]:
    """Positions in a coordinate system, to a centimetre; (None, None) stays."""
    x, y = np.array(lon, dtype=np.float64), np.array(lat, dtype=np.float64)
    placed = ~np.isnan(x)
    x[placed], y[placed] = from_wgs84(x[placed], y[placed], crs)
    pairs = np.round(np.column_stack([x, y]), DECIMALS).tolist()
    return [
        (pair[0], pair[1]) if there else (None, None)
        for pair, there in zip(pairs, placed.tolist(), strict=True)
    ]


@dataclass(frozen=True)
class Column:
    """A column: the key of its heading in `clusters_sheet`, how wide, how its cells look, and
    where a value comes from."""

    key: str
    width: int
    look: str
    value: Callable[[Any], Any]


def _existing(one: Advice, name: str) -> Any:
    union = one.form.existing_union
    return None if union is None else getattr(union, name)


def _station(one: Advice, name: str) -> Any:
    station = one.form.nearest_station
    return None if station is None else getattr(station, name)


def _seat(one: Advice, name: str) -> Any:
    return None if one.form.seat is None else getattr(one.form.seat, name)


def _yes_no(*, said: bool | None) -> str | None:
    return None if said is None else _told(both("clusters_sheet.yes" if said else _NO))


_NO = "clusters_sheet.no"


def _told(texts: Both) -> str:
    return texts.zh if texts.zh == texts.en else f"{texts.zh} {texts.en}"


CLUSTERS = (
    Column("id", 19, "text", lambda one: str(one.cluster.id)),
    Column("tier", 18, "text", lambda one: _told(named("clusters_tier", one.cluster.tier))),
    Column("kind", 22, "text", lambda one: _told(named("clusters_kind", one.cluster.kind))),
    Column("place", 28, "text", lambda one: one.cluster.place),
    Column("sentence", 44, "text", lambda one: f"{one.sentence.zh}\n{one.sentence.en}"),
    Column("units", 12, "whole", lambda one: one.cluster.units),
    Column("units_all", 12, "whole", lambda one: one.cluster.units_all),
    Column("share", 10, "percent", lambda one: one.cluster.share),
    Column("expected_share", 10, "percent", lambda one: one.cluster.expected_share or None),
    Column("employees", 12, "whole", lambda one: one.cluster.employees),
    Column("employees_unstated", 14, "whole", lambda one: one.cluster.employees_unstated),
    Column("units_25", 10, "whole", lambda one: one.cluster.units_25),
    Column("units_100", 10, "whole", lambda one: one.cluster.units_100),
    Column("addresses", 10, "whole", lambda one: one.cluster.addresses),
    Column("diameter", 10, "whole", lambda one: one.cluster.diameter_metres),
    Column("first_seen", 12, "date", lambda one: one.cluster.first_seen),
    Column("form", 34, "text", lambda one: f"{one.form.title.zh}\n{one.form.title.en}"),
    Column("reason", 60, "text", lambda one: f"{one.form.reason.zh}\n{one.form.reason.en}"),
    Column("law", 44, "text", lambda one: f"{one.form.law.zh}\n{one.form.law.en}"),
    Column("own_unions", 11, "whole", lambda one: one.form.own_unions),
    Column("shall", 13, "whole", lambda one: one.form.shall),
    Column("chair", 11, "whole", lambda one: one.form.full_time_chair),
    Column("rest", 11, "whole", lambda one: one.form.rest),
    Column("rest_workers", 11, "whole", lambda one: one.form.rest_workers),
    Column("existing", 30, "text", lambda one: _existing(one, "name")),
    Column("existing_metres", 11, "whole", lambda one: _existing(one, "metres")),
    Column("seat", 30, "text", lambda one: one.form.seat.name if one.form.seat else None),
    Column(
        "seat_address", 34, "text", lambda one: one.form.seat.address if one.form.seat else None
    ),
    Column(
        "upper",
        30,
        "text",
        lambda one: one.form.upper_union.name or _told(both("clusters_sheet.unknown_upper")),
    ),
    Column("station", 30, "text", lambda one: _station(one, "name")),
    Column("station_metres", 10, "whole", lambda one: _station(one, "metres")),
    Column("station_minutes", 10, "tenth", lambda one: _station(one, "minutes")),
    Column(
        "station_straight", 12, "text", lambda one: _yes_no(said=_station(one, "straight_line"))
    ),
)
MATCHING = (
    Column("matching_units", 14, "whole", lambda one: one.matching.units),
    Column("matching_employees", 14, "whole", lambda one: one.matching.employees),
)
MEMBERS = (
    Column("id", 19, "text", lambda row: str(row[0].id)),
    Column("place", 24, "text", lambda row: row[0].place),
    Column("enterprise_id", 19, "text", lambda row: str(row[1].id)),
    Column("name", 40, "text", lambda row: row[1].name),
    Column("address", 44, "text", lambda row: row[1].address),
    Column("member_employees", 10, "whole", lambda row: row[1].employees),
    Column("member_members", 10, "whole", lambda row: row[1].members),
    Column("state", 22, "text", lambda row: _told(named("clusters_state", row[1].state))),
    Column("union_name", 30, "text", lambda row: row[1].union_name),
    Column("size", 18, "text", lambda row: _told(named("clusters_size", row[1].size))),
    Column("industry", 30, "text", lambda row: row[2]),
    Column("unit_class", 26, "text", lambda row: _told(named("clusters_class", row[1].unit_class))),
)


def workbook(
    advice: Sequence[Advice],
    members: Iterable[MemberRow],
    of_cluster: Sequence[int],
    *,
    editions: Sequence[EditionFacts],
    table: Rules,
    chosen: str = "",
    crs: Crs = "wgs84",
    most_rows: int = MOST_ROWS,
) -> bytes:
    """The workbook (XLSX) of some clusters.

    Args:
        advice: the clusters, in the order of the sheet.
        members: their enterprises, in the order of the sheet.
        of_cluster: for each of them the position of its cluster in `advice`.
        editions: what it all rests on.
        table: the rules, with thresholds and law.
        chosen: the filter, as `geo.enterprises.filter.Filter.key` writes it.
        crs: coordinate system of the positions.
        most_rows: of a sheet.

    Returns:
        The file. Texts are written as texts: none can become a formula or a link.

    Cost: some 0.2 ms a member, most of it the writing of XML.
    """
    members = list(members)
    sink = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "default_date_format": "yyyy-mm-dd",
    }
    with xlsxwriter.Workbook(sink, options) as book:
        # The same data give the same bytes.
        stamp = max((one.activated_at for one in editions if one.activated_at), default=None)
        if stamp is not None:
            book.set_properties({"created": stamp.replace(tzinfo=None)})
        looks = _looks(book)
        columns = [*CLUSTERS, *(MATCHING if any(one.matching for one in advice) else ())]
        sheet = _sheet(book, "clusters", columns, looks)
        pairs = in_crs(
            [one.cluster.lon for one in advice], [one.cluster.lat for one in advice], crs
        )
        for row, (one, pair) in enumerate(zip(advice, pairs, strict=True), 1):
            _write(sheet, row, columns, one, looks, pair)
        sheet = _sheet(book, "members", MEMBERS, looks)
        shown = members[:most_rows]
        pairs = in_crs([one.lon for one in shown], [one.lat for one in shown], crs)
        for row, (member, cluster, pair) in enumerate(
            zip(shown, of_cluster, pairs, strict=False), 1
        ):
            facts = advice[cluster].cluster
            _write(
                sheet, row, MEMBERS, (facts, member, _industry(table, member.industry)), looks, pair
            )
        cut = None
        if len(members) > most_rows:
            cut = both("clusters_sheet.cut", total=f"{len(members):,}", shown=f"{most_rows:,}")
        _definitions(book, looks, editions, table, chosen, crs, cut)
    return sink.getvalue()


def rows_of(advice: Sequence[Advice], crs: Crs = "wgs84") -> Iterator[list[Any]]:
    """The sheet of clusters as plain rows, the headings first, for a file of text. A text that a
    spreadsheet would take for a formula gets an apostrophe in front; what is not stated is empty.
    """
    columns = [*CLUSTERS, *(MATCHING if any(one.matching for one in advice) else ())]
    yield [_heading(column) for column in (*columns, *PLACED)]
    pairs = in_crs([one.cluster.lon for one in advice], [one.cluster.lat for one in advice], crs)
    for one, pair in zip(advice, pairs, strict=True):
        cells = [column.value(one) for column in columns] + [
            column.value(pair) for column in PLACED
        ]
        yield [_plain(cell) for cell in cells]


def _heading(column: Column) -> str:
    heading = both(f"clusters_sheet.{column.key}")
    return f"{heading.zh} {heading.en}"


def _plain(cell: Any) -> Any:
    if cell is None:
        return ""
    if isinstance(cell, str):
        text = " ".join(cell.split())
        return f"'{text}" if text.startswith(FORMULA) else text
    return cell


def _looks(book: Any) -> dict[str, Any]:
    top = {"valign": "top"}
    return {
        "head": book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1}),
        "title": book.add_format({"bold": True, "font_size": 13}),
        "text": book.add_format({"text_wrap": True, **top}),
        "whole": book.add_format({"num_format": "#,##0", **top}),
        "tenth": book.add_format({"num_format": "#,##0.0", **top}),
        "percent": book.add_format({"num_format": "0.0%", **top}),
        "degree": book.add_format({"num_format": "0.000000", **top}),
        "date": book.add_format({"num_format": "yyyy-mm-dd", **top}),
    }


PLACED = (
    Column("lon", 12, "degree", lambda pair: pair[0]),
    Column("lat", 12, "degree", lambda pair: pair[1]),
)


def _sheet(book: Any, name: str, columns: Sequence[Column], looks: dict[str, Any]) -> Any:
    sheet = book.add_worksheet(_told(both(f"clusters_sheet.{name}")))
    for at, column in enumerate([*columns, *PLACED]):
        heading = both(f"clusters_sheet.{column.key}")
        sheet.set_column(at, at, column.width)
        sheet.write_string(0, at, f"{heading.zh}\n{heading.en}", looks["head"])
    sheet.set_row(0, 46)
    sheet.freeze_panes(1, 1)
    return sheet


def _write(
    sheet: Any,
    row: int,
    columns: Sequence[Column],
    one: Any,
    looks: dict[str, Any],
    pair: Pair,
) -> None:
    cells = [(column, column.value(one)) for column in columns]
    cells += [(column, column.value(pair)) for column in PLACED]
    for at, (column, value) in enumerate(cells):
        look = looks[column.look]
        # What is not stated is an empty cell, never a 0.
        if value is None or value == "":
            continue
        if isinstance(value, str):
            sheet.write_string(row, at, value[:CELL_LIMIT], look)
        elif isinstance(value, date):
            sheet.write_datetime(row, at, value, look)
        else:
            sheet.write_number(row, at, value, look)


def _industry(table: Rules, code: str) -> str:
    if code in table.industries:
        name = table.industries[code]
        return f"{code} {name.zh} {name.en}"
    return _told(
        both("clusters_sheet.unstated" if code == "unstated" else "clusters_sheet.other_industry")
    )


def _definitions(
    book: Any,
    looks: dict[str, Any],
    editions: Sequence[EditionFacts],
    table: Rules,
    chosen: str,
    crs: str,
    cut: Both | None,
) -> None:
    sheet = book.add_worksheet(_told(both("clusters_sheet.definitions")))
    for at, width in enumerate((34, 56, 56, 44, 60, 20)):
        sheet.set_column(at, at, width)
    row = 0

    def line(*cells: str, look: str = "text") -> None:
        nonlocal row
        for at, cell in enumerate(cells):
            if cell:
                sheet.write_string(row, at, cell[:CELL_LIMIT], looks[look])
        row += 1

    def head(*keys: str) -> None:
        line(*(_told(both(f"clusters_sheet.{key}")) for key in keys), look="head")

    line(_told(both("clusters_sheet.title")), look="title")
    if cut is not None:
        line(_told(cut))
    line(_told(both("clusters_sheet.filter")), chosen or "–")
    line(_told(both("clusters_sheet.coordinates")), CRS_NAMES.get(crs, crs))
    head("edition", "as_of", "source")
    for facts in editions:
        name = _told(named("dataset", facts.dataset))
        line(f"{name} #{facts.id}", facts.as_of.isoformat(), facts.source)
    row += 1
    for key in ("cluster", "tier", "employees", "members", "filter", "ids"):
        line(_told(both(f"clusters_sheet.about_{key}")))
    row += 1
    line(_told(both("clusters_sheet.rules")), look="title")
    head("form", "condition", "reason", "law", "law_text", "basis")
    for rule in table.table:
        line(
            f"{rule.title.zh}\n{rule.title.en}",
            f"{rule.condition.zh}\n{rule.condition.en}",
            f"{rule.reason.zh}\n{rule.reason.en}",
            f"{table.law.zh}{rule.article.zh}\n{table.law.en}, {rule.article.en}",
            f"{rule.law_text.zh}\n{rule.law_text.en}",
            _told(named("clusters_basis", rule.basis)),
        )
    row += 1
    line(_told(both("clusters_sheet.thresholds")), look="title")
    head("meaning", "source")
    for one in table.thresholds:
        line(f"{one.meaning.zh}\n{one.meaning.en}", one.source)
    row += 1
    line(_told(both("clusters_sheet.duties")), look="title")
    for duty in table.duties:
        line(f"{duty.article.zh} {duty.article.en}", f"{duty.text.zh}\n{duty.text.en}")
