"""Stations from a checked file to rows of the table."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from geo.areas.naming import bare_name
from geo.ewkb import point_column
from geo.files import choices
from geo.files.headers import Matched
from geo.files.tables import RawTable
from geo.hours import normalise_many
from geo.imports.context import Context
from geo.imports.options import Prepared
from geo.imports.rows import Rows
from geo.schema import STATION_KINDS

TEXTS = ("declared_district", "network_brand", "operator", "host", "phone", "access_method")
NOT_UNDERSTOOD_SHOWN = 5


def prepare_stations(raw: RawTable, matched: Matched, context: Context) -> Prepared:
    """Check every row of a file of stations; see :func:`geo.imports.run.import_file`."""
    rows = Rows(raw, matched, context)
    name = rows.text("name", required=True)
    address = rows.text("address")
    key = rows.text("source_key")
    default = context.options.kind or "warm_station"
    if default not in STATION_KINDS:
        from geo.errors import Invalid

        raise Invalid(
            f"'{default}' is not a kind of station.",
            remedy=f"Use one of {', '.join(STATION_KINDS)}.",
            field="kind",
        )
    kind = pc.fill_null(rows.choice("kind", "station_kind"), default)
    access = pc.fill_null(rows.choice("access", "access", otherwise="unknown"), "unknown")
    services = rows.read("services", choices.services, pa.list_(pa.string()))
    hours_text = rows.text("hours_text")
    opening_hours = _opening_hours(rows, hours_text)
    lon, lat, located_by = rows.located(address)
    entrance_lon, entrance_lat = rows.entrances(lon, lat)
    # A number or day that is none rejects its row: read before it is known which rows are kept.
    stated_numbers = {
        "capacity": rows.integers("capacity"),
        "floor_square_metres": rows.numbers("floor_square_metres"),
        "star_grade": rows.integers("star_grade", most=7),
        "verified_on": rows.dates("verified_on"),
    }
    ids = rows.identities(key, (name, address), lon, lat)
    rows.reject_repeats(ids, "source_key", "name")
    _note_wrong_districts(rows, context, lon, lat)
    keep = rows.only_kept
    columns = {
        "id": ids[rows.kept],
        "kind": keep(kind),
        "name": keep(name),
        "address": keep(address),
        **{field: keep(rows.text(field)) for field in TEXTS},
        "hours_text": keep(hours_text),
        "opening_hours": keep(opening_hours),
        "access": keep(access),
        "services": _array_literals(keep(services)),
        **{field: keep(column) for field, column in stated_numbers.items()},
        "source_key": keep(key),
        **rows.location_columns(lon, lat, located_by),
        "entrance": point_column(entrance_lon[rows.kept], entrance_lat[rows.kept]),
        "source_row": rows.source_rows(),
    }
    prepared = rows.prepared(columns, lon)
    prepared.places = (columns["name"].to_pylist(), lon[rows.kept], lat[rows.kept])
    return prepared


def _opening_hours(rows: Rows, hours_text: Any) -> Any:
    """The OpenStreetMap form of each text, null where it is not understood with certainty."""
    column = rows.text("opening_hours") if rows.has("opening_hours") else None
    encoded = pc.coalesce(hours_text, column) if column is not None else hours_text
    encoded = encoded.dictionary_encode()
    texts = encoded.dictionary.to_pylist()
    understood = normalise_many(texts)
    forms = pa.array([one.opening_hours for one in understood], pa.large_string())
    # A doubt names the text itself, cut where it is long.
    doubts = [str(one.doubt) for one in understood if one.opening_hours is None]
    if doubts:
        shown = "；".join(doubts[:NOT_UNDERSTOOD_SHOWN])
        if len(doubts) > NOT_UNDERSTOOD_SHOWN:
            shown += " …"
        rows.note(
            f"{len(doubts)} 种开放时间未能读懂，按“未知”处理 / hours not understood, which stay "
            f"unknown: {shown}"
        )
    rows.report["hours_texts"] = len(texts)
    rows.report["hours_not_understood"] = doubts[:200]
    return forms.take(encoded.indices)


def _note_wrong_districts(rows: Rows, context: Context, lon: Any, lat: Any) -> None:
    """Name the stations that lie in another district than their list says, when districts are
    loaded: such a row has a wrong coordinate or a wrong label, and only a person can tell."""
    places = context.districts
    if places is None or not rows.has("declared_district"):
        return
    declared = rows.text("declared_district").to_pylist()
    held = places.holding(lon, lat)
    wrong = []
    for number in rows.kept.tolist():
        said, lies_in = declared[number], held[number]
        if said is None or not lies_in or bare_name(said) not in places.known:
            continue
        if bare_name(said) not in lies_in:
            wrong.append((int(rows.raw.row_numbers[number]), said, "、".join(sorted(lies_in))))
    if wrong:
        listed = "；".join(f"第 {row} 行：{said}→{found}" for row, said, found in wrong[:20])
        rows.note(
            f"{len(wrong)} 个站点不在所填区县内，请核对 / stations that do not lie in the district "
            f"their list names: {listed}"
        )
    rows.report["in_another_district"] = [
        {"row": row, "declared": said, "lies_in": found} for row, said, found in wrong
    ]


def _array_literals(lists: Any) -> Any:
    """Lists of plain words as PostgreSQL array literals."""
    return pa.array(["{" + ",".join(words or ()) + "}" for words in lists.to_pylist()])
