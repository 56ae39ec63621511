"""The command line `nuanyi`: what an operator types.

Exit codes: 0 done · 1 done, but rows were rejected or a bar was missed · 2 the call or a file is
not usable · 3 something the service stands on is missing (PostgreSQL, a free port) · 4 there is no
such thing, or its state does not allow it · 130 cancelled · 143 told to end (SIGTERM).
"""

from __future__ import annotations

import functools
import signal
import sys

import typer
import typer.core

from api.cli import (
    ask,
    bench,
    bulletin,
    cards,
    change,
    cluster_files,
    clusters,
    coverage,
    editions,
    imports,
    ledger,
    places,
    reach,
    reports,
    serve,
    siting,
    stations,
    tiles,
    unions,
    walking,
    walks,
)
from api.cli.console import CANCELLED, EXIT_CODES, err
from geo.errors import DomainError

app = typer.Typer(
    name="nuanyi",
    help="Nuanyi 暖驿：户外劳动者找驿站，领导看工会覆盖，规划者选新址。\n\n"
    "Warm stations for outdoor workers, union coverage for leaders, siting for planners.\n\n"
    "Begin with `nuanyi demo`.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
serve.register(app)
app.add_typer(imports.app, name="import")
app.add_typer(editions.app, name="editions")
ask.register(app)
walking.register(app)
places.register(app)
reach.register(app)
stations.register(app)
app.add_typer(reports.app, name="reports")
cluster_files.register(clusters.app, ask.maps)
app.add_typer(clusters.app, name="clusters")
walks.register(coverage.app)
change.register(coverage.app)
app.add_typer(coverage.app, name="coverage")
app.add_typer(ledger.app, name="ledger")
app.add_typer(unions.unions, name="unions")
app.add_typer(unions.enterprises, name="enterprises")
cards.register(app)
app.add_typer(tiles.app, name="tiles")
bulletin.register(app)
app.add_typer(siting.app, name="siting")
bench.register(app)


@functools.cache
def _command() -> typer.core.TyperGroup:
    """The whole tree: a quarter of a second to put together, however often it is called."""
    command = typer.main.get_command(app)
    assert isinstance(command, typer.core.TyperGroup)
    return command


def _told_to_end(number: int, frame: object) -> None:
    del frame
    raise SystemExit(128 + number)


def main() -> None:
    """Run the command line; errors that were meant for a person are shown as such."""
    # As after Ctrl-C what was begun is put away: the embedded database among it. (uvicorn raises
    # the signal once more when the server has ended.)
    signal.signal(signal.SIGTERM, _told_to_end)
    try:
        _command()(standalone_mode=True)
    except DomainError as error:
        err.print(f"[bold red]{error.title_zh} / {error.title}[/]")
        err.print(error.detail, markup=False)
        if error.remedy:
            err.print(f"→ {error.remedy}", markup=False)
        sys.exit(EXIT_CODES.get(error.slug, 2))
    except SystemExit as leaving:
        # Typer turns Ctrl-C into this exit.
        if leaving.code == CANCELLED:
            err.print("已取消 / cancelled")
        raise
