"""`nuanyi clusters export` and `nuanyi map clusters`: clusters as files."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import console
from api.cli.clusters import (
    Area,
    Industry,
    Kind,
    Size,
    Tier,
    UnitClass,
    asked_of,
    edition_of,
    finder_of,
    targets_of,
)
from geo.errors import Invalid

if TYPE_CHECKING:
    from geo.clusters import forms
    from geo.coordinates import Crs
    from geo.database import Reader
    from geo.settings import Settings

ENDINGS = (".csv", ".xlsx", ".geojson", ".html")
OfCrs = Annotated[str, typer.Option(help="坐标系 / wgs84, gcj02 or bd09.")]


def register(clusters: typer.Typer, maps: typer.Typer) -> None:
    """Hang the commands into `nuanyi clusters` and `nuanyi map`."""
    clusters.command()(export)
    maps.command("clusters")(map_clusters)


def export(
    out: Annotated[
        Path, typer.Option(help="文件：.csv、.xlsx、.geojson 或 .html / the file to write.")
    ],
    tier: Tier = "",
    kind: Kind = "",
    area: Area = None,
    size: Size = "",
    industry: Industry = "",
    unit_class: UnitClass = "",
    crs: OfCrs = "wgs84",
) -> None:
    """导出全部聚集区 / All clusters as CSV, XLSX (with enterprises), GeoJSON or a map in one file.

    Example: nuanyi clusters export --out clusters.xlsx --tier confirmed
    """
    from geo.coordinates import CRS_NAMES

    if out.suffix.lower() not in ENDINGS:
        raise Invalid(
            f"不认识的文件类型 “{out.suffix}”。 '{out.suffix}' is no kind of file this writes.",
            remedy=f"Use one of {', '.join(ENDINGS)}.",
            field="out",
        )
    if crs not in CRS_NAMES:
        raise Invalid(
            f"'{crs}' 不是坐标系。 It is not a coordinate system.",
            remedy="Use wgs84, gcj02 (Amap, Tencent) or bd09 (Baidu).",
            field="crs",
        )
    if out.suffix.lower() == ".html" and crs != "wgs84":
        raise Invalid(
            "地图文件只用 WGS 84。 The map is in WGS 84.", remedy="Leave --crs out.", field="crs"
        )
    asked = asked_of(tier, kind, area, size, industry, unit_class)
    _write(out, lambda reader, of: _content(reader, of, out.suffix.lower(), asked, crs))


def map_clusters(
    out: Annotated[Path, typer.Option(help="写入的 HTML 文件 / the HTML file to write.")],
    tier: Tier = "",
    area: Area = None,
    language: Annotated[str, typer.Option(help="zh 或 en / zh or en.")] = "zh",
) -> None:
    """未建会企业聚集区地图，一个可离线打开的文件 / The map of clusters: one file."""
    asked = asked_of(tier, "", area, "", "", "")

    def drawn(reader: Reader, of: Settings) -> bytes:
        from maps.clusters import page

        return page(
            reader, of, finder=finder_of(reader, of), asked=asked, language=language
        ).encode()

    _write(out, drawn)


def _write(out: Path, content: Any) -> None:
    if not out.parent.is_dir():
        raise Invalid(
            f"没有文件夹 {out.parent}。 There is no folder {out.parent}.",
            remedy="请先创建，或另选位置。 Make it first, or choose another place.",
        )
    of = console.settings()
    with console.database(of) as database, database.read(console.OPERATOR) as reader:
        octets: bytes = content(reader, of)
    try:
        out.write_bytes(octets)
    except OSError as error:
        raise Invalid(
            f"无法写入 {out}。 {out} cannot be written: {error.strerror}.",
            remedy="请用 --out 另选位置。 Choose another place with --out.",
        ) from error
    console.out.print(f"已写入 / written: {out} ({len(octets) / 1e6:.1f} MB)", markup=False)


def _content(reader: Reader, of: Settings, ending: str, asked: forms.Asked, crs: Crs) -> bytes:
    from geo.clusters import forms
    from maps.clusters import page, workbook_of

    finder = finder_of(reader, of)
    if ending == ".html":
        return page(reader, of, finder=finder, asked=asked).encode()
    if ending == ".xlsx":
        return workbook_of(reader, of, finder=finder, asked=asked, crs=crs)
    edition = edition_of(reader)
    advice = forms.advise_selected(
        reader,
        forms.select(reader, edition, asked),
        edition=edition,
        targets=targets_of(of),
        finder=finder,
    )
    return _geojson(advice, crs) if ending == ".geojson" else _csv(advice, crs)


def _geojson(advice: list[forms.Advice], crs: Crs) -> bytes:
    from api.clusters.answer import cluster_answer
    from api.clusters.listing import collection

    shown = [cluster_answer(one, crs) for one in advice]
    return collection(advice, shown, crs, [], None, total=len(shown))


def _csv(advice: list[forms.Advice], crs: Crs) -> bytes:
    from maps.clusters.sheet import rows_of

    sink = io.StringIO(newline="")
    writer = csv.writer(sink)
    for row in rows_of(advice, crs):
        writer.writerow(row)
    # A byte order mark, so that spreadsheets read the Chinese.
    return b"\xef\xbb\xbf" + sink.getvalue().encode()
