"""`nuanyi editions …`: what was imported, and what of it is in force."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from api.cli import console
from geo import editions
from geo.errors import NotFound

app = typer.Typer(
    help="已导入的数据版本：查看、比较、启用、废弃 / editions: list, compare, activate, discard.",
    no_args_is_help=True,
)
AsJson = Annotated[bool, typer.Option("--json", help="以 JSON 输出 / print JSON.")]
Number = Annotated[int, typer.Argument(help="版本号 / number of the edition.")]


@app.command("list")
def list_(
    dataset: Annotated[
        str | None, typer.Argument(help="只看一个数据集 / one dataset, such as stations.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """列出全部版本 / List all editions, the newest first."""
    wanted = None if dataset is None else dataset.replace("-", "_")
    if wanted is not None and wanted not in editions.TABLES:
        raise NotFound(
            f"没有数据集 {dataset}。 There is no dataset {dataset}.",
            remedy=f"可用 / use one of: {', '.join(editions.TABLES)}.",
        )
    with console.database(console.settings()) as database, database.read(console.OPERATOR) as read:
        found = editions.list_editions(read, wanted)
    if as_json:
        console.show_json([asdict(facts) for facts in found])
        return
    console.show_table(
        "版本 / editions",
        [
            console.number("版本\nNo."),
            console.short("数据集\ndataset"),
            console.short("状态\nstate"),
            console.short("日期\nas of"),
            console.words("来源\nsource"),
            console.number("接收\nrows"),
            console.number("拒绝\nbad"),
            console.number("未定位\nno place"),
        ],
        [
            (
                facts.id,
                facts.dataset,
                facts.state,
                facts.as_of,
                facts.source,
                f"{facts.rows_accepted:,}",
                f"{facts.rows_rejected:,}",
                f"{facts.rows_unlocated:,}",
            )
            for facts in found
        ],
    )


@app.command()
def show(edition: Number, as_json: AsJson = False) -> None:
    """查看一个版本的全部记录 / Everything known about one edition."""
    with console.database(console.settings()) as database, database.read(console.OPERATOR) as read:
        facts = asdict(editions.show(read, edition))
    if as_json:
        console.show_json(facts)
        return
    report = facts.pop("report")
    report["files"] = [f"{digest[:16]}…" for digest in report.get("files", [])]
    console.show_facts(f"版本 {edition} / edition {edition}", {**facts, **report})


@app.command()
def compare(first: Number, second: Number, as_json: AsJson = False) -> None:
    """比较两个版本 / What changed from one edition to another."""
    with console.database(console.settings()) as database, database.read(console.OPERATOR) as read:
        result = editions.compare(read, first, second)
    if as_json:
        console.show_json(asdict(result))
        return
    console.show_table(
        f"{result.dataset}: {first} → {second} ({result.earlier.as_of} → {result.later.as_of})",
        [
            console.short(""),
            console.number("数量\ncount"),
            console.words("例\nexamples"),
        ],
        [
            ("新增 added", f"{result.added:,}", "、".join(result.examples_added)),
            ("消失 removed", f"{result.removed:,}", "、".join(result.examples_removed)),
            ("变更 changed", f"{result.changed:,}", ""),
            ("不变 same", f"{result.same:,}", ""),
        ],
    )
    if result.figures:
        console.show_table(
            "指标 / figures",
            [
                console.short("指标\nfigure"),
                console.number(f"版本 {first}\nedition"),
                console.number(f"版本 {second}\nedition"),
                console.number("变化\nchange"),
            ],
            [
                (
                    name,
                    f"{before:,.0f}" if before is not None else "–",
                    f"{after:,.0f}" if after is not None else "–",
                    "" if before is None or after is None else f"{after - before:+,.0f}",
                )
                for name, (before, after) in result.figures.items()
            ],
        )


@app.command()
def activate(edition: Number) -> None:
    """启用一个版本（回退即启用旧版本） / Put an edition in force; rolling back is the same."""
    from geo.imports import activation

    of = console.settings()
    with console.database(of) as database:
        facts = activation.activate(database, console.OPERATOR, of, edition, console.BarProgress())
    console.out.print(f"已启用 / active: {facts.dataset} {facts.id} ({facts.as_of})")


@app.command()
def retire(edition: Number) -> None:
    """把草稿存为往期版本：可比较、入趋势，但不启用 / File a draft as a past edition."""
    with (
        console.database(console.settings()) as database,
        database.write(console.OPERATOR) as write,
    ):
        facts = editions.retire(write, edition)
    console.out.print(f"已存为往期 / filed as past: {facts.dataset} {facts.id} ({facts.as_of})")


@app.command()
def discard(edition: Number) -> None:
    """废弃一个版本并删除其数据 / Throw an edition's data away; its line in the book stays."""
    with (
        console.database(console.settings()) as database,
        database.write(console.OPERATOR) as write,
    ):
        facts = editions.discard(write, edition)
    console.out.print(f"已废弃 / discarded: {facts.dataset} {facts.id}")
