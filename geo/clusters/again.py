"""Finding the clusters of the enterprises in force anew: another method, more shuffled runs."""

from __future__ import annotations

from geo import editions
from geo.clusters.facts import RunFacts, get_run
from geo.clusters.find import REPLICATES, find
from geo.clusters.rules import METHOD, ScanRules
from geo.database import Actor, Database
from geo.enterprises.inforce import units_in_force
from geo.imports.turns import take_turn
from geo.progress import SILENT, Progress


def find_again(
    database: Database,
    actor: Actor,
    *,
    replicates: int = REPLICATES,
    method: str = METHOD,
    rules: ScanRules | None = None,
    progress: Progress = SILENT,
) -> RunFacts:
    """Find the clusters of the enterprises in force anew, with the unions as they are now.

    Clusters keep their identities; see :mod:`geo.clusters.identity`. Processes that hold them in
    memory notice within a second.

    Args:
        database: where.
        actor: who asks.
        replicates, method, rules: see :func:`geo.clusters.find.find`.
        progress: told of the steps.

    Raises:
        NotFound: no enterprises are in force.
        Invalid: no such method, too few replicates.
    """
    with database.write(actor) as writer:
        take_turn(writer, "put in force", progress)
        edition = editions.require_active(writer, "enterprises")
        areas = editions.active(writer, "areas")
        with progress.step("读取企业 / reading the enterprises"):
            units = units_in_force(writer, edition)
        find(
            writer, edition.id, units, rules, progress,
            area_edition_id=None if areas is None else areas.id,
            replicates=replicates, method=method,
        )  # fmt: skip
        run = get_run(writer, edition.id)
    assert run is not None  # it was written just now
    return run
