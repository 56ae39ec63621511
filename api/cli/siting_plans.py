"""`nuanyi siting plans`, `plan` and `tasks`: scenarios on the editions in force."""

from __future__ import annotations

import contextlib
import functools
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from api.cli import console
from geo.errors import Conflict, Invalid, NotFound

MORE_SECONDS = 10.0
ENDINGS = (".json", ".geojson", ".gpkg", ".xlsx", ".html", ".pdf")


def register(app: typer.Typer) -> None:
    """Hang the commands into `nuanyi siting`."""
    app.command()(plans)
    app.command()(plan)
    app.command()(tasks)


def plans(
    limit: Annotated[int, typer.Option(min=1, help="最多几个 / how many at most.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON / as JSON.")] = False,
) -> None:
    """方案列表 / The saved scenarios, the newest first."""
    from api.siting.shown import brief_of
    from geo.siting.plans import scenarios

    with (
        console.database(console.settings()) as database,
        database.read(console.OPERATOR) as reader,
    ):
        found = [brief_of(one) for one in scenarios.listed(reader, None, limit)]
    if as_json:
        console.show_json([one.model_dump(mode="json") for one in found])
        return
    console.show_table(
        "方案 / plans",
        [
            console.number("编号\nid"),
            console.words("名称\nname"),
            console.short("状态\nstate"),
            console.number("今日\ntoday"),
            console.number("方案\nplan"),
            console.number("差距\ngap"),
            console.number("站点\nsites"),
        ],
        [
            [
                str(one.id),
                one.name,
                one.state,
                _share(one.share_today),
                _share(one.share),
                _share(one.gap),
                "" if one.sites_n is None else str(one.sites_n),
            ]
            for one in found
        ],
    )


def plan(
    number: Annotated[
        int | None, typer.Option("--id", min=1, help="已有方案的编号 / a saved scenario.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="新方案的名称 / name of a new one.")] = None,
    question: Annotated[
        Path | None,
        typer.Option(help="问题（JSON，同 API）/ the question, JSON as the API takes it."),
    ] = None,
    area: Annotated[int | None, typer.Option(help="区域编号 / id of an area.")] = None,
    model: Annotated[
        str | None,
        typer.Option(help="模型 / max-cover, set-cover, p-median or p-centre."),
    ] = None,
    sites: Annotated[int | None, typer.Option(min=0, help="站点数 / new sites.")] = None,
    budget: Annotated[float | None, typer.Option(min=0, help="预算 / budget.")] = None,
    share: Annotated[float | None, typer.Option(help="set-cover 的覆盖比例 / share.")] = None,
    radius: Annotated[float | None, typer.Option(help="服务半径（米）/ radius, metres.")] = None,
    day: Annotated[str | None, typer.Option(help="workday, weekend.")] = None,
    seconds: Annotated[float | None, typer.Option(help="时限（秒）/ time limit.")] = None,
    gap: Annotated[float | None, typer.Option(help="差距 / gap that is good enough.")] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="写入 .json .geojson .gpkg .xlsx .html .pdf / a file to write."),
    ] = None,
    language: Annotated[str, typer.Option(help="zh 或 en / zh or en.")] = "zh",
) -> None:
    """求一个新方案并保存，或导出已有方案 / Work a scenario out and keep it, or take one away.

    Examples: nuanyi siting plan --sites 12 --out plan.pdf; nuanyi siting plan --id 3 --out p.xlsx
    """
    if out is not None and out.suffix.lower() not in ENDINGS:
        raise Invalid(
            f"{out} 的扩展名不可用。 {out} has an ending that cannot be written.",
            remedy=f"可用 / use one of {', '.join(ENDINGS)}.",
            field="out",
        )
    if language not in ("zh", "en"):
        raise Invalid("--language 只能是 zh、en。 --language must be zh or en.", field="language")
    given = {
        "area_id": area,
        "model": model,
        "sites": sites,
        "budget": budget,
        "share": share,
        "radius_metres": radius,
        "day": day,
        "seconds": seconds,
        "gap": gap,
    }
    of = console.settings()
    with console.database(of) as database:
        if number is None:
            asked = _question(question, {key: one for key, one in given.items() if one is not None})
            number = _worked_out(database, of, name, asked)
        _told(database, of, number, out, language)


