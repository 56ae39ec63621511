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


def write(
    directory: Path,
    size: Size,
    seed: int = SEED,
    progress: Progress = SILENT,
    *,
    earlier: bool | None = None,
) -> None:
    """Write the city's files into a folder; `earlier` lists and the ledger unless it is huge, or as
    told.

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
        write_city(directory, size.value, seed=seed, progress=SILENT, earlier=earlier)


def load(
    database: Database,
    actor: Actor,
    settings: Settings,
    size: Size,
    progress: Progress = SILENT,
    *,
    earlier: bool | None = None,
) -> str:
    """Make sure the demo city of this size is in force; a sentence that says what was done.

    Data that are not the demo's are never replaced: then nothing is loaded. With `earlier` (unless
    told, of every size but the huge one) also the lists of enterprises of half a year and a year
    before, as past editions, and the ledger of the talks held meanwhile.
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
    in_force = all(_is_demo(facts, label) for facts in active.values())
    with_past = earlier if earlier is not None else size is not Size.huge
    if in_force and not (with_past and _lacks_past(database, actor, label)):
        return f"演示城市已就绪 / the demo city is ready ({size.value})"
    folder = settings.state / "demo" / size.value
    write(folder, size, SEED, progress, earlier=with_past)
    for dataset, name in FILES.items():
        options = ImportOptions(crs="wgs84", as_of=AS_OF, commit=True, source=label)
        with database.read(actor) as reader:
            facts = editions.active(reader, dataset)
        if _is_demo(facts, label):
            continue
        import_file(database, actor, settings, dataset, folder / name, options, progress)
    if with_past:
        _load_past(database, actor, settings, folder, label, progress)
    return f"演示城市已装载 / the demo city is loaded ({size.value})"


def _is_demo(facts: editions.EditionFacts | None, label: str) -> bool:
    """Whether what is in force is the demo city's, sites of plans that opened since included."""
    # Every command comes by this module; plans bring in all the solvers.
    from geo.siting.plans.opening import MARK

    return facts is not None and facts.source.split(MARK)[0] == label


def _lacks_past(database: Database, actor: Actor, label: str) -> bool:
    """Whether the demo was loaded by a version that had no past."""
    with database.read(actor) as reader:
        found = editions.list_editions(reader, "enterprises")
    return not any(facts.source == f"{label} 往期" for facts in found)


def _load_past(
    database: Database,
    actor: Actor,
    settings: Settings,
    folder: Path,
    label: str,
    progress: Progress,
) -> None:
    """The earlier lists as past editions, which were never in force here, and the ledger."""
    from geo.imports.options import ImportOptions
    from geo.imports.run import import_file
    from geo.ledger.load import LedgerOptions, import_ledger
    from geo.sample.shape import EARLIER

    for day in EARLIER:
        options = ImportOptions(crs="wgs84", as_of=day, draft=True, source=f"{label} 往期")
        report = import_file(
            database,
            actor,
            settings,
            "enterprises",
            folder / f"enterprises-{day}.csv",
            options,
            progress,
        )
        if report.edition is not None and report.edition.state == "draft":
            with database.write(actor) as writer:
                editions.retire(writer, report.edition.id)
    import_ledger(
        database,
        actor,
        settings,
        folder / "ledger.csv",
        LedgerOptions(source=label, commit=True, replace=True),
        progress,
    )
