"""`nuanyi tiles`: tiles as a file that needs no service."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import console
from geo.errors import Invalid

if TYPE_CHECKING:
    from geo.database import Reader
    from geo.editions import EditionFacts
    from geo.filters import Box
    from maps.tiles.export import Source

app = typer.Typer(help="矢量瓦片 / Vector tiles as a file.", no_args_is_help=True)
LAYERS = ("enterprises", "areas", "clusters")


@app.callback()
def tiles() -> None:
    """矢量瓦片 / Vector tiles as a file."""


@app.command()
def export(
    out: Annotated[Path, typer.Option(help="写入的 .pmtiles 文件 / the file to write.")],
    layer: Annotated[
        str, typer.Option(help="enterprises、areas 或 clusters / which layer.")
    ] = "enterprises",
    kind: Annotated[str, typer.Option(help="区域种类 / kind of areas.")] = "subdistrict",
    min_zoom: Annotated[int, typer.Option(min=0, max=16, help="最小级别 / from zoom.")] = 8,
    max_zoom: Annotated[int, typer.Option(min=0, max=16, help="最大级别 / to zoom.")] = 14,
) -> None:
    """导出启用版本的瓦片 / Export the tiles in force as a PMTiles file.

    Enterprises are counted in cells only, none is told by itself; those set apart are left out.

    Example: nuanyi tiles export --layer enterprises --out city.pmtiles
    """
    of = console.settings()
    from geo.schema.areas import AREA_KINDS

    for name, value, known in (("layer", layer, LAYERS), ("kind", kind, AREA_KINDS)):
        if value not in known:
            raise Invalid(
                f"--{name} 只能是 {'、'.join(known)}。 --{name} must be one of {', '.join(known)}.",
                field=name,
            )
    if min_zoom > max_zoom:
        raise Invalid(
            "最小级别大于最大级别。 The smallest zoom is larger than the largest.",
            remedy="--min-zoom 8 --max-zoom 14",
            field="min_zoom",
        )
    if not out.parent.is_dir():
        raise Invalid(
            f"没有文件夹 {out.parent}。 There is no folder {out.parent}.",
            remedy="请先创建，或另选位置。 Make it first, or choose another place.",
        )
    from maps.tiles.export import export as write

    progress = console.BarProgress()
    with console.database(of) as database, database.read(console.OPERATOR) as reader:
        if layer == "enterprises":
            edition, source = _enterprises(reader)
        elif layer == "areas":
            edition, source = _areas(reader, kind)
        else:
            edition, source = _clusters(reader)
    metadata: dict[str, Any] = {
        "name": f"nuanyi {layer}",
        "description": f"{edition.dataset} {edition.id} ({edition.source})",
        "version": edition.as_of.isoformat(),
        "type": "overlay",
    }
    credit = [one for one in (of.map_attribution, of.map_approval_number) if one]
    if credit:
        metadata["attribution"] = " · ".join(credit)
    done = write(
        source, out, zooms=range(min_zoom, max_zoom + 1), metadata=metadata, progress=progress
    )
    console.out.print(
        f"{out}: {done.tiles} 块瓦片 / tiles, {done.bytes / 1e6:.1f} MB", markup=False
    )


def _enterprises(reader: Reader) -> tuple[EditionFacts, Source]:
    import numpy as np

    from geo.enterprises.register import load_register, one_moment
    from maps.tiles.enterprises import Choice, Pyramid
    from maps.tiles.export import Source

    one_moment(reader)
    register = load_register(reader)
    pyramid, choice = Pyramid(register), Choice()
    lon, lat = register.units.lon, register.units.lat
    bounds: Box | None = None
    if not np.isnan(lon).all():
        bounds = (
            float(np.nanmin(lon)),
            float(np.nanmin(lat)),
            float(np.nanmax(lon)),
            float(np.nanmax(lat)),
        )
    return register.edition, Source(
        layer="enterprises",
        fields=dict.fromkeys(["n", *choice.categories, "workers"], "Number"),
        met=pyramid.occupied,
        tile=lambda z, x, y: pyramid.tile(choice, z, x, y, singles=False).body,
        bounds=bounds,
    )


def _areas(reader: Reader, kind: str) -> tuple[EditionFacts, Source]:
    from geo import editions
    from geo.areas.shapes import read_shapes
    from maps.tiles.export import Source
    from maps.tiles.outlines import area_layer

    edition = editions.require_active(reader, "areas")
    found = read_shapes(reader, edition.id, kind)
    layer = area_layer(found, kind)
    return edition, Source(
        layer="areas",
        fields={"id": "Number", "name": "String", "code": "String", "has_children": "Boolean"},
        met=layer.met,
        tile=layer.tile,
        bounds=_box(found.boundaries),
    )


def _clusters(reader: Reader) -> tuple[EditionFacts, Source]:
    from geo import editions
    from geo.clusters.shapes import read_shapes
    from maps.tiles.export import Source
    from maps.tiles.outlines import cluster_layer

    edition = editions.require_active(reader, "enterprises")
    found = read_shapes(reader, edition.id)
    layer = cluster_layer(found)
    return edition, Source(
        layer="clusters",
        fields={"id": "Number", "tier": "String", "units": "Number", "employees": "Number"},
        met=layer.met,
        tile=layer.tile,
        bounds=_box(found.outlines),
    )


def _box(shapes: Any) -> Box | None:
    import numpy as np
    import shapely

    if not len(shapes):
        return None
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    return None if np.isnan(west) else (west, south, east, north)
