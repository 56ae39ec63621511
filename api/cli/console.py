"""What all commands share: settings, the database, bars and tables."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from rich import box
from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.table import Column, Table
from rich.text import Text
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from geo.database import Actor, Database, connect
from geo.errors import Invalid
from geo.progress import Advance, Progress
from geo.settings import Settings

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

OPERATOR = Actor("command line", sees_enterprises=True)
LISTED = 8
CANCELLED = 130
EXIT_CODES = {
    "unavailable": 3,
    "busy": 3,
    "not-found": 4,
    "conflict": 4,
}


class BarProgress(Progress):
    """Draws a bar (or, without a total, a spinner) for each step, on standard error."""

    @contextlib.contextmanager
    def step(self, label: str, total: int | None = None) -> Iterator[Advance]:
        """One step; where standard error is no terminal, one line when it ends."""
        with Bars(
            SpinnerColumn(finished_text="✓"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.percentage:>3.0f}%" if total else ""),
            TimeElapsedColumn(),
            console=err,
        ) as bars:
            task = bars.add_task(label, total=total)
            yield lambda done: bars.advance(task, done)
            bars.update(task, total=total or 1, completed=total or 1)


def settings(**changes: Any) -> Settings:
    """The settings of the environment, with what the command line says over them.

    Raises:
        Invalid: a variable that cannot be used; names it. What it holds is not shown: it may be a
            password.
    """
    try:
        of = Settings(**{name: value for name, value in changes.items() if value is not None})
    except ValidationError as error:
        told = "; ".join(
            f"NUANYI_{'.'.join(str(part) for part in fault['loc']).upper()}: {fault['msg']}"
            for fault in error.errors()
        )
        raise Invalid(
            f"设置不可用。 A setting cannot be used. {told}",
            remedy="请改正该环境变量。 Correct that environment variable.",
        ) from error
    if of.database_url is not None and not _is_postgresql(of.database_url):
        raise Invalid(
            "NUANYI_DATABASE_URL 不是 PostgreSQL 地址。 It is no address of a PostgreSQL database.",
            remedy="postgresql://user:password@host/database",
        )
    return of


def _is_postgresql(address: str) -> bool:
    try:
        return make_url(address).get_backend_name() in ("postgresql", "postgres")
    except ArgumentError:
        return False


@contextlib.contextmanager
def database(of: Settings) -> Iterator[Database]:
    """The database, embedded or external, up to date."""
    with connect(of, BarProgress()) as opened:
        yield opened


def words(header: str) -> Column:
    """A column of text, which takes the width that is left and goes on in further lines. Chinese
    has no blanks to break at: it is folded anywhere."""
    return Column(header, overflow="fold")


def short(header: str) -> Column:
    """A column of codes and dates, never broken."""
    return Column(header, no_wrap=True)


def number(header: str) -> Column:
    """A column of numbers, never broken."""
    return Column(header, no_wrap=True, justify="right")


def show_table(title: str, columns: Sequence[Column], rows: Sequence[Sequence[Any]]) -> None:
    """A table a person reads, at 80 columns too: a header has its Chinese above its English."""
    if not rows:
        out.print(f"{title}: 无 / none", markup=False)
        return
    out.print(title, style="bold", markup=False)
    table = Table(
        *columns,
        box=box.SIMPLE_HEAD,
        header_style="bold",
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    for row in rows:
        # Text from data is text: brackets are no markup.
        table.add_row(*[Text("" if cell is None else str(cell)) for cell in row])
    out.print(table)
    out.print()


def show_facts(title: str, facts: Mapping[str, Any]) -> None:
    """Names and what they stand for, one below the other."""
    out.print(title, style="bold", markup=False)
    table = Table(Column(no_wrap=True), words(""), box=None, show_header=False, pad_edge=False)
    for name, value in facts.items():
        table.add_row(Text(name), Text(_told(value)))
    out.print(table)


def show_json(value: Any) -> None:
    """The same for a program."""
    print(json_text(value))


def json_text(value: Any) -> str:
    """Facts as JSON."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=_as_json)


def _as_json(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return str(value)


def _told(value: Any) -> str:
    """A fact as a person reads it; of a long list its beginning."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "是 / yes" if value else "否 / no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, datetime):
        return f"{value.astimezone():%Y-%m-%d %H:%M:%S}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_told(one)}" for name, one in value.items()) or "–"
    if isinstance(value, list):
        shown = [f"· {_told(one)}" if len(value) > 1 else _told(one) for one in value[:LISTED]]
        if len(value) > LISTED:
            shown.append(f"… 共 {len(value):,} 项 / {len(value):,} in all; --json 列出全部 / all")
        return "\n".join(shown) or "–"
    return str(value)
