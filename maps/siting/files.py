"""A plan as GeoJSON and as GeoPackage."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from geo.coordinates import Crs, from_wgs84
from maps.geojson import DECIMALS, feature_collection
from maps.siting.view import PlanView
from maps.siting.words import limits, proof

FIELDS = (
    "id", "name", "host_type", "chain", "address", "district", "cost", "agreed", "open_24h",
    "source", "adds_last", "alone", "overlap_today", "capacity", "served", "often",
    "why_zh", "why_en",
)  # fmt: skip
MEDIA_TYPE = "application/geopackage+sqlite3"


def geojson_of(view: PlanView, crs: Crs = "wgs84") -> bytes:
    """The new sites as a FeatureCollection (RFC 7946), with the plan's figures as members; in
    another system than WGS 84 it says so in `crs_used`."""
    sites = view.sites
    x, y = from_wgs84(
        np.array([one["lon"] for one in sites], np.float64),
        np.array([one["lat"] for one in sites], np.float64),
        crs,
    )
    points = np.asarray(shapely.points(np.round(np.column_stack((x, y)), DECIMALS)), object)
    numbers = [{"number": at, **_properties(one)} for at, one in enumerate(sites, 1)]
    for one, site in zip(numbers, sites, strict=True):
        one["replacements"] = site["replacements"]
        one["overlap"] = site["overlap"]
        one["without"] = site.get("without")
    return feature_collection(
        [one["id"] for one in sites],
        points,
        numbers,
        extra={
            "crs_used": crs,
            "plan": {
                "id": view.id,
                "name": view.name,
                "question": view.question.model_dump(mode="json"),
                "answer": {name: value for name, value in view.answer.items() if name != "sites"},
                **{
                    name: view.facts[name]
                    for name in (
                        "people", "hours", "covered_today", "covered", "share_today", "share",
                        "cost", "equity", "districts",
                    )
                },
                "editions": [
                    {"dataset": one.dataset, "id": one.number, "as_of": one.as_of.isoformat()}
                    for one in view.editions
                ],
            },
        },
    )  # fmt: skip


def geopackage_of(view: PlanView) -> bytes:
    """A GeoPackage, WGS 84: layers `sites`, `stations`, `areas`, and `people` where they are known;
    tables `plan` (question, figures, bound) and `editions`.

    Cost: some 20 µs a feature.
    """
    with tempfile.TemporaryDirectory(prefix="nuanyi-") as folder:
        path = Path(folder) / "plan.gpkg"
        sites = [{"number": at, **_properties(one)} for at, one in enumerate(view.sites, 1)]
        for one in sites:
            one["id"] = str(one["id"])
        _layer(
            path,
            "sites",
            sites,
            shapely.points([[one["lon"], one["lat"]] for one in view.sites] or np.empty((0, 2))),
        )
        _layer(
            path,
            "stations",
            [{"id": number, "name": name} for number, name, _, _ in view.stations],
            shapely.points([[x, y] for _, _, x, y in view.stations] or np.empty((0, 2))),
        )
        by_id = {one["id"]: one for one in view.facts["districts"]}
        drawn = [one for one in view.areas if one[2] is not None]
        _layer(
            path,
            "areas",
            [
                {
                    "id": number,
                    "name": name,
                    **{key: by_id[number][key] for key in ("people", "before", "after")},
                }
                for number, name, _ in drawn
            ],
            np.array([one[2] for one in drawn], object),
        )
        _table(path, "plan", [_about(view)])
        _table(
            path,
            "editions",
            [
                {
                    "dataset": one.dataset,
                    "number": one.number,
                    "as_of": one.as_of.isoformat(),
                    "source": one.source,
                }
                for one in view.editions
            ],
        )
        if view.people is not None:
            dots = view.people
            _layer(
                path,
                "people",
                [
                    {"people": round(float(n), 1), "state": int(code)}
                    for n, code in zip(dots.people, dots.state, strict=True)
                ],
                shapely.points(np.column_stack((dots.lon, dots.lat))),
            )
        return path.read_bytes()


def _layer(path: Path, name: str, rows: list[dict[str, Any]], shapes: Any) -> None:
    if not rows:
        return
    import geopandas  # heavy, and few ask for this form

    frame = geopandas.GeoDataFrame(rows, geometry=np.asarray(shapes, object), crs="EPSG:4326")
    frame.to_file(path, layer=name, driver="GPKG", engine="pyogrio")


def _table(path: Path, name: str, rows: list[dict[str, Any]]) -> None:
    """Rows without a place."""
    if not rows:
        return
    import pandas as pd
    import pyogrio

    pyogrio.write_dataframe(pd.DataFrame(rows), path, layer=name, driver="GPKG")


def _about(view: PlanView) -> dict[str, Any]:
    answer, facts = view.answer, view.facts
    return {
        "id": view.id,
        "name": view.name,
        "question": view.question.model_dump_json(),
        "conditions_zh": "；".join(limits(view, "zh")),
        "conditions_en": "; ".join(limits(view, "en")),
        "status": answer["status"],
        "objective": answer["objective"],
        "objective_unit": answer.get("objective_unit"),
        "bound": answer["bound"],
        "gap": answer["gap"],
        "proof_zh": proof(view, "zh"),
        "proof_en": proof(view, "en"),
        "people": facts["people"],
        "covered_today": facts["covered_today"],
        "covered": facts["covered"],
        "new_sites": len(view.sites),
        "cost": facts["cost"],
        "seed": answer["seed"],
        "begun_from": answer.get("begun_from"),
        "remarks": " ".join(answer["relaxed"]),
        "made_on": view.made_on.isoformat(),
    }


def _properties(site: dict[str, Any]) -> dict[str, Any]:
    # Those of capacities are there where room is regarded.
    return {name: site.get(name) for name in FIELDS}
