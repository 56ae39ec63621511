"""The bulletin of the active editions: reads what was counted, hands it to the page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from geo import editions
from geo.clusters import list_clusters
from geo.clusters.find import ClusterFacts
from geo.clusters.forms import Advice, advise
from geo.coverage.compare import compare
from geo.coverage.pairs import Pair
from geo.coverage.rates import AreaCoverage, CoverageAnswer, area_rates
from geo.coverage.targets import read_targets
from geo.database import Reader
from geo.editions import EditionFacts
from geo.progress import SILENT, Progress
from geo.schema.areas import DIVISION_KINDS
from geo.settings import Settings
from geo.walking.finder import Finder
from maps.bulletin.lines import MEASURE, Below, below_of, change_of, order, sheet_of
from maps.bulletin.tree import Tree, homes_of, no_division
from maps.bulletin.view import Bulletin, Change, Sheet
from maps.bulletin.words import area_name
from maps.editions import line_of, notice_of
from maps.texts import Language, text

EVERY = 10**9
PAGES = ("district", "subdistrict", "community", "prefecture", "province")
"""Of which kind of area a booklet has its pages: the first that there is."""


def gather(
    reader: Reader,
    settings: Settings,
    *,
    area_id: int | None,
    printed_on: date,
    pair: Pair | None,
    finder: Finder | None = None,
    acted_on: int | None = None,
    progress: Progress = SILENT,
) -> Bulletin:
    """Everything a bulletin shows, of the active editions.

    Args:
        reader: the transaction.
        settings: targets, issuing body, approval number, attribution.
        area_id: the area of the one page; None for the booklet of everything.
        printed_on: the day it is made.
        pair: this edition and an earlier one, compared already; None without an earlier one.
        finder: stations and streets in memory, for where to meet; none is named without it.
        acted_on: of so many clusters a page the form of union is worked out; None for all.
        progress: told of each page.

    Raises:
        NotFound: no areas or enterprises in force, or no such area.

    Cost: 0.2 s a page of an area with 25 below it.
    """
    enterprises = editions.require_active(reader, "enterprises")
    areas = editions.require_active(reader, "areas")
    tree = Tree.read(reader, areas.id)
    targets = read_targets(settings)
    clusters = list(list_clusters(reader, enterprises.id, limit=EVERY))
    page_kind = next((kind for kind in PAGES if kind in tree.kinds), None)
    changes = _changes(reader, pair, settings, page_kind or PAGES[0], area_id)
    if area_id is not None:
        wanted = [tree.require(area_id, areas)]
    else:
        wanted = [] if page_kind is None else tree.of_kind(page_kind)
    below_each = {area.id: tree.children(area) for area in wanted}
    tree.draw(reader, (one for area, (_, ids) in below_each.items() for one in (area, *ids)))
    homes = homes_of(clusters, wanted, tree)
    printed = [[clusters[at] for at in inside] for inside in homes.values()]
    if area_id is None:
        printed.append(clusters)
    advice = _advice(reader, settings, enterprises, printed, finder, acted_on)
    kept: dict[str, tuple[CoverageAnswer, dict[int, AreaCoverage]]] = {}

    def rates(kind: str) -> tuple[CoverageAnswer, dict[int, AreaCoverage]]:
        """Of all areas of a kind, once."""
        if kind not in kept:
            answer = area_rates(reader, kind, settings)
            kept[kind] = answer, {one.id: one for one in answer.areas}
        return kept[kind]

    def page(
        own: AreaCoverage, region: str | None, below: Below, inside: list[ClusterFacts]
    ) -> Sheet:
        return sheet_of(
            own,
            below,
            tree,
            [(one, advice.get(one.id)) for one in order(inside)],
            changes.get(own.id),
            targets.of(region),
        )

    sheets = []
    with progress.step("读取数据 / reading the figures", total=len(wanted) + 1) as advance:
        for area in wanted:
            own = rates(area.kind)[1][area.id]
            kind, ids = below_each[area.id]
            of_kind = {} if kind is None else rates(kind)[1]
            below = below_of(kind, [one for one in of_kind.values() if one.id in ids])
            inside = [clusters[at] for at in homes.get(area.id, [])]
            sheets.append(page(own, own.code, below, inside))
            advance(1)
        whole = None
        if area_id is None:
            answer, every = rates(page_kind or PAGES[0])
            below = below_of(answer.kind, list(every.values()))
            whole = page(answer.whole, answer.region, below, clusters)
        advance(1)
    lines = [enterprises, areas]
    return Bulletin(
        measure=MEASURE,
        sheets=sheets,
        whole=whole,
        editions=[line_of(one) for one in lines],
        as_of=enterprises.as_of,
        printed_on=printed_on,
        earlier=None if pair is None else line_of(pair.before),
        small_denominator=settings.small_denominator,
        issuer=settings.bulletin_issuer,
        attribution=settings.map_attribution,
        approval_number=settings.map_approval_number,
        notice=notice_of(lines),
    )


def name_of(reader: Reader, area_id: int | None, language: Language) -> str:
    """What a file of the bulletin is called.

    Raises:
        NotFound: there is no such area.
    """
    title = text("bulletin.title", language)
    if area_id is None:
        return title
    areas = editions.require_active(reader, "areas")
    row = reader.first(
        "SELECT name FROM area WHERE edition_id = :edition AND id = :id AND kind = ANY(:kinds)",
        edition=areas.id,
        id=area_id,
        kinds=list(DIVISION_KINDS),
    )
    if row is None:
        raise no_division(area_id, areas)
    return f"{title}-{area_name(row.name, area_id, language)}"


def _advice(
    reader: Reader,
    settings: Settings,
    enterprises: EditionFacts,
    printed: Sequence[Sequence[ClusterFacts]],
    finder: Finder | None,
    acted_on: int | None,
) -> dict[int, Advice]:
    """What is to be done about the clusters of each page, or the first of them, in one go."""
    chosen = {one.id: one for inside in printed for one in order(inside)[:acted_on]}
    advised = advise(
        reader,
        list(chosen.values()),
        edition=enterprises,
        targets=read_targets(settings),
        finder=finder,
    )
    return {one.cluster.id: one for one in advised}


def _changes(
    reader: Reader, pair: Pair | None, settings: Settings, kind: str, area_id: int | None
) -> dict[int, Change]:
    """What became of the areas that have a page, by id; the whole is 0."""
    if pair is None:
        return {}
    answer = compare(reader, pair, settings, kind=kind, area_id=area_id, limit=EVERY)
    since = line_of(pair.before)
    return {
        facts.area.id: change_of(facts, since)
        for facts in [answer.whole, *answer.areas]
        if facts.counts
    }
