"""A rate over all editions: which are points, within which borders, and why one has no value."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
import rows
from sqlalchemy import text

from geo import editions, partitions
from geo.coverage import past
from geo.coverage.definitions import RATES
from geo.coverage.series import REASONS, series
from geo.coverage.targets import read_targets
from geo.database import Actor, Database, Writer
from geo.enterprises.changes import note_change
from geo.errors import Busy, Invalid, NotFound
from geo.imports.activation import put_in_force
from geo.settings import Settings

WEST, EAST, DISTRICT = 110, 120, 100


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path, database_url=None)


def fill(writer: Writer) -> int:
    areas = rows.edition(writer, "areas")
    whole = rows.square(113.6, 34.7, 0.2)
    rows.area(writer, areas, DISTRICT, whole, kind="district", code="4101")
    rows.area(writer, areas, WEST, rows.square(113.6, 34.7), code="410101", parent_id=DISTRICT)
    rows.area(writer, areas, EAST, rows.square(113.7, 34.7), code="410102", parent_id=DISTRICT)
    return areas


def list_of(
    writer: Writer,
    as_of: date,
    states: Sequence[str],
    *,
    state: str = "retired",
    lon: float = 113.65,
    business: str | None = None,
) -> int:
    """An edition of one unit for each state."""
    number = rows.edition(writer, "enterprises", state=state, as_of=as_of)
    child = partitions.create(writer, "enterprise", number)
    for position, union in enumerate(states, start=1):
        writer.execute(
            f"INSERT INTO {child} (id, name, location, employees, members, union_state, located_by,"
            " business_state) VALUES (:id, 'x', ST_Point(:lon, 34.75, 4326), 40, 8, :state, "
            "'coordinates', :business)",
            {"id": position, "lon": lon, "state": union, "business": business},
        )
    partitions.attach(writer, "enterprise", number)
    return number


def lay_all(writer: Writer, settings: Settings) -> None:
    targets = read_targets(settings)
    for facts in past.uncounted(writer, targets):
        areas = past.ground(writer)
        side = past.side_of(writer, facts, areas, targets)
        past.lay(writer, facts, areas, side, targets)


def test_each_edition_is_a_point_by_its_day_with_all_a_share_rests_on(
    writer: Writer, settings: Settings
) -> None:
    fill(writer)
    third = list_of(writer, date(2026, 6, 30), ["own", "own", "joint", "none"], state="active")
    first = list_of(writer, date(2025, 6, 30), ["own", "none", "none", "none"])
    second = list_of(writer, date(2025, 12, 31), ["own", "own", "none", "unknown"])
    list_of(writer, date(2026, 3, 31), ["own"] * 4, state="draft")
    list_of(writer, date(2026, 3, 31), ["own"] * 4, state="discarded")
    lay_all(writer, settings)
    answer = series(writer, settings, area_id=WEST)
    (one,) = answer.series
    assert [point.edition_id for point in one.points] == [first, second, third]
    shares = [point.share for point in one.points]
    assert [(share.numerator, share.denominator) for share in shares if share] == [
        (1, 4), (2, 3), (3, 4),
    ]  # fmt: skip
    assert shares[1] is not None
    assert shares[1].missing_share == 0.25
    assert shares[1].small_denominator
    assert shares[1].low is not None
    assert 0 < shares[1].low < 2 / 3
    assert one.forecast.target == 0.95
    assert one.forecast.points == 3
    assert one.forecast.target_date == date(2026, 12, 31)
    whole = series(writer, settings).series[0]
    assert whole.area.kind == "whole"
    assert [point.share for point in whole.points] == shares


def test_a_point_without_a_value_has_a_reason(writer: Writer, settings: Settings) -> None:
    areas = fill(writer)
    rows.area(writer, areas, 130, None, kind="industrial_park")
    rows.area(writer, areas, 140, rows.square(113.6, 34.7), kind="functional_area")
    list_of(writer, date(2025, 6, 30), ["own"], lon=113.75)
    list_of(writer, date(2025, 12, 31), ["unknown"])
    list_of(writer, date(2026, 6, 30), ["own"], state="active", business="closed")
    lay_all(writer, settings)

    def reasons(**asked: object) -> list[tuple[str, str] | None]:
        (one,) = series(writer, settings, **asked).series  # type: ignore[arg-type]
        assert all(point.share and point.share.value is None for point in one.points)
        return [point.reason for point in one.points]

    assert reasons(area_id=WEST) == [
        REASONS["no_units"], REASONS["not_stated"], REASONS["all_apart"],
    ]  # fmt: skip
    assert set(reasons(area_id=130)) == {REASONS["no_border"]}
    (functional,) = series(writer, settings, kind="functional_area").series
    assert functional.forecast.state == "too_few_points"


def test_before_it_is_counted_a_point_says_so_and_is_not_0(
    writer: Writer, settings: Settings
) -> None:
    fill(writer)
    list_of(writer, date(2025, 12, 31), ["own"])
    list_of(writer, date(2026, 6, 30), ["own"], state="active")
    (one,) = series(writer, settings, area_id=WEST).series
    assert [point.share for point in one.points] == [None, None]
    assert {point.reason for point in one.points} == {REASONS["not_laid"]}


def test_of_several_editions_of_a_day_the_one_in_force_is_the_point(
    writer: Writer, settings: Settings
) -> None:
    fill(writer)
    earlier = list_of(writer, date(2025, 12, 31), ["none"])
    corrected = list_of(writer, date(2025, 12, 31), ["own"])
    active = list_of(writer, date(2026, 6, 30), ["own"], state="active")
    rolled_back = list_of(writer, date(2026, 6, 30), ["none"])
    later = list_of(writer, date(2026, 9, 30), ["none"])
    lay_all(writer, settings)
    answer = series(writer, settings)
    assert [facts.id for facts in answer.editions] == [corrected, active, later]
    assert {facts.id for facts in answer.left_out} == {earlier, rolled_back}
    assert any(str(earlier) in zh for zh, _ in answer.notes)
    assert any(f"版本{later}" in zh and "discard" in zh for zh, _ in answer.notes)


def test_an_area_with_a_predecessor_is_told_so_and_nothing_jumps(
    writer: Writer, settings: Settings
) -> None:
    old = rows.edition(writer, "areas", state="retired")
    rows.area(writer, old, 90, rows.square(113.6, 34.7), code="410199", name="旧街道")
    areas = fill(writer)
    rows.area(
        writer, areas, 150, rows.square(113.6, 34.7), kind="community", code="410103",
        predecessor_code="410199", valid_from=date(2026, 1, 1), name="新社区",
    )  # fmt: skip
    list_of(writer, date(2025, 12, 31), ["own", "none"])
    list_of(writer, date(2026, 6, 30), ["own", "own"], state="active")
    lay_all(writer, settings)
    answer = series(writer, settings, area_id=150)
    (one,) = answer.series
    assert [point.formed_later for point in one.points] == [True, False]
    assert [point.share and point.share.denominator for point in one.points] == [2, 2]
    assert one.area.predecessor_code == "410199"
    assert any("predecessor_code" in zh for zh, _ in answer.notes)
    with pytest.raises(NotFound) as gone:
        series(writer, settings, area_id=90)
    assert "旧街道" in gone.value.detail
    assert "新社区" in str(gone.value.remedy)


def test_what_was_noted_of_unions_later_is_in_the_edition_in_force_and_in_no_past_one(
    database: Database, actor: Actor, settings: Settings
) -> None:
    targets = read_targets(settings)
    with database.write(actor) as writer:
        fill(writer)
        first = list_of(writer, date(2026, 3, 31), ["own", "none"], state="draft")
        second = list_of(writer, date(2026, 6, 30), ["own", "none"], state="draft")
        put_in_force(writer, settings, first)
        note_change(writer, targets, 2, "own", today=date(2026, 5, 1), since=date(2026, 5, 1))
    with database.read(actor) as reader:
        (one,) = series(reader, settings, area_id=WEST).series
        assert [point.share and point.share.numerator for point in one.points] == [2]
    with database.write(actor) as writer:
        put_in_force(writer, settings, second)
    past.ensure_laid(database, actor, settings)
    with database.read(actor) as reader:
        (one,) = series(reader, settings, area_id=WEST).series
        assert [point.share and point.share.numerator for point in one.points] == [1, 1]
    # Rolled back, it holds again what was noted.
    with database.write(actor) as writer:
        put_in_force(writer, settings, first)
    past.ensure_laid(database, actor, settings)
    with database.read(actor) as reader:
        answer = series(reader, settings, area_id=WEST)
        points = answer.series[0].points
        assert [point.share and point.share.numerator for point in points] == [2, 1]
        assert any("1 changes of unions" in en for _, en in answer.notes)


def test_editions_are_laid_once_and_one_at_a_time(
    database: Database, actor: Actor, settings: Settings
) -> None:
    with database.write(actor) as writer:
        fill(writer)
        list_of(writer, date(2025, 12, 31), ["own"])
        list_of(writer, date(2026, 6, 30), ["own"], state="active")
    with database.write(actor) as busy:
        past.take(busy, past.SILENT, wait=False)
        with pytest.raises(Busy):
            past.ensure_laid(database, actor, settings, wait=False)
    assert past.ensure_laid(database, actor, settings) == 2
    assert past.ensure_laid(database, actor, settings) == 0
    with database.write(actor) as writer:
        before = writer.scalar(text("SELECT count(*) FROM area_membership"))
        editions.discard(writer, editions.list_editions(writer, "enterprises")[1].id)
        assert writer.scalar(text("SELECT count(*) FROM area_membership")) == before / 2


def test_series_are_given_page_by_page_for_each_rate(writer: Writer, settings: Settings) -> None:
    fill(writer)
    list_of(writer, date(2026, 6, 30), ["own", "none"], state="active")
    lay_all(writer, settings)
    for measure in RATES:
        page = series(writer, settings, measure=measure, kind="subdistrict", limit=1)
        assert ([one.area.id for one in page.series], page.more) == ([WEST], True)
        rest = series(writer, settings, measure=measure, kind="subdistrict", limit=1, after=WEST)
        assert ([one.area.id for one in rest.series], rest.more) == ([EAST], False)
    assert series(writer, settings, kind="subdistrict", parent_id=EAST).series == []
    for asked, error in (
        ({"measure": "happiness"}, Invalid),
        ({"kind": "street"}, Invalid),
        ({"area_id": 7}, NotFound),
    ):
        with pytest.raises(error):
            series(writer, settings, **asked)  # type: ignore[arg-type]


def test_without_data_it_says_what_to_load(writer: Writer, settings: Settings) -> None:
    with pytest.raises(NotFound, match="enterprises"):
        series(writer, settings)
    list_of(writer, date(2026, 6, 30), ["own"], state="active")
    with pytest.raises(NotFound, match="areas"):
        series(writer, settings)
