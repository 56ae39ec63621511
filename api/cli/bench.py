"""`nuanyi bench`: the measurements of tests/benchmarks, each beside its peer."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import inspect
import json
import os
import platform
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

import typer
from rich.markup import escape

import geo
from api.cli import console
from geo.database import Database
from geo.errors import NotFound
from geo.postgres import Cluster

STOLEN_TOLD = 0.05
"""So large a share of stolen time is told beside a figure."""
FOLDER = Path(geo.__file__).parents[1] / "tests" / "benchmarks"


def register(app: typer.Typer) -> None:
    """Hang the command into the command line."""
    app.command()(bench)


def bench(
    names: Annotated[
        list[str] | None, typer.Argument(help="哪些测量 / which ones; none means all.")
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="结果写入文件 / write the records to a file.")
    ] = None,
    list_only: Annotated[bool, typer.Option("--list", help="只列出 / only list them.")] = False,
) -> None:
    """与同类软件并排测量 / Measure beside peers: ratios, and whether bars hold.

    Each record has: name, ours, peer, ratio, unit, bar, holds, note, and `stolen`: the share of the
    processor that other guests of a virtual machine took meanwhile; times beside more than a few
    hundredths tell of them. Peers that are only measured against are an extra of their own:
    `pip install -e .[peers]`; a missing one is named. Exit code 1 when a bar is missed.
    """
    known = {path.stem.removeprefix("bench_"): path for path in sorted(FOLDER.glob("bench_*.py"))}
    for name in names or []:
        if name not in known:
            raise NotFound(
                f"There is no benchmark '{name}'.", remedy=f"There are: {', '.join(known)}."
            )
    if list_only:
        for name, path in known.items():
            summary = (_load(path).__doc__ or "").strip().splitlines()[:1]
            console.out.print(f"{name:<16} {''.join(summary)}", markup=False)
        return
    records: list[dict[str, Any]] = []
    with _throwaway_cluster() as cluster:
        for name in names or list(known):
            console.err.print(f"— {name}")
            ticks = processor_ticks()
            for record in _run(_load(known[name]), cluster):
                before, ticks = ticks, processor_ticks()
                full = {"benchmark": name, **record, "stolen": stolen_share(before, ticks)}
                records.append(full)
                _say(full)
    answer = {"machine": machine(), "records": records}
    if json_file is not None:
        json_file.write_text(json.dumps(answer, indent=1, default=str), encoding="utf-8")
    missed = [record for record in records if record.get("holds") is False]
    if missed:
        console.err.print(f"未达标 / bars missed: {len(missed)}")
        raise typer.Exit(1)


class Databases:
    """Empty, migrated databases on a throw-away cluster, one for each that asks."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="nuanyi-bench-"))
        self.cluster: Cluster | None = None
        self.opened: list[Database] = []

    def new(self) -> Database:
        """A new empty database; durable settings, as an operator has them."""
        if self.cluster is None:
            self.cluster = Cluster(self.folder).running(console.BarProgress())
        name = f"bench_{len(self.opened)}"
        self.cluster.ensure_database(name)
        database = Database(self.cluster.url(name), statement_seconds=3600)
        database.migrate()
        self.opened.append(database)
        return database

    def close(self) -> None:
        """Stop and remove everything."""
        for database in self.opened:
            database.close()
        if self.cluster is not None:
            self.cluster.leave()
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def _throwaway_cluster() -> Iterator[Databases]:
    databases = Databases()
    try:
        yield databases
    finally:
        databases.close()


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise NotFound(f"{path} cannot be read.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _run(module: ModuleType, databases: Databases) -> Iterator[dict[str, Any]]:
    wanted = inspect.signature(module.run).parameters
    arguments = {"database": databases.new()} if "database" in wanted else {}
    yield from module.run(**arguments)


def _say(record: dict[str, Any]) -> None:
    mark = {True: "[green]✓[/]", False: "[red]✗[/]", None: "·"}[record.get("holds")]
    peer = record.get("peer")
    console.out.print(
        f"{mark} {record['name']}: {_short(record['ours'])} {record.get('unit', '')}"
        + (f", peer {_short(peer)}" if peer is not None else "")
        + (f", ratio {_short(record['ratio'])}" if record.get("ratio") is not None else "")
        + (f" (bar {record['bar']})" if record.get("bar") is not None else "")
        + escape(f" — {record['note']}" if record.get("note") else "")
        + (f"; {record['stolen']:.0%} stolen" if (record["stolen"] or 0) >= STOLEN_TOLD else "")
    )


def processor_ticks(stat: Path = Path("/proc/stat")) -> tuple[int, int] | None:
    """Ticks of all cores: worked by this machine, and stolen from it by other guests of its host;
    None where the system does not tell."""
    try:
        first = stat.read_text(encoding="ascii").splitlines()[0].split()
        user, nice, system, _, _, irq, softirq, stolen = map(int, first[1:9])
    except (OSError, IndexError, ValueError):
        return None
    return user + nice + system + irq + softirq, stolen


def stolen_share(before: tuple[int, int] | None, after: tuple[int, int] | None) -> float | None:
    """Of the time that this machine wanted in between, 0 … 1."""
    if before is None or after is None:
        return None
    worked, stolen = after[0] - before[0], after[1] - before[1]
    return stolen / max(1, worked + stolen)


def _short(value: Any) -> str:
    return f"{value:,.4g}" if isinstance(value, float) else str(value)


def machine() -> dict[str, Any]:
    """What a reader needs to judge the figures."""
    cpu = ""
    info = Path("/proc/cpuinfo")
    if info.exists():
        found = re.search(r"model name\s*:\s*(.+)", info.read_text(encoding="utf-8"))
        cpu = found.group(1) if found else ""
    packages = ("numpy", "numba", "shapely", "pyarrow", "psycopg2-binary", "scipy")
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in packages},
    }
