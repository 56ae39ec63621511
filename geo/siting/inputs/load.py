"""Hosts and demand from a checked file to rows of their tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from geo.errors import InvalidFile
from geo.files.choices import several
from geo.files.headers import Matched
from geo.files.identity import stable_ids
from geo.files.parsed import arrow
from geo.files.tables import RawTable
from geo.hours import normalise_many
from geo.imports.context import Context
from geo.imports.options import Prepared
from geo.imports.rows import Rows, stated
from geo.schema.siting import ASSESSED

HOURS = [f"h{hour}" for hour in range(24)]


def prepare_candidate_sites(raw: RawTable, matched: Matched, context: Context) -> Prepared:
    """Check every row of a file of hosts; see :func:`geo.imports.run.import_file`."""
    rows = Rows(raw, matched, context)
    name = rows.text("name", required=True)
    address = rows.text("address")
    key = rows.text("source_key")
    host_type = pc.fill_null(rows.choice("host_type", "host_type", otherwise="other"), "other")
    hours_text = rows.text("hours_text")
    encoded = hours_text.dictionary_encode()
    understood = normalise_many(encoded.dictionary.to_pylist())
    forms = pa.array([one.opening_hours for one in understood], pa.large_string())
    opening_hours = forms.take(encoded.indices)
    always = pc.equal(opening_hours, "24/7")
    lon, lat, located_by = rows.located(address)
    # A number that is none rejects its row: read before it is known which rows are kept.
    stated_numbers = {
        "cost": rows.numbers("cost"),
        "capacity": rows.integers("capacity"),
        "floor_square_metres": rows.numbers("floor_square_metres"),
    }
    yes_or_no = {field: rows.booleans(field) for field in ("open_24h", "agreed", "water", "toilet")}
    source = pc.fill_null(
        rows.choice("source", "candidate_source", otherwise="register"), "register"
    )
    assessment = _assessment(rows)
    ids = rows.identities(key, (name, address), lon, lat)
    rows.reject_repeats(ids, "source_key", "name")
    keep = rows.only_kept
    columns = {
        "id": ids[rows.kept],
        "name": keep(name),
        "host_type": keep(host_type),
        "chain": keep(rows.text("chain")),
        "address": keep(address),
        **{field: keep(column) for field, column in stated_numbers.items()},
        "hours_text": keep(hours_text),
        "opening_hours": keep(opening_hours),
        **{field: keep(column) for field, column in yes_or_no.items()},
        "open_24h": keep(pc.coalesce(yes_or_no["open_24h"], always)),
        "photo": keep(rows.text("photo")),
        "assessment": keep(assessment),
        "source": keep(source),
        **rows.location_columns(lon, lat, located_by),
        "source_row": rows.source_rows(),
    }
    return rows.prepared(columns, lon)


def prepare_demand(raw: RawTable, matched: Matched, context: Context) -> Prepared:
    """Check every row of a file of demand; see :func:`geo.imports.run.import_file`.

    Either a column for each hour of the day (h0 … h23), or one number of people, which then stands
    for every hour. A row without a place is rejected: demand is nothing without one.
    """
    rows = Rows(raw, matched, context)
    hourly = [field for field in HOURS if rows.has(field)]
    if hourly and len(hourly) < 24:
        missing = ", ".join(field for field in HOURS if field not in hourly)
        raise InvalidFile(
            f"Some hours of the day have no column: {missing}.",
            remedy="Give h0 to h23, or one column 人数.",
        )
    if not hourly and not rows.has("people"):
        raise InvalidFile(
            "The file does not say how many people there are.",
            remedy="Give a column 人数, or one for each hour, h0 to h23.",
        )
    key = rows.text("source_key")
    group = pc.fill_null(
        rows.choice("worker_group", "worker_group", otherwise="outdoor_worker"), "outdoor_worker"
    )
    day = pc.fill_null(rows.choice("day_class", "day_class"), "any")
    if hourly:
        people = np.column_stack([_numbers(rows.numbers(field)) for field in HOURS])
    else:
        people = np.repeat(_numbers(rows.numbers("people"))[:, None], 24, axis=1)
    lon, lat, located_by = rows.located(None)
    rows.problems.add_mask(
        np.isnan(lon) & rows.problems.accepted_mask,
        "position",
        None,
        reason_zh="没有位置",
        reason="There is no position",
        remedy_zh="填写经度和纬度",
        remedy="Give longitude and latitude",
    )
    place = pa.array([f"{x:.6f} {y:.6f}" for x, y in zip(lon, lat, strict=True)])
    ids = np.where(stated(key), stable_ids(key, group, day), stable_ids(place, group, day)).astype(
        np.int64
    )
    rows.reject_repeats(ids, "source_key", "people")
    kept = rows.kept
    located = rows.location_columns(lon, lat, located_by)
    columns = {
        "id": ids[kept],
        "location": located["location"],
        "worker_group": rows.only_kept(group),
        "day_class": rows.only_kept(day),
        "people": _array_literals(people[kept]),
        "source_row": rows.source_rows(),
    }
    return rows.prepared(columns, lon)


def _assessment(rows: Rows) -> Any:
    """The points of the form that each host meets, as PostgreSQL array literals; null where nobody
    went to look, an empty array where somebody did and nothing was met (无)."""
    cells = rows.cells("assessment")
    met = rows.read(
        "assessment", lambda cells: several(cells, "assessed", ASSESSED), pa.list_(pa.string())
    )
    if cells is None:
        return pa.nulls(rows.count, pa.string())
    blank = pc.equal(pc.utf8_trim_whitespace(pc.fill_null(arrow(cells), "")), "")
    literals = [None if one is None else "{" + ",".join(one) + "}" for one in met.to_pylist()]
    return pc.if_else(blank, pa.scalar(None, pa.string()), pa.array(literals, pa.string()))


def _numbers(column: Any) -> Any:
    """Empty cells count nobody."""
    return pc.fill_null(column, 0.0).to_numpy(zero_copy_only=False)


def _array_literals(people: Any) -> Any:
    """(N, 24) numbers as PostgreSQL array literals."""
    return pa.array(["{" + ",".join(map(repr, hours)) + "}" for hours in people.tolist()])
