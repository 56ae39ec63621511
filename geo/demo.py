"""The demo city, loaded through the same doors as anybody's data."""

from __future__ import annotations

import enum
from datetime import date
from pathlib import Path

from geo import editions
from geo.database import Actor, Database
from geo.errors import Invalid
from geo.progress import SILENT, Progress
from geo.settings import Settings

SEED = 20261121
AS_OF = date(2026, 6, 30)
LABEL = "演示数据"
FILES = {
    "areas": "areas.geojson",
    "streets": "streets.osm.pbf",
    "stations": "stations.csv",
    "enterprises": "enterprises.csv",
    "candidate_sites": "candidate_sites.csv",
    "demand": "demand.csv",
}


class Size(enum.StrEnum):
    """How large the demo city is."""

    small = "small"
    city = "city"
    huge = "huge"


def write(directory: Path, size: Size, seed: int = SEED, progress: Progress = SILENT) -> None:
    """Write the city's files into a folder.

    Raises:
        Invalid: the folder cannot be made.
    """
    from geo.sample import write_city

    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Invalid(
            f"无法创建文件夹 {directory}。 The folder {directory} cannot be made: "
            f"{error.strerror}.",
            remedy="请另选位置。 Choose another place.",
        ) from error
    with progress.step(f"生成演示城市 / generating the demo city ({size.value})"):
        write_city(directory, size.value, seed=seed, progress=SILENT)


def load(
    database: Database, actor: Actor, settings: Settings, size: Size, progress: Progress = SILENT
) -> str:
    """Make sure the demo city of this size is in force; a sentence that says what was done.

    Data that are not the demo's are never replaced: then nothing is loaded.
    """
    from geo.imports.options import ImportOptions
    from geo.imports.run import import_file

    label = f"{LABEL} {size.value} {SEED}"
    with database.read(actor) as reader:
        active = {name: editions.active(reader, name) for name in FILES}
    own = [name for name, facts in active.items() if facts and not facts.source.startswith(LABEL)]
    if own:
        return (
            f"已有您自己的数据（{'、'.join(own)}），未装载演示城市。 / This state directory holds "
            f"your own {', '.join(own)}; the demo city was not loaded. NUANYI_STATE=DIR names "
            "another."
        )
    if all(facts and facts.source == label for facts in active.values()):
        return f"演示城市已就绪 / the demo city is ready ({size.value})"
    folder = settings.state / "demo" / size.value
    write(folder, size, SEED, progress)
    for dataset, name in FILES.items():
        options = ImportOptions(crs="wgs84", as_of=AS_OF, commit=True, source=label)
        with database.read(actor) as reader:
            facts = editions.active(reader, dataset)
        if facts and facts.source == label:
            continue
        import_file(database, actor, settings, dataset, folder / name, options, progress)
    return f"演示城市已装载 / the demo city is loaded ({size.value})"
