"""`nuanyi unions` and `nuanyi enterprises`: what becomes of unions, and the list it holds over."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from api.cli import console
from geo.enterprises.filter import CHOICES, PARAMETERS, Filter
from geo.errors import Invalid, InvalidFile

if TYPE_CHECKING:
    from geo.enterprises.changes import Change
    from geo.enterprises.queries import EnterpriseFacts

unions = typer.Typer(
    help="登记建会、入会、撤销 / note what became of unions.",
    invoke_without_command=True,
)
enterprises = typer.Typer(help="现行名册中的企业 / the enterprises of the list in force.")

Enterprise = Annotated[int, typer.Argument(help="企业编号（列表中的 id） / id of the enterprise.")]
AsJson = Annotated[bool, typer.Option("--json", help="以 JSON 输出 / print JSON.")]
LISTED = 100
STATES = {
    "own": "单独建会",
    "joint": "联合工会",
    "none": "未建会",
    "in_preparation": "筹建中",
    "unknown": "不详",
}
COLUMNS = {
    "id": "编号",
    "name": "单位名称",
    "uscc": "单位统一社会信用代码",
    "address": "单位地址",
    "unit_class": "单位性质类别",
    "industry": "单位所属行业",
    "employees": "职工人数",
    "members": "会员人数",
    "union_state": "建会状态",
    "union_name": "工会名称",
    "changed_on": "变更日期",
    "tier": "聚集区",
    "cluster_id": "聚集区编号",
    "apart": "统计口径",
    "lon": "经度",
    "lat": "纬度",
}


class Form(Enum):
    """How a list is written."""

    table = "table"
    csv = "csv"
    json = "json"


@unions.callback()
def last_ones(context: typer.Context) -> None:
    """列出最近的变更 / List the last changes."""
    if context.invoked_subcommand is None:
        list_changes()


@unions.command()
def note(
    enterprise: Enterprise,
    state: Annotated[str, typer.Option(help="建会状态 / own, joint, none, in_preparation.")],
    since: Annotated[
        str | None, typer.Option(help="自哪天起，缺省今天 / from which day; today.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="工会名称 / name of the union.")] = None,
    code: Annotated[
        str | None, typer.Option(help="工会统一社会信用代码 / credit code of the union.")
    ] = None,
    upper: Annotated[str | None, typer.Option(help="上级工会 / its upper union.")] = None,
    members: Annotated[
        int | None, typer.Option(help="本单位会员人数 / members in this unit.")
    ] = None,
    remark: Annotated[
        str | None, typer.Option("--note", help="备注，如批复文号 / such as a file number.")
    ] = None,
) -> None:
    """登记一个单位建会、加入联合工会或撤销 / Note that a unit founded, joined or lost a union.

    Example: nuanyi unions note 3120945511220456 --state own --members 28 --note 批复2026-118号
    """
    from geo.coverage.targets import read_targets
    from geo.enterprises import changes

    of = console.settings()
    with console.database(of) as database, database.write(console.OPERATOR) as writer:
        change = changes.note_change(
            writer,
            read_targets(of),
            enterprise,
            state,
            today=datetime.now(ZoneInfo(of.time_zone)).date(),
            since=_day(since) if since else None,
            union_name=name,
            union_uscc=code,
            upper_union=upper,
            members=members,
            note=remark,
        )
    console.out.print(
        f"已登记 / noted {change.id}: {change.name}: {STATES[change.union_state]} / "
        f"{change.union_state}, {change.since}",
        markup=False,
        soft_wrap=True,
    )
    if not change.holds:
        console.out.print(
            "另有更晚的变更，以更晚的为准 / a later change holds", markup=False, soft_wrap=True
        )


@unions.command()
def revoke(
    change: Annotated[int, typer.Argument(help="变更编号 / number of the change.")],
) -> None:
    """撤销登记错的变更，记录保留 / Take back a change noted by mistake; its line stays."""
    from geo.coverage.targets import read_targets
    from geo.enterprises import changes

    of = console.settings()
    with console.database(of) as database, database.write(console.OPERATOR) as writer:
        told = changes.revoke_change(writer, read_targets(of), change)
    console.out.print(
        f"已撤销 / revoked {told.id}: {told.name or told.enterprise_id}",
        markup=False,
        soft_wrap=True,
    )


@unions.command("changes")
def list_changes(
    enterprise: Annotated[
        int | None, typer.Option(help="只看一个单位 / of one enterprise.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="最多几条 / how many at most.")] = LISTED,
    as_json: AsJson = False,
) -> None:
    """列出变更，最新的在前 / List the changes, the last first."""
    from geo.enterprises import changes

    of = console.settings()
    with console.database(of) as database, database.read(console.OPERATOR) as reader:
        found = changes.list_changes(reader, enterprise_id=enterprise, limit=limit)
    if as_json:
        console.show_json([asdict(change) for change in found])
        return
    console.show_table(
        "建会变更 / changes of unions",
        [
            console.number("编号\nNo."),
            console.short("自\nsince"),
            console.words("状态\nstate"),
            console.words("单位\nenterprise"),
            console.words("工会\nunion"),
            console.number("会员\nmembers"),
            console.words("备注\nnote"),
        ],
        [
            (
                change.id,
                change.since,
                _state(change),
                f"{change.name or '–'}\n{change.enterprise_id}",
                change.union_name,
                change.members,
                change.note,
            )
            for change in found
        ],
    )
    if len(found) == limit:
        console.out.print(f"只列出最新的 {limit} 条 / only the newest {limit}", markup=False)


def _state(change: Change) -> str:
    told = f"{STATES[change.union_state]}\n{change.union_state}"
    if change.revoked_at is not None:
        return f"{told}\n已撤销 / revoked"
    return told if change.holds else f"{told}\n未生效 / not in force"


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Invalid(
            f"“{text}” 不是日期。 '{text}' is not a day.",
            remedy="例如 / for instance 2026-11-20.",
            field="since",
        ) from error


@enterprises.command("list")
def list_enterprises(
    area: Annotated[int | None, typer.Option(help="只看一个区域 / inside this area.")] = None,
    cluster: Annotated[int | None, typer.Option(help="只看一个聚集区 / of this cluster.")] = None,
    q: Annotated[
        str | None, typer.Option(help="名称或地址的一部分 / part of the name or address.")
    ] = None,
    size: Annotated[str | None, typer.Option(help="规模，逗号分隔 / with commas.")] = None,
    industry: Annotated[str | None, typer.Option(help="行业门类 / sections: C,I")] = None,
    unit_class: Annotated[
        str | None, typer.Option("--class", help="单位性质 / nature of the unit.")
    ] = None,
    state: Annotated[str | None, typer.Option(help="建会状态 / union states.")] = None,
    tier: Annotated[
        str | None, typer.Option(help="聚集区的确信度 / confirmed, to_check, none.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="最多几家 / how many at most.")] = LISTED,
    form: Annotated[Form, typer.Option("--format", help="形式 / how it is written.")] = Form.table,
    out: Annotated[
        Path | None, typer.Option(help="写入文件 / write it to a file.", show_default=False)
    ] = None,
) -> None:
    """列出企业，从大到小，含登记的变更 / List enterprises, the largest first, unions as noted.

    Example: nuanyi enterprises list --state none --size 25_99,100_plus --format csv --out 名单.csv
    """
    given = {
        "size": size,
        "industry": industry,
        "unit_class": unit_class,
        "state": state,
        "tier": tier,
    }
    chosen = Filter(
        **{
            field: frozenset(filter(None, (given[PARAMETERS[field]] or "").split(",")))
            for field in CHOICES
        }
    )
    from geo.enterprises import queries

    of = console.settings()
    with console.database(of) as database, database.read(console.OPERATOR) as reader:
        found = queries.list_enterprises(
            reader, chosen, area_id=area, cluster_id=cluster, text=q, limit=limit
        )
    if form is Form.table and out is None:
        _show(found)
    elif form is Form.json:
        _write(out, f"{console.json_text([asdict(one) for one in found])}\n")
    else:
        _write(out, _as_csv(found))
    if len(found) == limit:
        console.err.print(
            f"只列出最大的 {limit} 家，--limit 可加大 / only the largest {limit}; see --limit",
            markup=False,
        )


def _show(found: list[EnterpriseFacts]) -> None:
    console.show_table(
        "企业 / enterprises",
        [
            console.short("编号\nid"),
            console.words("单位\nenterprise"),
            console.number("职工\nemployees"),
            console.number("会员\nmembers"),
            console.words("建会\nunion"),
            console.words("地址\naddress"),
        ],
        [
            (
                one.id,
                one.name,
                one.employees,
                one.members,
                "\n".join(filter(None, (STATES[one.union_state], one.union_name))),
                one.address,
            )
            for one in found
        ],
    )


def _as_csv(found: list[EnterpriseFacts]) -> str:
    """With the headers that an import knows; no cell can become a formula."""
    from geo.files.rejects import defused

    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS.values())
    for one in found:
        facts = asdict(one)
        cells = [STATES[facts[name]] if name == "union_state" else facts[name] for name in COLUMNS]
        writer.writerow([defused(cell) if isinstance(cell, str) else cell for cell in cells])
    return text.getvalue()


def _write(path: Path | None, text: str) -> None:
    if path is None:
        print(text, end="")
        return
    try:
        # With its mark, so that spreadsheets read the Chinese.
        path.write_text(text, encoding="utf-8-sig" if path.suffix == ".csv" else "utf-8")
    except OSError as error:
        raise InvalidFile(
            f"{path} 无法写入。 {path} cannot be written: {error.strerror}.",
            remedy="请换一个位置。 Choose another place.",
        ) from error
    console.err.print(f"已写入 / written: {path}", markup=False)
