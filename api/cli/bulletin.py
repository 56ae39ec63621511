"""`nuanyi bulletin`: the bulletin (通报) as PDF or as a spreadsheet."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli import console
from geo.errors import Conflict, Invalid, NotFound


def register(app: typer.Typer) -> None:
    """Hang the command into the command line."""
    app.command()(bulletin)


def bulletin(
    out: Annotated[Path, typer.Option(help="写入的文件：.pdf 或 .xlsx / the file to write.")],
    area: Annotated[
        str | None, typer.Option(help="行政区划的编号、代码或名称 / a division: id, code or name.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="全市一册，每区一页 / the whole booklet.")
    ] = False,
    language: Annotated[str, typer.Option(help="zh 或 en / zh or en.")] = "zh",
) -> None:
    """通报：一区一页，或全市一册 / The bulletin: a page for a district, or the whole booklet.

    The ending of the file says what is written. Example: nuanyi bulletin --all --out tongbao.pdf
    """
    of = console.settings()
    if (area is None) == (not everything):
        raise Invalid(
            "请给出 --area 或 --all 之一。 Name an area, or --all.",
            remedy="nuanyi bulletin --all --out FILE.pdf",
        )
    ending = out.suffix.lower()
    if ending not in (".pdf", ".xlsx"):
        raise Invalid(
            f"{out} 不是 .pdf 或 .xlsx。 {out} ends neither in .pdf nor in .xlsx.",
            remedy="nuanyi bulletin --all --out FILE.pdf",
            field="out",
        )
    if language not in ("zh", "en"):
        raise Invalid("--language 只能是 zh、en。 --language must be zh or en.", field="language")
    if not out.parent.is_dir():
        raise Invalid(
            f"没有文件夹 {out.parent}。 There is no folder {out.parent}.",
            remedy="请先创建，或另选位置。 Make it first, or choose another place.",
        )
    from api.bulletin import Asked, bulletin_of, earlier, today
    from geo.walking.finder import Finder
    from maps.bulletin import pdf, xlsx

    chosen: Any = language
    progress = console.BarProgress()
    with console.database(of) as database:
        with database.read(console.OPERATOR) as reader:
            area_id = None if area is None else _division(reader, area)
            finder = None
            with contextlib.suppress(NotFound):
                finder = Finder.load(reader, of, progress)
        pair = earlier(database, console.OPERATOR, of, progress)
        made = bulletin_of(
            database,
            console.OPERATOR,
            of,
            Asked(area_id, chosen, today(of), pair),
            finder=finder,
            all_forms=ending == ".xlsx",
            progress=progress,
        )
    with progress.step("编排 / making the document"):
        content = xlsx(made, chosen) if ending == ".xlsx" else pdf(made, chosen, fonts=of.fonts)
    try:
        out.write_bytes(content)
    except OSError as error:
        raise Invalid(
            f"无法写入 {out}。 {out} cannot be written: {error.strerror}.",
            remedy="请用 --out 另选位置。 Choose another place with --out.",
        ) from error
    console.out.print(f"已写入 / written: {out}", markup=False)


def _division(reader: Any, wanted: str) -> int:
    """The number of a division by its number, code or name."""
    from geo import editions
    from geo.schema.areas import DIVISION_KINDS

    edition = editions.require_active(reader, "areas")
    rows = reader.all(
        "SELECT id, name, kind FROM area WHERE edition_id = :edition AND kind = ANY(:kinds) AND "
        "(CAST(id AS text) = :wanted OR code = :wanted OR name = :wanted) "
        "ORDER BY CAST(id AS text) = :wanted DESC, code = :wanted DESC, id",
        edition=edition.id,
        kinds=list(DIVISION_KINDS),
        wanted=wanted.strip(),
    )
    if not rows:
        raise NotFound(
            f"没有行政区划“{wanted}”。 There is no division '{wanted}'.",
            remedy="请给出编号、代码或全名。 Give its id, its code or its whole name.",
            field="area",
        )
    if len(rows) > 1 and str(rows[0].id) != wanted.strip() and rows[0].name == rows[1].name:
        told = ", ".join(f"{row.id} ({row.kind})" for row in rows[:5])
        raise Conflict(
            f"“{wanted}”不止一个：{told}。 There are several of that name: {told}.",
            remedy="请给出编号。 Give its id.",
            field="area",
        )
    return int(rows[0].id)
