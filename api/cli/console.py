"""What all commands share: settings, the database, bars and tables."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.table import Table

from geo.database import Actor, Database, connect
from geo.progress import Advance, Progress
from geo.settings import Settings

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

OPERATOR = Actor("command line", sees_enterprises=True)
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
    """The settings of the environment, with what the command line says over them."""
    return Settings(**{name: value for name, value in changes.items() if value is not None})


@contextlib.contextmanager
def database(of: Settings) -> Iterator[Database]:
    """The database, embedded or external, up to date."""
    with connect(of, BarProgress()) as opened:
        yield opened


def show_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """A table a person reads."""
    table = Table(title=title, title_justify="left", header_style="bold")
    for column in columns:
        table.add_column(column)
    for row in rows:
        table.add_row(*["" if cell is None else _plain(cell) for cell in row])
    out.print(table)


def show_json(value: Any) -> None:
    """The same for a program."""
    print(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def _plain(cell: Any) -> str:
    # Text from data is text: brackets are no markup.
    return str(cell).replace("[", "\\[")


def state_file(of: Settings, name: str) -> Path:
    """A file of ours in the state directory."""
    of.state.mkdir(parents=True, exist_ok=True)
    return of.state / name
