"""`nuanyi demo | serve | status | stop`: the service as a whole."""

from __future__ import annotations

import contextlib
import json
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from sqlalchemy import make_url

from api.cli import console
from geo import demo as demo_city
from geo import editions
from geo.database import ANYONE, Database, Reader
from geo.errors import Conflict, DomainError, Forbidden, Unavailable
from geo.postgres import Cluster
from geo.settings import Settings

if TYPE_CHECKING:
    from geo.walking.graph import WalkingGraph

Host = Annotated[str | None, typer.Option(help="监听地址 / the address.")]
Port = Annotated[int | None, typer.Option(min=0, max=65535, help="端口 / port to listen on.")]
State = Annotated[
    Path | None, typer.Option(help="状态目录 / state directory (NUANYI_STATE).", show_default=False)
]
Earlier = Annotated[
    bool | None,
    typer.Option(
        "--past/--no-past",
        help="含往期和台账 / with a past.",
        show_default=False,
    ),
]


def register(app: typer.Typer) -> None:
    """Hang the commands of this module into the command line."""
    app.command()(demo)
    app.command()(serve)
    app.command()(status)
    app.command()(stop)
    app.command()(sample)


def demo(
    size: Annotated[
        demo_city.Size, typer.Option(help="演示城市的大小 / how large the demo city is.")
    ] = demo_city.Size.city,
    host: Host = None,
    port: Port = None,
    state: State = None,
    load_only: Annotated[
        bool, typer.Option("--load-only", help="只装载，不启动服务 / load, do not serve.")
    ] = False,
    earlier: Earlier = None,
) -> None:
    """装载演示城市并提供网页 / Load the demo city (演示数据, all invented) and serve its pages.

    The first start makes the embedded PostGIS and loads the city; later starts take seconds. Data
    of your own in the same state directory are never replaced.
    """
    of = console.settings(host=host, port=port, state=state)
    check_exposure(of)
    if not load_only:
        check_port(of)
    with console.database(of) as database:
        outcome = demo_city.load(
            database, console.OPERATOR, of, size, console.BarProgress(), earlier=earlier
        )
        console.err.print(outcome)
        if not load_only:
            run_server(of, database)


def serve(host: Host = None, port: Port = None, state: State = None) -> None:
    """提供网页与接口 / Serve the pages and the API over the imported data."""
    of = console.settings(host=host, port=port, state=state)
    check_exposure(of)
    check_port(of)
    with console.database(of) as database:
        run_server(of, database)


def check_exposure(of: Settings) -> None:
    """Without a key nobody but this machine may ask.

    Raises:
        Forbidden: another address than loopback, and no key.
    """
    if not of.loopback_only and of.key is None:
        raise Forbidden(
            f"Listening on {of.host} would show enterprises and rates to everyone, because no key "
            "is set.",
            remedy="Set NUANYI_KEY to a long random text, or listen on 127.0.0.1.",
        )


def check_port(of: Settings) -> None:
    """Say that a port is taken before anything else takes its time.

    Raises:
        Unavailable: it is taken, or the address is not of this machine.
    """
    family = socket.AF_INET6 if ":" in of.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((of.host, of.port))
        except OSError as error:
            raise Unavailable(
                f"The address {of.host}:{of.port} cannot be used: {error.strerror}.",
                remedy="Choose another port with --port, or stop the program that uses it.",
            ) from error


def run_server(of: Settings, database: Database) -> None:
    """Serve until Ctrl-C. The addresses are shown when the first question will be answered at
    once: the streets are in memory and the search is compiled."""
    from geo.imports import activation
    from maps.tiles import compiling

    activation.complete(database, console.OPERATOR, of, console.BarProgress())
    with console.BarProgress().step("预热步行搜索 / warming up the walking search"):
        warm_up(of, database)
    with console.BarProgress().step("编译地图切片 / compiling the tiles"):
        compiling.begin().join()
    import uvicorn

    from api.app import create_app

    app: Any = create_app(of, database)
    if of.workers > 1:
        # Each process makes its own application from the environment, on the database that is here.
        os.environ |= environment(of, database)
        app = "api.app:create_app_of_environment"
    server = uvicorn.Server(
        config := uvicorn.Config(
            app,
            factory=of.workers > 1,
            workers=of.workers,
            host=of.host,
            port=of.port,
            log_level="warning",
            access_log=False,  # a URL may carry a position; ours drops the query
            server_header=False,
            proxy_headers=False,  # whom to believe is the setting `proxies`
            timeout_graceful_shutdown=5,
        )
    )
    address = f"http://{'localhost' if of.host in ('0.0.0.0', '::') else of.host}:{of.port}"  # noqa: S104
    pages = [
        ("找驿站 / find a station", "/"),
        ("其他入口 / other doors", "/start"),
        ("领导实时页面 / the live page for leaders", "/coverage"),
        ("规划新站 / plan the next stations", "/plan"),
        ("工会覆盖地图 / coverage map", "/maps/coverage.html"),
        ("接口文档 / API", "/docs"),
        ("就绪检查 / readiness", "/readyz"),
    ]
    console.out.print("\n暖驿已启动 / Nuanyi is running (Ctrl-C 停止 / stops it)")
    for title, path in pages:
        console.out.print(f"  {address}{path:<22} {title}")
    if of.workers == 1:
        server.run()
        return
    from uvicorn.supervisors import Multiprocess

    listening = config.bind_socket()
    Multiprocess(config, sockets=[listening]).run()


