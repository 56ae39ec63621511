"""Import of 1,000,000 enterprises, beside a bare COPY with indexes and one ST_Covers join.

Ours is everything: CSV → checked → placed → edition in force, assigned to areas, counted by area,
clusters found. The peer is the least that PostgreSQL itself could do with the same rows: COPY from
a file already in its own format, primary key and GiST index, and one ST_Covers join with the same
areas, counted and not even stored.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import text

from geo import editions
from geo.database import Actor, Database
from geo.imports.options import ImportOptions
from geo.imports.run import import_file
from geo.sample import write_city
from geo.settings import Settings

ACTOR = Actor("bench", sees_enterprises=True)
BAR_TIMES = 4.0
JOINS = {
    "ST_Covers join": "",
    "ST_Covers join, subdistricts alone": "AND area.kind = 'subdistrict'",
}
BAR_GIB = 2.0
IMPORT = """
import json, resource, sys, time
from pathlib import Path
from geo.database import Actor, Database
from geo.imports.options import ImportOptions
from geo.imports.run import import_file
from geo.settings import Settings
url, file, state = sys.argv[1:]
database = Database(url, statement_seconds=3600)
began = time.perf_counter()
report = import_file(database, Actor("bench", True), Settings(state=Path(state), database_url=url),
                     "enterprises", Path(file), ImportOptions(crs="wgs84", commit=True))
print(json.dumps({"seconds": time.perf_counter() - began, "accepted": report.accepted,
                  "rejected": report.rejected, "read": report.read,
                  "gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20}))
"""


def run(database: Database) -> Iterator[dict[str, Any]]:
    """Measure; about three minutes, of which one writes the city's files."""
    with tempfile.TemporaryDirectory(prefix="nuanyi-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        write_city(folder, "huge")
        settings = Settings(state=folder, database_url=None)
        options = ImportOptions(crs="wgs84", commit=True)
        import_file(database, ACTOR, settings, "areas", folder / "areas.geojson", options)
        url = database.url.render_as_string(hide_password=False)
        done = subprocess.run(
            [sys.executable, "-c", IMPORT, url, str(folder / "enterprises.csv"), name],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(done.stderr[-2000:])
        ours = json.loads(done.stdout)
        parts = _bare(database, folder)
    one_level = parts.pop("ST_Covers join, subdistricts alone")
    peer = sum(parts.values())
    steps = ", ".join(f"{step} {seconds:.1f} s" for step, seconds in parts.items())
    yield {
        "name": "1,000,000 enterprises, CSV to edition in force with assignment and counts",
        "ours": ours["seconds"],
        "peer": peer,
        "ratio": ours["seconds"] / peer,
        "unit": "s",
        "bar": f"<= {BAR_TIMES} x",
        "holds": ours["seconds"] <= BAR_TIMES * peer,
        "note": f"peer: {steps}; {ours['accepted']:,} of {ours['read']:,} rows accepted",
    }
    least = parts["COPY"] + parts["indexes"] + one_level
    yield {
        "name": "the same import beside a join with the 350 subdistricts alone",
        "ours": ours["seconds"],
        "peer": least,
        "ratio": ours["seconds"] / least,
        "unit": "s",
        "bar": None,
        "holds": None,
        "note": f"that join {one_level:.1f} s; ours still assigns to all areas and finds clusters",
    }
    yield {
        "name": "peak memory of that import",
        "ours": ours["gib"],
        "peer": None,
        "ratio": None,
        "unit": "GiB",
        "bar": f"<= {BAR_GIB}",
        "holds": ours["gib"] <= BAR_GIB,
    }


def _bare(database: Database, folder: Path) -> dict[str, float]:
    """What PostgreSQL needs for the same rows when it is asked for nothing more."""
    with database.read(ACTOR) as reader:
        edition = editions.require_active(reader, "enterprises").id
        areas = editions.require_active(reader, "areas").id
    file = folder / "rows.csv"
    with database.engine.begin() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        cursor: Any = connection.connection.cursor()
        with file.open("wb") as out:
            cursor.copy_expert(
                f"COPY (SELECT * FROM enterprise WHERE edition_id = {edition}) "
                "TO STDOUT (FORMAT csv)",
                out,
            )
    times: dict[str, float] = {}
    with database.engine.begin() as connection:
        cursor = connection.connection.cursor()
        connection.execute(text("CREATE TABLE bare (LIKE enterprise INCLUDING DEFAULTS)"))
        began = time.perf_counter()
        with file.open("rb") as rows:
            cursor.copy_expert("COPY bare FROM STDIN (FORMAT csv)", rows)
        times["COPY"] = time.perf_counter() - began
        began = time.perf_counter()
        connection.execute(text("ALTER TABLE bare ADD PRIMARY KEY (edition_id, id)"))
        connection.execute(text("CREATE INDEX ON bare USING gist (location)"))
        times["indexes"] = time.perf_counter() - began
    with database.engine.begin() as connection:
        connection.execute(text("ANALYZE bare"))
        for name, which in JOINS.items():
            began = time.perf_counter()
            # The faster of the plans: polygons outside, points by index.
            connection.execute(
                text(
                    "SELECT count(*) FROM area CROSS JOIN LATERAL (SELECT 1 FROM bare "
                    "WHERE ST_Covers(area.boundary, bare.location) OFFSET 0) AS inside "
                    f"WHERE area.edition_id = :areas {which}"
                ),
                {"areas": areas},
            )
            times[name] = time.perf_counter() - began
        connection.execute(text("DROP TABLE bare"))
    return times
