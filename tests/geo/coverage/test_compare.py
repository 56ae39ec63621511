"""Two editions compared over the areas in force: counted once, read afterwards, told apart."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
import rows
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from geo import editions, partitions
from geo.coverage import pairs, past
from geo.coverage.compare import compare, decompose
from geo.coverage.definitions import Parts
from geo.database import Actor, Database, Writer
from geo.errors import Busy, Conflict, Invalid, NotFound
from geo.settings import Settings

LAST_YEAR, NOW = date(2025, 12, 31), date(2026, 6, 30)
EAST, WEST, DISTRICT = 120, 110, 100
Unit = tuple[int, str, int | None, int | None, float | None]
"""Identity, union state, employees, members, longitude."""


def units(writer: Writer, edition: int, stated: Sequence[Unit], **more: str) -> None:
    child = partitions.create(writer, "enterprise", edition)
    for number, state, employees, members, lon in stated:
        writer.execute(
            f"INSERT INTO {child} (id, name, location, employees, members, union_state, located_by,"
            " union_name, business_state) VALUES (:id, 'x', ST_Point(CAST(:lon AS float8), 34.75, "
            "4326), :employees, :members, :state, 'coordinates', :union, :business)",
            {
                "id": number,
                "lon": lon,
                "employees": employees,
                "members": members,
                "state": state,
                "union": f"工会{number}"
                if state == "own"
                else "联合"
                if state == "joint"
                else None,
                "business": more.get(f"business_{number}"),
            },
        )
    partitions.attach(writer, "enterprise", edition)


def in_west(number: int, state: str = "none", members: int | None = None) -> Unit:
    return number, state, 40, members, 113.65


def in_east(number: int, state: str = "none", members: int | None = None) -> Unit:
    return number, state, 40, members, 113.75


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path, database_url=None)


@pytest.fixture
def areas(writer: Writer) -> int:
    """Two subdistricts side by side in a district, the only areas in force."""
    edition = rows.edition(writer, "areas")
    rows.area(
        writer, edition, DISTRICT, rows.square(113.6, 34.7, 0.2), kind="district", code="4101"
    )
    rows.area(writer, edition, WEST, rows.square(113.6, 34.7), code="410101", parent_id=DISTRICT)
    rows.area(writer, edition, EAST, rows.square(113.7, 34.7), code="410102", parent_id=DISTRICT)
    return edition


def two(
    writer: Writer, before: Sequence[Unit], after: Sequence[Unit], **more: str
) -> tuple[int, int]:
    first = rows.edition(writer, "enterprises", state="retired", as_of=LAST_YEAR)
    second = rows.edition(writer, "enterprises", as_of=NOW)
    units(writer, first, before)
    units(writer, second, after, **more)
    return first, second


def counted(writer: Writer, settings: Settings, first: int, second: int) -> pairs.Pair:
    pair = pairs.find_pair(writer, first, second)
    pairs._count(writer, pair, pairs.read_targets(settings), pairs.SILENT)
    return pair


@pytest.mark.usefixtures("areas")
def test_a_unit_that_moved_is_neither_founded_nor_closed(
    writer: Writer, settings: Settings
) -> None:
    ids = two(writer, [in_west(1, "own", 30), in_east(2)], [in_east(1, "own", 36), in_east(2)])
    answer = compare(writer, counted(writer, settings, *ids), settings)
    west, east = answer.areas
    assert (west.counts["moved_out"], west.counts.get("closed", 0)) == (1, 0)
    assert west.counts["members_moved_out"] == 30
    assert (east.counts["moved_in"], east.counts.get("appeared", 0)) == (1, 0)
    assert east.counts["members_moved_in"] == 36
    assert "newly_own" not in east.counts
    # Within the district it has not moved at all, and won six members.
    of_district = compare(writer, counted(writer, settings, *ids), settings, kind="district")
    district = of_district.areas[0].counts
    assert (district["in_both"], district["members_real"]) == (2, 6)
    assert "moved_out" not in district


@pytest.mark.usefixtures("areas")
def test_what_closed_what_left_the_list_and_what_is_new_are_told_apart(
    writer: Writer, settings: Settings
) -> None:
    ids = two(
        writer,
        [in_west(1, "own", 10), in_west(2, "own", 20), in_west(3), in_west(4)],
        [in_west(1, "own", 10), in_west(3, "own", 15), in_west(5, "joint", 7)],
        business_1="closed",
    )
    west = compare(writer, counted(writer, settings, *ids), settings, area_id=WEST).areas[0]
    told = {name: west.counts.get(name, 0) for name in ("closed", "unlisted", "appeared")}
    assert told == {"closed": 1, "unlisted": 2, "appeared": 1}
    assert west.counts["set_apart_after"] == 1
    assert (west.counts["newly_own"], west.counts["covered_appeared"]) == (1, 1)
    assert west.counts["unions_founded"] == 2
    assert west.counts["unions_ended"] == 1  # the closed unit's union is still in the list
    rate = west.rates["establishment"]
    assert (rate.before.numerator, rate.before.denominator) == (2, 4)
    assert (rate.after.numerator, rate.after.denominator) == (2, 2)
    assert rate.change == 0.5
    # Of the units in both, one more of one: weight (1/4 + 1/2) / 2.
    assert rate.real == pytest.approx(0.375)
    assert rate.composition == pytest.approx(0.125)


def test_a_pair_is_counted_once_and_read_afterwards(
    database: Database, actor: Actor, settings: Settings
) -> None:
    with database.write(actor) as writer:
        edition = rows.edition(writer, "areas")
        rows.area(writer, edition, WEST, rows.square(113.6, 34.7))
        first, second = two(writer, [in_west(1)], [in_west(1, "own", 9)])
        pair = pairs.find_pair(writer, first, second)
    assert pairs.ensure_counted(database, actor, pair, settings) is True
    assert pairs.ensure_counted(database, actor, pair, settings) is False
    # With another threshold the units of 25 and more are others: counted anew.
    file = settings.state / "targets.toml"
    file.write_text(
        '[[region]]\ncode = ""\n[region.thresholds]\n'
        'obliged_employees = { value = 50, en = "test" }\n',
        "utf-8",
    )
    other = Settings(state=settings.state, database_url=None, targets=file)
    assert pairs.ensure_counted(database, actor, pair, other) is True
    with database.read(actor) as reader:
        answer = compare(reader, pair, other)
        assert answer.areas[0].counts["newly_own"] == 1
        assert answer.areas[0].rates["establishment_25"].after.value is None
        assert "50" in answer.areas[0].rates["establishment_25"].scope


def test_two_that_ask_at_once_do_not_count_twice(
    database: Database, actor: Actor, settings: Settings
) -> None:
    with database.write(actor) as writer:
        edition = rows.edition(writer, "areas")
        rows.area(writer, edition, WEST, rows.square(113.6, 34.7))
        pair = pairs.find_pair(writer, *two(writer, [in_west(1)], [in_west(1, "own", 9)]))
    with database.write(actor) as busy:
        past.take(busy, pairs.SILENT, wait=True)
        with pytest.raises(Busy):
            pairs.ensure_counted(database, actor, pair, settings, wait=False)
    assert pairs.ensure_counted(database, actor, pair, settings, wait=False) is True


@pytest.mark.usefixtures("areas")
def test_without_names_the_edition_in_force_is_compared_with_the_one_before(
    writer: Writer,
) -> None:
    first, second = two(writer, [in_west(1)], [in_west(1)])
    pair = pairs.find_pair(writer)
    assert (pair.before.id, pair.after.id) == (first, second)


@pytest.mark.usefixtures("areas")
def test_a_first_edition_has_nothing_to_be_compared_with(writer: Writer) -> None:
    rows.edition(writer, "enterprises", as_of=NOW)
    with pytest.raises(NotFound, match="before 2026-06-30") as refused:
        pairs.find_pair(writer)
    assert "nuanyi editions retire" in str(refused.value.remedy)


@pytest.mark.usefixtures("areas")
def test_what_cannot_be_compared_says_why(writer: Writer) -> None:
    first, second = two(writer, [in_west(1)], [in_west(1)])
    draft = rows.edition(writer, "enterprises", state="draft")
    gone = rows.edition(writer, "enterprises", state="discarded")
    stations = rows.edition(writer, "stations")
    for asked, error, field in (
        ((second, second), Invalid, "from"),
        ((stations, second), Invalid, "from"),
        ((first, stations), Invalid, "to"),
        ((10**6, second), NotFound, None),
        ((draft, second), Conflict, "from"),
        ((first, gone), Conflict, "to"),
    ):
        with pytest.raises(error) as refused:
            pairs.find_pair(writer, *asked)
        assert refused.value.field == field
        assert refused.value.remedy


def test_without_areas_there_is_nothing_to_compare_over(writer: Writer) -> None:
    first, second = two(writer, [in_west(1)], [in_west(1)])
    with pytest.raises(NotFound, match="No edition of areas is active"):
        pairs.find_pair(writer, first, second)


@pytest.mark.usefixtures("areas")
@pytest.mark.parametrize(
    ("before", "after"),
    [([], []), ([], [in_west(1, "own", 3)]), ([in_west(1, "own", 3)], []), ([in_west(1)],) * 2],
    ids=["nothing", "first list", "empty list", "one unit"],
)
def test_the_smallest_editions_compare(
    writer: Writer, settings: Settings, before: list[Unit], after: list[Unit]
) -> None:
    answer = compare(
        writer, counted(writer, settings, *two(writer, before, after)), settings, kind="subdistrict"
    )
    rate = answer.areas[0].rates["establishment"]
    assert (rate.before.value is None) == (not before)
    assert rate.change is None or before
    assert any("30" in zh for zh, _ in answer.notes)


@pytest.mark.usefixtures("areas")
def test_lists_without_a_common_unit_are_said_to_be_so(writer: Writer, settings: Settings) -> None:
    first = [in_west(number, "own", 5) for number in range(1, 41)]
    second = [in_west(number, "own", 6) for number in range(101, 141)]
    answer = compare(
        writer, counted(writer, settings, *two(writer, first, second)), settings, area_id=WEST
    )
    assert any("没有同一单位" in zh for zh, _ in answer.notes)
    rate = answer.areas[0].rates["membership_all"]
    assert rate.real == 0
    assert rate.composition == rate.change
    assert rate.both_before is None


@pytest.mark.usefixtures("areas")
def test_a_comparison_that_runs_backwards_says_so(writer: Writer, settings: Settings) -> None:
    first, second = two(writer, [in_west(1)], [in_west(1, "own", 5)])
    answer = compare(writer, counted(writer, settings, second, first), settings, area_id=WEST)
    assert answer.areas[0].counts["lost_union"] == 1
    assert any("backwards" in en for _, en in answer.notes)


def test_an_area_formed_after_the_earlier_edition_says_so(
    writer: Writer, areas: int, settings: Settings
) -> None:
    rows.area(
        writer, areas, 130, rows.square(113.6, 34.7, 0.05), kind="community",
        predecessor_code="410101009", valid_from=date(2026, 3, 1),
    )  # fmt: skip
    pair = counted(writer, settings, *two(writer, [in_west(1)], [in_west(1)]))
    answer = compare(writer, pair, settings, kind="community")
    assert answer.areas[0].formed_later
    assert answer.areas[0].area.predecessor_code == "410101009"
    assert any("borders" in en for _, en in answer.notes)
    assert not compare(writer, pair, settings).areas[0].formed_later


@pytest.mark.usefixtures("areas")
def test_areas_are_given_page_by_page(writer: Writer, settings: Settings) -> None:
    pair = counted(writer, settings, *two(writer, [in_west(1)], [in_west(1)]))
    first = compare(writer, pair, settings, limit=1)
    assert ([one.area.id for one in first.areas], first.more) == ([WEST], True)
    second = compare(writer, pair, settings, limit=1, after=WEST)
    assert ([one.area.id for one in second.areas], second.more) == ([EAST], False)
    of_parent = compare(writer, pair, settings, parent_id=EAST)
    assert of_parent.areas == []
    with pytest.raises(NotFound):
        compare(writer, pair, settings, area_id=999)
    with pytest.raises(Invalid):
        compare(writer, pair, settings, kind="street")


def test_a_pair_that_was_never_counted_is_not_answered_with_zeros(
    writer: Writer, areas: int, settings: Settings
) -> None:
    assert areas
    pair = pairs.find_pair(writer, *two(writer, [in_west(1)], [in_west(1)]))
    with pytest.raises(NotFound, match="have not been compared"):
        compare(writer, pair, settings)


@pytest.fixture
def draft(writer: Writer) -> int:
    return rows.edition(writer, "enterprises", state="draft")


def test_a_draft_is_filed_as_a_past_edition_without_being_in_force(
    writer: Writer, draft: int
) -> None:
    active = rows.edition(writer, "enterprises")
    assert editions.retire(writer, draft).state == "retired"
    assert editions.active(writer, "enterprises").id == active  # type: ignore[union-attr]
    assert editions.retire(writer, draft).state == "retired"
    with pytest.raises(Conflict):
        editions.retire(writer, active)
    with pytest.raises(NotFound):
        editions.retire(writer, 10**6)
    with pytest.raises(Conflict):
        editions.retire(writer, rows.edition(writer, "enterprises", state="discarded"))


part = st.integers(0, 500)


@hypothesis_settings(max_examples=200, deadline=None)
@given(*[st.tuples(part, part) for _ in range(4)])
def test_real_change_and_composition_are_the_whole_change(
    both_before: tuple[int, int],
    both_after: tuple[int, int],
    went: tuple[int, int],
    came: tuple[int, int],
) -> None:
    def parts(*several: tuple[int, int]) -> Parts:
        return Parts(sum(n for n, _ in several), sum(n + m for n, m in several), 0, 0)

    before, after = parts(both_before, went), parts(both_after, came)
    change, real = decompose(before, after, parts(both_before), parts(both_after))
    if not before.denominator or not after.denominator:
        assert change is None
        assert real is None
        return
    assert change is not None
    assert real is not None
    rates = [n / (n + m) if n + m else None for n, m in (both_before, both_after, went, came)]
    mean = (before.numerator / before.denominator + after.numerator / after.denominator) / 2
    weights = [
        sum(both_before) / before.denominator, sum(both_after) / after.denominator
    ]  # fmt: skip
    # The other terms of Griliches and Regev, reckoned by themselves, make up the composition.
    rest = 0.0
    if rates[0] is not None and rates[1] is not None:
        rest += (weights[1] - weights[0]) * ((rates[0] + rates[1]) / 2 - mean)
    else:
        rest += weights[1] * ((rates[1] or 0) - mean) - weights[0] * ((rates[0] or 0) - mean)
    rest += (1 - weights[1]) * ((rates[3] or 0) - mean) - (1 - weights[0]) * (
        (rates[2] or 0) - mean
    )
    assert real + rest == pytest.approx(change, abs=1e-9)
