"""`nuanyi siting`: where the next stations go, on plain files and on the editions in force."""

from __future__ import annotations

import typer

from api.cli import siting_plans
from api.cli.siting import change, check, curve, demand, evaluate, hosts, robust, solve

app = typer.Typer(
    help="选址：新驿站设在哪里，并给出证明 / where the next stations go, with a proof.\n\n"
    "solve, check, evaluate, curve, close, move 和 robust 只用文件，不需要数据库 "
    "/ need files and no database.",
    no_args_is_help=True,
)
solve.register(app)
check.register(app)
evaluate.register(app)
curve.register(app)
change.register(app)
robust.register(app)
hosts.register(app)
siting_plans.register(app)
app.add_typer(demand.app, name="demand")