def tasks(
    plan_id: Annotated[int | None, typer.Option("--plan", help="只看此方案 / of a plan.")] = None,
    make: Annotated[bool, typer.Option(help="把方案各站列为任务 / make them from --plan.")] = False,
    task: Annotated[int | None, typer.Option(help="要更新的任务 / a task to change.")] = None,
    state: Annotated[str | None, typer.Option(help="contacted, agreed, opened, declined.")] = None,
    note: Annotated[str | None, typer.Option(help="备注 / a note.")] = None,
    hours: Annotated[str | None, typer.Option(help="开放时间 / when it is open.")] = None,
    services: Annotated[
        str | None, typer.Option(help="服务，逗号分隔 / what it offers: a,b.")
    ] = None,
    publish: Annotated[
        bool,
        typer.Option(help="导入新名单后补上已建成的站 / add opened sites a new list lacks."),
    ] = False,
) -> None:
    """建站任务：联系、同意、建成 / Tasks: hosts contacted, agreed, opened."""
    from geo.siting.plans import opening
    from geo.siting.plans import tasks as doing

    of = console.settings()
    with console.database(of) as database:
        with database.write(console.OPERATOR) as writer:
            if make:
                if plan_id is None:
                    raise Invalid("缺少 --plan。 --plan is missing.", field="plan")
                doing.make_tasks(writer, plan_id)
            if task is not None:
                opening.change_task(
                    writer,
                    of,
                    task,
                    state=state,
                    note=note,
                    hours_text=hours,
                    services=None
                    if services is None
                    else [one.strip() for one in services.split(",") if one.strip()],
                    progress=console.BarProgress(),
                )
            if publish:
                added = opening.publish_opened(writer, of, console.BarProgress())
                console.out.print(f"补上 {added} 个 / {added} added")
        with database.read(console.OPERATOR) as reader:
            found = doing.listed(reader, plan_id=plan_id, limit=1000)
    console.show_table(
        "任务 / tasks",
        [
            console.number("编号\nid"),
            console.number("方案\nplan"),
            console.words("名称\nname"),
            console.short("状态\nstate"),
            console.words("开放时间\nhours"),
            console.words("备注\nnote"),
            console.number("驿站\nstation"),
        ],
        [
            [
                str(one.id),
                "" if one.plan_id is None else str(one.plan_id),
                one.name,
                one.state,
                one.furnished.hours_text or one.furnished.opening_hours or "",
                one.note or "",
                "" if one.station_id is None else str(one.station_id),
            ]
            for one in found
        ],
    )


def _question(file: Path | None, given: dict[str, Any]) -> Any:
    from pydantic import ValidationError

    from geo.siting.question import Question

    try:
        base = json.loads(file.read_text("utf-8")) if file is not None else {}
        return Question.model_validate({**base, **given})
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise Invalid(
            f"无法读取 {file}。 {file} cannot be read: {error}",
            remedy="给出 JSON 文件。 Give a JSON file.",
            field="question",
        ) from error
    except ValidationError as error:
        told = "; ".join(
            f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors()
        )
        raise Invalid(
            f"问题有误。 The question is not valid: {told}",
            remedy="见 /docs 中的 Question。 See Question in /docs.",
            field="question",
        ) from error


