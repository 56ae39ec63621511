"""Units read as arrays are what stands in the rows, and what is not stated is not 0."""

import numpy as np
import pytest
import rows
import union_town

from geo.enterprises.classes import BUSINESS, INDUSTRIES, UNIT_CLASSES, industry_of, unit_class_of
from geo.enterprises.units import COUNTS, STATE, fetch_units, listed


@pytest.fixture
def edition(writer):
    """Forty units in no order, some of whose industries look like numbers."""
    number = rows.edition(writer, "enterprises", as_of=union_town.AS_OF)
    units = [union_town.unit(one) for one in range(1, 41)]
    for one, text in zip(units, ("06", "26", "", None, "C"), strict=False):
        one["industry"] = text
    units[3]["members"], units[3]["employees"] = 0, 0
    union_town.put_enterprises(writer, number, units[::-3] + units[::-1][1::3] + units[::-1][2::3])
    return number


def test_every_column_is_what_the_row_says(writer, edition):
    units = fetch_units(writer, edition)
    told = writer.all(
        "SELECT *, ST_X(location) AS lon, ST_Y(location) AS lat FROM enterprise "
        "WHERE edition_id = :e ORDER BY id",
        e=edition,
    )
    assert units.ids.tolist() == [row.id for row in told] == list(range(1, 41))
    for name in ("lon", "lat", *COUNTS):
        stated = [np.nan if getattr(row, name) is None else getattr(row, name) for row in told]
        np.testing.assert_array_equal(getattr(units, name), np.array(stated, dtype=float))
    assert units.members[3] == 0, "stated as none, which is not unstated"
    assert units.state.tolist() == [STATE[row.union_state] for row in told]
    assert units.business.tolist() == [BUSINESS[row.business_state or "unstated"] for row in told]
    assert units.industry.tolist() == [industry_of(row.industry or "") for row in told]
    assert units.unit_class.tolist() == [unit_class_of(row.unit_class or "") for row in told]
    assert INDUSTRIES[units.industry[0]] == "B", "06 is coal mining, not 6"
    assert UNIT_CLASSES[units.unit_class[0]] == "unstated"
    by_address: dict[str | None, set[int]] = {}
    for key, row in zip(units.address_key.tolist(), told, strict=True):
        by_address.setdefault(row.address, set()).add(key)
    assert all(len(keys) == 1 for keys in by_address.values())
    assert by_address.pop(None) == {0}
    assert len(set.union(*by_address.values())) == len(by_address)
    joint = {row.union_name for row in told if row.union_state == "joint"}
    assert len(set(units.union_key[units.state == STATE["joint"]].tolist())) == len(joint)
    assert (units.union_key[units.state == STATE["none"]] == 0).all()


def test_a_few_are_read_by_their_ids(writer, edition):
    units = fetch_units(writer, edition, [40, 3, 999])
    everyone = fetch_units(writer, edition)
    assert units.ids.tolist() == [3, 40]
    for name in vars(units):
        np.testing.assert_array_equal(getattr(units, name), getattr(everyone, name)[[2, 39]])
    assert len(fetch_units(writer, edition, [])) == 0
    assert listed([]) == "(NULL)"


def test_an_edition_without_units_has_none(writer):
    edition = rows.edition(writer, "enterprises", state="draft")
    units = fetch_units(writer, edition)
    assert {len(column) for column in vars(units).values()} == {0}


def test_binary_rows_of_another_type_are_refused(writer):
    assert [column.tolist() for column in writer.copy_out_fixed(
        "SELECT n::bigint, (n * 1.5)::float8, n::int, n::smallint FROM generate_series(1, 3) n",
        ["i8", "f8", "i4", "i2"],
    )] == [[1, 2, 3], [1.5, 3.0, 4.5], [1, 2, 3], [1, 2, 3]]  # fmt: skip
    for query in ("SELECT n FROM generate_series(1, 3) n", "SELECT NULL::bigint",
                  "SELECT 1::smallint, 2::int"):  # fmt: skip
        with pytest.raises(TypeError):
            writer.copy_out_integers(query, 1)
