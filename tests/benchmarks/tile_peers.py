"""What tiles of enterprises are measured against, each a program of its own.

* supercluster (npm): `PEERS_NODE` names the folder in which `npm install supercluster` was run;
  needs node.
* tippecanoe and tipg (PyPI: cubao-tippecanoe, tipg), installed beside the product with
  `pip install --target FOLDER …` and found by PYTHONPATH.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import numpy.typing as npt
from sqlalchemy import make_url

COUNTS = ("n", "own", "joint", "none", "in_preparation", "unknown", "workers")
SUPERCLUSTER = """
import fs from "node:fs";
import { performance } from "node:perf_hooks";
import Supercluster from "supercluster";

const raw = fs.readFileSync(process.argv[2]);
const all = new Float64Array(raw.buffer, raw.byteOffset, raw.length / 8);
const count = all.length / 9;
const names = ["n", "own", "joint", "none", "in_preparation", "unknown", "workers"];
const points = new Array(count);
for (let at = 0; at < count; at++) {
  const properties = {};
  for (let k = 0; k < 7; k++) properties[names[k]] = all[at * 9 + 2 + k];
  points[at] = { type: "Feature", properties, geometry: { type: "Point",
    coordinates: [all[at * 9], all[at * 9 + 1]] } };
}
const sums = {
  map: (one) => ({ ...one }),
  reduce: (into, one) => { for (const name of names) into[name] += one[name]; },
};
const plain = [], summed = [];
for (let round = 0; round < Number(process.argv[3]); round++) {
  for (const [options, times] of [[{}, plain], [sums, summed]]) {
    const began = performance.now();
    new Supercluster({ maxZoom: 16, ...options }).load(points);
    times.push(performance.now() - began);
  }
}
console.log(JSON.stringify({ plain, summed }));
"""


def table_of(lon: Any, lat: Any, columns: dict[str, Any]) -> npt.NDArray[np.float64]:
    """(N, 9): place and counts of each point."""
    return np.column_stack([lon, lat, *(columns[name] for name in COUNTS)])


def has_supercluster() -> bool:
    """Whether it can be run."""
    folder = os.environ.get("PEERS_NODE")
    return bool(
        folder
        and shutil.which("node")
        and (Path(folder) / "node_modules" / "supercluster").is_dir()
    )


def supercluster(folder: Path, table: npt.NDArray[np.float64], rounds: int) -> dict[str, Any]:
    """Milliseconds of building its index of all zooms, without and with sums."""
    (folder / "points.bin").write_bytes(np.ascontiguousarray(table).tobytes())
    (folder / "build.mjs").write_text(SUPERCLUSTER)
    modules = folder / "node_modules"
    if not modules.exists():
        modules.symlink_to(Path(os.environ["PEERS_NODE"]) / "node_modules")
    told = subprocess.run(
        ["node", "--max-old-space-size=8192", "build.mjs", "points.bin", str(rounds)],
        cwd=folder, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    found: dict[str, Any] = json.loads(told)
    return found


def write_lines(path: Path, table: npt.NDArray[np.float64]) -> None:
    """The points as GeoJSON, one a line: what tippecanoe reads on all cores."""
    with path.open("w", encoding="utf-8") as file:
        for lon, lat, *counts in table.tolist():
            properties = dict(zip(COUNTS, (int(one) for one in counts), strict=True))
            geometry = {"type": "Point", "coordinates": [lon, lat]}
            line = {"type": "Feature", "properties": properties, "geometry": geometry}
            file.write(json.dumps(line) + "\n")


def tippecanoe(lines: Path, out: Path, zooms: range) -> float | None:
    """Seconds of the whole pyramid in its clustered mode, with sums; None where it is not here."""
    if importlib.util.find_spec("cubao_tippecanoe") is None:
        return None
    sums = [f"--accumulate-attribute={name}:sum" for name in COUNTS]
    command = [
        sys.executable, "-m", "cubao_tippecanoe", "tippecanoe", "-o", str(out), "-f", "-q", "-P",
        f"-Z{zooms[0]}", f"-z{zooms[-1]}", "-r1", "--cluster-distance=8", *sums,
        "-l", "enterprises", str(lines),
    ]  # fmt: skip
    began = time.perf_counter()
    subprocess.run(command, check=True)
    return time.perf_counter() - began


def has_tipg() -> bool:
    """Whether it can be run."""
    return importlib.util.find_spec("tipg") is not None


def with_host(address: str) -> str:
    """The address of a database on a Unix socket as asyncpg takes it: the socket for a host."""
    url = make_url(address)
    folder = url.query.get("host")
    if not isinstance(folder, str):
        return address.replace("postgresql+psycopg2", "postgresql")
    return f"postgresql://{url.username}@{quote(folder, safe='')}:5432/{url.database}"


@contextlib.contextmanager
def serving(command: list[str], port: int, path: str, environment: dict[str, str]) -> Iterator[int]:
    """A server of its own process, once it answers."""
    process = subprocess.Popen(command, env={**os.environ, **environment})
    try:
        until = time.monotonic() + 180
        while True:
            with contextlib.suppress(OSError):
                ask(port, path)
                break
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{command} did not start")
            time.sleep(0.3)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ask(port: int, path: str) -> bytes:
    """An answer of a server."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", headers={"Accept-Encoding": "gzip"}
    )
    with urllib.request.urlopen(request, timeout=120) as answer:
        body: bytes = answer.read()
    return body