def _worked_out(database: Any, of: Any, name: str | None, asked: Any) -> int:
    """Make a scenario and wait until it has ended; a server on the same database may do it."""
    from geo.siting.ground.planning import Planning
    from geo.siting.ground.posing import check_asked
    from geo.siting.plans import scenarios
    from geo.siting.plans.running import Runner
    from geo.walking.finder import Finder

    check_asked(asked)
    with database.read(console.OPERATOR) as reader:
        finder = Finder.load(reader, of, console.BarProgress())
    planning = Planning(database, lambda: finder, of.privacy_people)
    runner = Runner(database, planning)
    with database.write(console.OPERATOR) as writer:
        number = scenarios.make(writer, name, asked)
    look = functools.partial(_look, database, number)
    try:
        runner.begin()
        shown = None
        while not (one := look()).ended:
            if one.progress and one.progress.get("gap") is not None and one.progress != shown:
                shown = one.progress
                console.err.print(
                    f"{shown['seconds']:8.1f} s  {shown['objective']:,.1f} <= {shown['bound']:,.1f}"
                    f"  {shown['gap']:.2%}"
                )
            time.sleep(0.3)
    except KeyboardInterrupt:
        with database.write(console.OPERATOR) as writer:
            scenarios.ask_to_stop(writer, number)
        while not look().ended:
            time.sleep(0.3)
    else:
        _wait_for_more(look)
    finally:
        runner.close()
    return number


def _wait_for_more(look: Callable[[], Any]) -> None:
    """How sure each site is comes after the plan; not for long."""
    until = time.monotonic() + MORE_SECONDS
    with contextlib.suppress(KeyboardInterrupt):
        while time.monotonic() < until:
            steady = (look().summary or {}).get("steady") or {}
            if not steady.get("looking"):
                return
            time.sleep(0.1)


def _look(database: Any, number: int) -> Any:
    from geo.siting.plans import scenarios

    with database.read(console.OPERATOR) as reader:
        return scenarios.brief(reader, number)


def _told(database: Any, of: Any, number: int, out: Path | None, language: str) -> None:
    from api.siting.shown import shown_of
    from geo.siting.plans import scenarios

    with database.read(console.OPERATOR) as reader:
        plan = scenarios.show(reader, number)
    if plan.problem is not None:
        raise Conflict(plan.problem["detail"], remedy=plan.problem.get("remedy"))
    if plan.facts is None or plan.answer is None:
        raise Conflict(
            f"方案 {number} 没有结果。 Plan {number} has no result.",
            remedy="重新计算。 Work it out again.",
        )
    if out is not None:
        content = (
            shown_of(plan, None).model_dump_json(indent=1).encode()
            if out.suffix.lower() == ".json"
            else _drawn(database, of, plan, out.suffix.lower(), language)
        )
        try:
            out.write_bytes(content)
        except OSError as error:
            raise Invalid(
                f"无法写入 {out}。 {out} cannot be written: {error.strerror}.",
                remedy="请用 --out 另选位置。 Choose another place with --out.",
            ) from error
    facts, answer = plan.facts, plan.answer
    console.out.print(f"方案 / plan {number}: {plan.name}", markup=False)
    console.out.print(
        f"{_share(facts['share_today'])} → {_share(facts['share'])}; {answer['status']}, "
        f"gap {_share(answer['gap'])}; {len(answer['sites'])} 站 / sites; "
        f"成本 / cost {facts['cost']:,.0f}",
        markup=False,
    )
    if out is not None:
        console.out.print(f"已写入 / written: {out}", markup=False)


def _drawn(database: Any, of: Any, plan: Any, ending: str, language: Any) -> bytes:
    from geo.siting.ground.planning import Planning
    from geo.siting.plans import scenarios
    from geo.siting.plans.whom import whom
    from geo.walking.finder import Finder
    from maps.siting import draw, gather, geojson_of, geopackage_of, pdf, xlsx

    with database.read(console.OPERATOR) as reader:
        finder = Finder.load(reader, of)
        kept = scenarios.reached_of(reader, plan.id)
    planning = Planning(database, lambda: finder, of.privacy_people)
    reached = None
    with contextlib.suppress(NotFound):
        reached = whom(planning, plan, kept)
    made_on = datetime.now(UTC).astimezone(ZoneInfo(of.time_zone)).date()
    with database.read(console.OPERATOR) as reader:
        view = gather(reader, of, plan, whom=reached, made_on=made_on)
    if ending == ".geojson":
        return geojson_of(view)
    if ending == ".gpkg":
        return geopackage_of(view)
    if ending == ".xlsx":
        return xlsx(view, language)
    if ending == ".html":
        return draw(view, language=language).encode()
    return pdf(view, language, fonts=of.fonts)


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"
