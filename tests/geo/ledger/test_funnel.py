"""What came of the talks, against pandas over the same entries."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest
import rows
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from geo.database import Writer
from geo.errors import Invalid, NotFound
from geo.ledger.book import COUNTS
from geo.ledger.funnel import CONVERSIONS, funnel
from geo.settings import Settings

CITY, EAST, WEST = 1, 10, 20
BAMBOO, HILL, LAKE, PARK = 11, 12, 21, 13
PLACES = {
    "翠竹街道": {CITY, EAST, BAMBOO},
    "中山街道": {CITY, EAST, HILL},
    "东区": {CITY, EAST},
    "西湖街道": {CITY, WEST, LAKE},
    "云栖产业园": {CITY, EAST, BAMBOO, PARK},
    "别处街道": set(),
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path, database_url=None)


@pytest.fixture
def city(writer: Writer) -> Writer:
    areas = rows.edition(writer, "areas")
    for number, kind, name, parent in (
        (CITY, "prefecture", "演示市", None),
        (EAST, "district", "东区", CITY),
        (WEST, "district", "西区", CITY),
        (BAMBOO, "subdistrict", "翠竹街道", EAST),
        (HILL, "subdistrict", "中山街道", EAST),
        (LAKE, "subdistrict", "西湖街道", WEST),
        (PARK, "industrial_park", "云栖产业园", BAMBOO),
    ):
        code = None if kind == "industrial_park" else f"99{number}"
        rows.area(writer, areas, number, None, kind=kind, name=name, code=code, parent_id=parent)
    return writer


def enter(writer: Writer, number: int, day: date, place: str, **counts: int | None) -> None:
    values = dict.fromkeys(COUNTS) | counts
    writer.execute(
        f"INSERT INTO ledger_entry (id, day, division, area_code, source, {', '.join(values)}) "
        f"VALUES (:id, :day, :place, NULL, 's', {', '.join(f':{name}' for name in values)})",
        {"id": number, "day": day, "place": place, **values},
    )


count = st.one_of(st.none(), st.integers(0, 60))
entry = st.fixed_dictionaries(
    {
        "place": st.sampled_from(list(PLACES)),
        "day": st.dates(date(2026, 1, 1), date(2026, 4, 30)),
        **dict.fromkeys(COUNTS, count),
    }
)


@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    entries=st.lists(entry, max_size=12),
    area=st.sampled_from([None, CITY, EAST, BAMBOO, PARK]),
    since=st.one_of(st.none(), st.just(date(2026, 2, 10))),
)
def test_the_funnel_is_the_sum_of_the_entries_of_the_area_and_all_in_it(
    city: Writer, settings: Settings, entries: list[dict], area: int | None, since: date | None
) -> None:
    with city.connection.begin_nested() as savepoint:
        for number, one in enumerate(entries, start=1):
            enter(city, number, one["day"], one["place"], **{name: one[name] for name in COUNTS})
        answer = funnel(city, settings, area_id=area, since=since)
        savepoint.rollback()
    frame = pd.DataFrame(entries, columns=["place", "day", *COUNTS])
    frame = frame[frame["day"] >= (since or date(2026, 1, 1))]
    within = [area is None or area in PLACES[place] for place in frame["place"]]
    inside = frame[pd.Series(within, index=frame.index, dtype=bool)]
    told = answer.whole if area is None else answer.area.funnel  # type: ignore[union-attr]
    assert told.entries == len(inside)
    for name in COUNTS:
        stated = inside[name].dropna()
        assert told.counts[name].entries == len(stated)
        assert told.counts[name].value == (stated.sum() if len(stated) else None)
    for name, (part, whole) in CONVERSIONS.items():
        both = inside[[part, whole]].dropna()
        share = told.conversions[name]
        assert (share.numerator, share.denominator) == (both[part].sum(), both[whole].sum())
        if share.denominator:
            assert share.value == pytest.approx(both[part].sum() / both[whole].sum())
        else:
            assert share.value is None
        missing = 1 - len(both) / len(inside) if len(inside) else None
        assert share.missing_share == (None if missing is None else pytest.approx(missing))
    # The areas listed and what is elsewhere are everything.
    listed = sum(one.funnel.entries for one in answer.areas)
    assert listed + answer.elsewhere.entries == told.entries
    assert sum(month.entries for month in answer.months.values()) == told.entries
    assert answer.unplaced == (frame["place"] == "别处街道").sum()


def test_an_area_lists_the_divisions_below_it(city: Writer, settings: Settings) -> None:
    enter(city, 1, date(2026, 3, 1), "翠竹街道", without_union=8, agreed=3)
    enter(city, 2, date(2026, 3, 1), "云栖产业园", without_union=10, agreed=5)
    enter(city, 3, date(2026, 3, 8), "东区", enterprise_talks=1)
    answer = funnel(city, settings, area_id=EAST)
    assert answer.listed_kind == "subdistrict"
    (bamboo,) = answer.areas
    assert bamboo.id == BAMBOO
    assert bamboo.funnel.conversions["agreed"].value == pytest.approx(8 / 18)
    assert answer.elsewhere.entries == 1
    assert funnel(city, settings).listed_kind == "district"
    assert [one.id for one in funnel(city, settings, kind="industrial_park").areas] == [PARK]
    assert funnel(city, settings, area_id=PARK).listed_kind is None


def test_areas_are_given_page_by_page(city: Writer, settings: Settings) -> None:
    enter(city, 1, date(2026, 3, 1), "翠竹街道", agreed=1)
    enter(city, 2, date(2026, 3, 1), "西湖街道", agreed=1)
    first = funnel(city, settings, limit=1)
    assert ([one.id for one in first.areas], first.more) == ([EAST], True)
    second = funnel(city, settings, limit=1, after=EAST)
    assert ([one.id for one in second.areas], second.more) == ([WEST], False)


def test_an_empty_ledger_counts_nothing_and_not_0_per_cent(
    city: Writer, settings: Settings
) -> None:
    answer = funnel(city, settings, area_id=EAST)
    assert answer.area is not None
    assert answer.area.funnel.talks.value is None
    assert answer.area.funnel.conversions["agreed"].value is None
    assert (answer.areas, answer.months) == ([], {})


def test_more_founded_than_agreed_is_told_without_an_interval(
    city: Writer, settings: Settings
) -> None:
    enter(city, 1, date(2026, 3, 1), "东区", agreed=2, founded=3)
    share = funnel(city, settings).whole.conversions["founded_of_agreed"]
    assert (share.value, share.low, share.high) == (1.5, None, None)


def test_without_areas_the_whole_ledger_still_counts(writer: Writer, settings: Settings) -> None:
    enter(writer, 1, date(2026, 3, 1), "东区", agreed=2)
    answer = funnel(writer, settings)
    assert answer.whole.counts["agreed"].value == 2
    assert (answer.unplaced, answer.unplaced_names) == (1, {"东区": 1})
    with pytest.raises(NotFound):
        funnel(writer, settings, area_id=EAST)


def test_what_makes_no_sense_is_refused(city: Writer, settings: Settings) -> None:
    with pytest.raises(Invalid) as days:
        funnel(city, settings, since=date(2026, 3, 2), until=date(2026, 3, 1))
    assert days.value.field == "from"
    with pytest.raises(Invalid) as kind:
        funnel(city, settings, kind="street")
    assert kind.value.field == "kind"
    with pytest.raises(NotFound):
        funnel(city, settings, area_id=999)
