"""`nuanyi station`: a dated fact over the edition in force."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from api.cli import console
from geo.errors import Invalid


def register(app: typer.Typer) -> None:
    """Hang the command into the command line."""
    app.command("station")(station)


def station(
    station_id: Annotated[int, typer.Argument(help="站点编号（接口中的 id） / id of the station.")],
    status: Annotated[str, typer.Argument(help="open、closed、limited 或 moved / one of them.")],
    from_: Annotated[
        str | None, typer.Option("--from", help="开始时间，缺省为现在 / from when; now.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(help="结束时间，缺省为另行通知 / until when; further notice.")
    ] = None,
    reason: Annotated[
        str | None, typer.Option(help="原因，会显示给劳动者 / shown to people.")
    ] = None,
) -> None:
    """临时关闭或恢复开放 / Close a station for a while, or open it again.

    Example: nuanyi station 4821930177623114 closed --until 2026-11-27T18:00 --reason 维修
    """
    of = console.settings()
    from geo.stations.status import set_status

    zone = ZoneInfo(of.time_zone)
    starts = _moment(from_, zone) if from_ else datetime.now(zone)
    ends = _moment(until, zone) if until else None
    with console.database(of) as database, database.write(console.OPERATOR) as writer:
        facts = set_status(
            writer, station_id, status, starts_at=starts, ends_at=ends, reason=reason
        )
    span = f"{starts:%Y-%m-%d %H:%M} – {f'{ends:%Y-%m-%d %H:%M}' if ends else '…'}"
    console.out.print(f"{facts.name}: {status}, {span}", markup=False)


def _moment(text: str, zone: ZoneInfo) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid(
            f"“{text}” 不是时间。 '{text}' is not a time.",
            remedy="例如 / for instance 2026-11-27T18:00.",
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
