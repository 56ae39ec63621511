"""`nuanyi cards`: cards with QR codes to print, as files that need nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import console
from geo.errors import Invalid
from maps.texts import named

if TYPE_CHECKING:
    from geo.database import Reader
    from maps.cards import Document


def register(app: typer.Typer) -> None:
    """Hang the command into the command line."""
    app.command()(cards)


def cards(
    out: Annotated[Path, typer.Option(help="写入的 HTML 文件 / the HTML file to write.")],
    area: Annotated[
        int | None, typer.Option(help="区域编号：区域及其全部驿站 / an area and all its stations.")
    ] = None,
    station: Annotated[int | None, typer.Option(help="驿站编号 / one station.")] = None,
    url: Annotated[
        str | None,
        typer.Option(help="二维码指向的地址 / where the codes lead (NUANYI_PUBLIC_URL)."),
    ] = None,
    language: Annotated[str, typer.Option(help="zh 或 en / zh or en.")] = "zh",
    paper: Annotated[str, typer.Option(help="单张卡片：a6 或 a5 / one card: a6 or a5.")] = "a6",
) -> None:
    """可打印的二维码卡片 / Cards with QR codes to print.

    More than 200 stations come in several files: FILE.html, FILE-2.html and so on.

    Example: nuanyi cards --area 6102330440716319 --url https://nuanyi.example --out cards.html
    """
    of = console.settings(**({} if url is None else {"public_url": url}))
    if (area is None) == (station is None):
        raise Invalid(
            "请给出 --area 或 --station 之一。 Name an area or a station.",
            remedy="nuanyi cards --area ID --out FILE.html",
        )
    if of.public_url is None:
        raise Invalid(
            "不知道二维码应指向哪里。 Where the codes should lead is not known.",
            remedy="Give --url https://…, or set NUANYI_PUBLIC_URL.",
        )
    for name, value, known in (
        ("language", language, ("zh", "en")),
        ("paper", paper, ("a6", "a5")),
    ):
        if value not in known:
            raise Invalid(
                f"--{name} 只能是 {'、'.join(known)}。 --{name} must be {' or '.join(known)}.",
                field=name,
            )
    if not out.parent.is_dir():
        raise Invalid(
            f"没有文件夹 {out.parent}。 There is no folder {out.parent}.",
            remedy="请先创建，或另选位置。 Make it first, or choose another place.",
        )
    from geo.stations import queries
    from maps import cards as drawing

    sign = None if of.union_sign is None else drawing.sign_uri(of.union_sign)
    chosen: Any = language
    document = drawing.Document(of.public_url, chosen, sign, standalone=True)
    with console.database(of) as database, database.read(console.OPERATOR) as reader:
        if station is not None:
            facts = queries.get_station(reader, station)
            on: Any = paper
            pages = [drawing.station_page(drawing.on_card(facts), document, on)]
        else:
            pages = _area(reader, int(area or 0), document)
    for number, page in enumerate(pages, 1):
        path = out if number == 1 else out.with_stem(f"{out.stem}-{number}")
        try:
            path.write_text(page, encoding="utf-8")
        except OSError as error:
            raise Invalid(
                f"无法写入 {path}。 {path} cannot be written: {error.strerror}.",
                remedy="请用 --out 另选位置。 Choose another place with --out.",
            ) from error
        console.out.print(f"已写入 / written: {path}", markup=False)


def _area(reader: Reader, area_id: int, document: Document) -> list[str]:
    """The cards of an area and of all its stations, in documents of 200."""
    from geo.areas.queries import get_area
    from geo.stations.queries import list_stations
    from maps import cards as drawing

    detail = get_area(reader, area_id).area
    found: list[Any] = []
    while not found or len(found) % drawing.MOST == 0:
        after = found[-1].id if found else None
        some = list_stations(reader, area_id=area_id, after=after, limit=drawing.MOST)
        if not some:
            break
        found += some
    name = detail.name or getattr(named("kind", detail.kind), document.language)
    shown = drawing.AreaOnCard(detail.id, name, detail.kind, len(found))
    return [
        drawing.area_pages(
            shown,
            [drawing.on_card(facts) for facts in found[start : start + drawing.MOST]],
            document,
            total=len(found),
            begins=start == 0,
        )
        for start in range(0, max(len(found), 1), drawing.MOST)
    ]
