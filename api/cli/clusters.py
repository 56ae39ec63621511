"""`nuanyi clusters`: where enterprises without a union stand together, what fits, whom to visit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli import console
from geo.errors import Invalid
from maps.texts import named

if TYPE_CHECKING:
    from geo.clusters import forms
    from geo.database import Reader
    from geo.settings import Settings
    from geo.walking.finder import Finder

app = typer.Typer(
    help="未建会企业聚集区 / clusters of enterprises without a union.", no_args_is_help=True
)

Tier = Annotated[
    str, typer.Option(help="确信度，逗号分隔 / confirmed, to_check, with commas; both.")
]
Kind = Annotated[str, typer.Option(help="类型，逗号分隔 / whole_unit, part_of_unit, street; all.")]
Area = Annotated[int | None, typer.Option(help="区域编号 / only in this area.")]
Size = Annotated[str, typer.Option(help="规模，逗号分隔 / 1_4,5_24,25_99,100_plus")]
Industry = Annotated[str, typer.Option(help="行业门类，逗号分隔 / sections, A to T.")]
UnitClass = Annotated[str, typer.Option(help="单位性质，逗号分隔 / their nature.")]
AsJson = Annotated[bool, typer.Option("--json", help="以 JSON 输出 / print JSON.")]


@app.command("list")
def list_(
    tier: Tier = "",
    kind: Kind = "",
    area: Area = None,
    size: Size = "",
    industry: Industry = "",
    unit_class: UnitClass = "",
    limit: Annotated[int, typer.Option(help="列出几个 / how many to list.", min=1)] = 20,
    as_json: AsJson = False,
) -> None:
    """聚集区名单，职工多的在前 / The clusters, the most employees first.

    Example: nuanyi clusters list --tier confirmed --industry C
    """
    from geo.clusters import forms

    asked = asked_of(tier, kind, area, size, industry, unit_class)
    of = console.settings()
    with console.database(of) as database, database.read(console.OPERATOR) as reader:
        edition = edition_of(reader)
        found = forms.select(reader, edition, asked)
        advice = forms.advise_selected(
            reader, found[:limit], edition=edition, targets=targets_of(of)
        )
    if as_json:
        console.show_json([_told(one) for one in advice])
        return
    console.show_table(
        f"未建会企业聚集区 / clusters without a union ({edition.as_of})",
        [
            console.short("编号\nid"),
            console.words("地点与说明\nplace"),
            console.number("未建会\nwithout"),
            console.number("职工\nworkers"),
            console.words("建议形式\nfitting union"),
        ],
        [
            (
                one.cluster.id,
                _place(one),
                f"{one.cluster.units:,}/{one.cluster.units_all:,}",
                f"{one.cluster.employees:,}",
                f"{one.form.title.zh}\n{one.form.title.en}",
            )
            for one in advice
        ],
    )
    if len(found) > limit:
        console.out.print(
            f"共 {len(found):,} 处，列出前 {limit} 处 / {len(found):,} in all, the first {limit} "
            "listed: --limit",
            markup=False,
        )


@app.command()
def show(
    cluster_id: Annotated[int, typer.Argument(help="聚集区编号 / id of the cluster.")],
    as_json: AsJson = False,
) -> None:
    """一个聚集区：怎样突出、建什么工会、为什么 / One cluster: how it stands out, what fits, why.

    Example: nuanyi clusters show 5120934471822001
    """
    from geo.clusters import forms

    of = console.settings()
    with console.database(of) as database, database.read(console.OPERATOR) as reader:
        edition = edition_of(reader)
        facts = forms.one_cluster(reader, edition, cluster_id)
        (one,) = forms.advise(
            reader,
            [facts],
            edition=edition,
            targets=targets_of(of),
            finder=finder_of(reader, of),
        )
    if as_json:
        console.show_json(_told(one))
        return
    form, near = one.form, one.form.nearest_station
    console.show_facts(
        f"{_place(one)} ({cluster_id})",
        {
            "说明 / in a sentence": f"{one.sentence.zh}\n{one.sentence.en}",
            "未建会 / without a union": f"{facts.units:,} / {facts.units_all:,}",
            "职工 / employees": f"{facts.employees:,}",
            "未填报职工数 / not stating them": facts.employees_unstated,
            "25 人及以上 / with 25+": facts.units_25,
            "建议形式 / fitting union": f"{form.title.zh} / {form.title.en}",
            "理由 / why": f"{form.reason.zh}\n{form.reason.en}",
            "法律依据 / law": f"{form.law.zh}\n{form.law_text.zh}",
            "单独建会 / their own": form.own_unions,
            "现有联合工会 / existing": form.existing_union and form.existing_union.name,
            "办公地点 / seat": form.seat
            and "，".join(part for part in (form.seat.name, form.seat.address) if part),
            "上级工会 / upper union": form.upper_union.name or "未登记 / not on record",
            "开沟通会 / talk at": None
            if near is None
            else (
                f"{near.name}，{near.metres:,.0f} 米 / m"
                + ("（直线 / straight line）" if near.straight_line else "")
            ),
            "其他可行 / also possible": [other.title.zh for other in form.alternatives],
        },
    )


@app.command()
def visits(
    cluster_id: Annotated[int, typer.Argument(help="聚集区编号 / id of the cluster.")],
    limit: Annotated[int, typer.Option(help="最多几家 / how many at most.", min=1, max=40)] = 20,
    as_json: AsJson = False,
) -> None:
    """走访名单，按步行路线排序 / Whom to visit, as a walk.

    Example: nuanyi clusters visits 5120934471822001 --limit 12
    """
    from geo.clusters import forms

    of = console.settings()
    with console.database(of) as database, database.read(console.OPERATOR) as reader:
        edition = edition_of(reader)
        facts = forms.one_cluster(reader, edition, cluster_id)
        found = forms.visits(
            reader,
            facts,
            forms.read_members(reader, edition, [cluster_id]),
            edition=edition,
            finder=finder_of(reader, of),
            limit=limit,
        )
    if as_json:
        told = {**vars(found), "line": found.line.tolist(), "notes": found.notes}
        console.show_json(told)
        return
    start = "" if found.start is None else f"，从 / from {found.start.name}"
    console.show_table(
        f"走访 / visits: {found.metres:,.0f} 米 / m，{found.minutes:.0f} 分钟 / min{start}",
        [
            console.number("序\n#"),
            console.number("米\nm"),
            console.words("企业与地址\nenterprise"),
            console.number("职工\nworkers"),
        ],
        [
            (
                number,
                f"{stop.metres:,.0f}" if place == 0 else "",
                "\n".join(part for part in (row.name, row.address) if part),
                "" if row.employees is None else f"{row.employees:,}",
            )
            for number, stop in enumerate(found.stops, 1)
            for place, row in enumerate(stop.enterprises)
        ],
    )
    for row in found.unplaced:
        console.out.print(f"无位置 / no place: {row.name} {row.address or ''}", markup=False)
    for note in found.notes:
        console.out.print(note, markup=False)


@app.command()
def rules(
    code: Annotated[
        str | None,
        typer.Option(help="行政区划代码：用该地的阈值 / division code: its own thresholds."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """建会形式规则与法律依据 / Which union fits: the rules and the law."""
    from geo.clusters import forms
    from geo.coverage.targets import read_targets

    table = forms.rules_of(read_targets(console.settings()), code)
    if as_json:
        console.show_json(table)
        return
    console.show_table(
        f"{table.law.zh} / {table.law.en}",
        [
            console.number("#"),
            console.words("条件\nif"),
            console.words("形式\nthen"),
            console.words("依据\nlaw"),
        ],
        [
            (
                number,
                f"{rule.condition.zh}\n{rule.condition.en}",
                f"{rule.title.zh}\n{rule.title.en}",
                "\n".join(
                    [
                        f"{rule.article.zh} {rule.article.en}",
                        rule.law_text.zh,
                        named("clusters_basis", rule.basis).zh,
                    ]
                ),
            )
            for number, rule in enumerate(table.table, 1)
        ],
    )
    for one in table.thresholds:
        console.out.print(f"{one.meaning.zh} / {one.meaning.en}（{one.source}）", markup=False)


@app.command()
def find(
    replicates: Annotated[
        int, typer.Option(help="随机对照次数 / shuffled runs to compare with chance.")
    ] = 99,
    method: Annotated[
        str, typer.Option(help="方法 / unit_scan, or dbscan: dense, whether chance or not.")
    ] = "unit_scan",
) -> None:
    """重新寻找聚集区 / Look for the clusters anew, unions as they are now.

    An import does it by itself with 19 shuffled runs; more make the thresholds steadier. Clusters
    keep their numbers.

    Example: nuanyi clusters find --replicates 99
    """
    from geo import clusters

    with console.database(console.settings()) as database:
        run = clusters.find_again(
            database,
            console.OPERATOR,
            replicates=replicates,
            method=method,
            progress=console.BarProgress(),
        )
    facts = run.facts
    if run.method == "unit_scan":
        console.out.print(
            f"已确认 {facts.get('confirmed', 0):,} 处，待核实 {facts.get('to_check', 0):,} 处 / "
            f"{facts.get('confirmed', 0):,} confirmed, {facts.get('to_check', 0):,} to check",
            markup=False,
        )
    else:
        console.out.print("已按密度重新寻找 / looked for by density, all to check", markup=False)


# ---------------------------------------------------------------------- what commands share
def asked_of(
    tier: str, kind: str, area: int | None, size: str, industry: str, unit_class: str
) -> forms.Asked:
    """What the options ask for.

    Raises:
        Invalid: a name that does not exist.
    """
    from geo.clusters import forms
    from geo.enterprises.filter import Filter
    from geo.schema.clusters import CLUSTER_KINDS, TIERS

    return forms.Asked(
        _names("tier", tier, TIERS),
        _names("kind", kind, CLUSTER_KINDS),
        area,
        Filter(
            sizes=frozenset(_words(size)),
            industries=frozenset(_words(industry)),
            unit_classes=frozenset(_words(unit_class)),
        ),
    )


def _words(text: str) -> list[str]:
    return [part.strip() for part in text.replace("，", ",").split(",") if part.strip()]


def _names(option: str, text: str, known: tuple[str, ...]) -> tuple[str, ...]:
    words = tuple(_words(text))
    for word in words:
        if word not in known:
            raise Invalid(
                f"--{option} 没有“{word}”。 --{option} takes no '{word}'.",
                remedy=f"Use some of {', '.join(known)}.",
                field=option,
            )
    return words


def edition_of(reader: Reader) -> Any:
    """The enterprises in force."""
    from geo import editions

    return editions.require_active(reader, "enterprises")


def targets_of(of: Settings) -> Any:
    """The thresholds in force, by region."""
    from geo.coverage.targets import read_targets

    return read_targets(of)


def finder_of(reader: Reader, of: Settings) -> Finder:
    """The stations and streets in force."""
    from geo.walking.finder import Finder

    return Finder.load(reader, of, console.BarProgress())


def _place(one: forms.Advice) -> str:
    name = one.cluster.place or (one.form.unit.name if one.form.unit else None)
    tier = named("clusters_tier", one.cluster.tier)
    return "\n".join(part for part in (name, f"{tier.zh} / {tier.en}", one.sentence.zh) if part)


def _told(one: forms.Advice) -> dict[str, Any]:
    """For a program: everything but the outline."""
    from api.clusters.answer import cluster_answer

    told: dict[str, Any] = json.loads(cluster_answer(one, "wgs84").model_dump_json())
    return told