def environment(of: Settings, database: Database) -> dict[str, str]:
    """Settings as environment variables, for a process of its own on the same database."""
    given = of.model_dump(exclude_defaults=True, exclude_none=True)
    key = given.pop("key", None)
    texts = {
        name: value if isinstance(value, str | Path) else json.dumps(value)
        for name, value in given.items()
    }
    if key is not None:
        texts["key"] = key.get_secret_value()
    texts["state"] = of.state
    texts["database_url"] = database.url.render_as_string(hide_password=False)
    return {f"NUANYI_{name.upper()}": str(value) for name, value in texts.items()}


def warm_up(of: Settings, database: Database) -> None:
    """Build the snapshot of the streets and compile the search, both kept for the next start."""
    from geo.walking.finder import Finder
    from geo.walking.vicinity import survey

    with database.read(ANYONE) as reader:
        finder = Finder.load(reader, of)
    if len(finder):
        survey(finder.on_streets)
        lon, lat = finder.position[0].tolist()
        # A station may lie outside the service area: told when somebody asks.
        with contextlib.suppress(DomainError):
            finder.nearest(lon, lat, open_rule="arrival")
        _warm_up_rounds(finder.graph, lon, lat)


def _warm_up_rounds(graph: WalkingGraph, lon: float, lat: float) -> None:
    """Compile the order of visits: some ten seconds that the first who asks would wait."""
    import numpy as np

    from geo.clusters.forms.tour import EXACT, shortest_round
    from geo.walking.between import between

    apart = between(graph, [lon, lon], [lat, lat]).metres
    for places in (3, EXACT + 2):
        shortest_round(np.full((places, places), apart.max()))


def status(state: State = None) -> None:
    """数据库与现行版本 / The database and the editions in force."""
    of = console.settings(state=state)
    if of.database_url is None:
        cluster = Cluster(of.state)
        facts = cluster.status()
        console.show_facts(
            "内置 PostGIS / embedded PostGIS",
            {
                "目录 directory": facts["directory"],
                "套接字 socket": facts["socket"],
                "日志 log": facts["log"],
                "运行中 running": facts["running"],
            },
        )
        if not (cluster.data / "PG_VERSION").exists():
            console.out.print(
                "尚未创建；nuanyi demo 或 nuanyi import 会创建 / not made yet; `nuanyi demo` or "
                "`nuanyi import` makes it",
                markup=False,
            )
            return
    else:
        address = make_url(of.database_url).render_as_string(hide_password=True)
        console.show_facts("外部 PostGIS / external PostGIS", {"地址 address": address})
    with console.database(of) as database, database.read(console.OPERATOR) as reader:
        _show_active(reader)


def _show_active(reader: Reader) -> None:
    console.show_table(
        "现行版本 / editions in force",
        [
            console.short("数据集\ndataset"),
            console.number("版本\nNo."),
            console.short("日期\nas of"),
            console.words("来源\nsource"),
            console.number("行\nrows"),
        ],
        [
            (facts.dataset, facts.id, facts.as_of, facts.source, f"{facts.rows_accepted:,}")
            for facts in editions.list_editions(reader)
            if facts.state == "active"
        ],
    )


def stop(state: State = None) -> None:
    """停止内置 PostGIS / Stop the embedded PostGIS, whoever still uses it."""
    of = console.settings(state=state)
    if of.database_url is not None:
        raise Conflict(
            "使用的是外部数据库，不由本程序启停。 The database is an external one; it is not ours "
            "to stop.",
            remedy="请用它自己的工具停止。 Stop it with its own tools.",
        )
    Cluster(of.state).stop()
    console.out.print("已停止 / stopped")


def sample(
    directory: Annotated[Path, typer.Argument(help="写入的目录 / folder to write into.")],
    size: Annotated[
        demo_city.Size, typer.Option(help="演示城市的大小 / how large the city is.")
    ] = demo_city.Size.small,
    seed: Annotated[int, typer.Option(help="随机种子 / seed.")] = demo_city.SEED,
    earlier: Earlier = None,
) -> None:
    """写出演示城市的各种文件 / Write the demo city as files, to try imports."""
    demo_city.write(directory, size, seed, console.BarProgress(), earlier=earlier)
    console.out.print(f"已写入 / written: {directory}", markup=False)
