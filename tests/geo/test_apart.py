"""Units set apart: mass registrations, dormant and closed ones."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rows import plain_units

from geo.enterprises.apart import APART, CLOSED, COUNTED, DORMANT, MASS, set_apart
from geo.enterprises.classes import BUSINESS
from geo.imports.options import ImportOptions
from geo.imports.run import import_file
from geo.sample import write_city


def crowd(employees: list[float | None], **columns) -> np.ndarray:
    """What becomes of units that all stand at one address."""
    count = len(employees)
    given = {"address_key": np.full(count, 7), "employees": np.array(employees, dtype=float)}
    return set_apart(plain_units(count, **(given | columns)))


def test_fifty_of_hardly_anyone_at_one_address_are_a_mass_registration() -> None:
    assert (crowd([2.0] * 50) == MASS).all()
    assert (crowd([2.0] * 49) == COUNTED).all()
    assert (crowd([2.0] * 26 + [40.0] * 25) == MASS).all(), "the median counts"
    assert (crowd([2.0] * 25 + [40.0] * 26) == COUNTED).all()


def test_an_address_that_states_no_head_count_is_not_set_apart() -> None:
    assert (crowd([np.nan] * 5000) == COUNTED).all(), "not stated is not 0"
    assert (crowd([np.nan] * 60 + [1.0]) == MASS).all()


def test_without_an_address_the_exact_place_stands_for_it() -> None:
    place = {"address_key": np.zeros(60, dtype=np.int64), "lat": np.full(60, 40.0)}
    assert (crowd([1.0] * 60, lon=np.full(60, 101.0), **place) == MASS).all()
    assert (crowd([1.0] * 60, lon=101 + np.arange(60) / 1e7, **place) == COUNTED).all()
    nowhere = {"lon": np.full(60, np.nan), "lat": np.full(60, np.nan)}
    assert (crowd([1.0] * 60, **(place | nowhere)) == COUNTED).all()


def test_what_the_register_says_goes_before_what_the_address_says() -> None:
    business = np.full(60, BUSINESS["operating"], dtype=np.int8)
    business[0], business[1] = BUSINESS["closed"], BUSINESS["dormant"]
    found = crowd([1.0] * 60, business=business)
    assert found[:3].tolist() == [CLOSED, DORMANT, MASS]
    assert APART[CLOSED] == "closed"


def test_where_regions_differ_at_one_address_the_strictest_holds() -> None:
    units = plain_units(60, address_key=np.full(60, 7), employees=np.full(60, 2.0))
    least = np.where(np.arange(60) < 30, 40, 61)
    assert (set_apart(units, mass_units=least) == COUNTED).all()
    assert (set_apart(units, mass_units=np.minimum(least, 60)) == MASS).all()
    most = np.where(np.arange(60) < 30, 1.0, 5.0)
    assert (set_apart(units, mass_employees=most) == COUNTED).all()


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 2), st.none() | st.integers(0, 5)),
        max_size=60,
    )
)
def test_the_rule_is_what_pandas_says(rows) -> None:
    frame = pd.DataFrame(rows, columns=["key", "lon", "employees"])
    frame["employees"] = frame["employees"].astype(float)
    units = plain_units(
        len(frame),
        address_key=frame["key"].to_numpy(dtype=np.int64),
        lon=frame["lon"].to_numpy(dtype=float),
        lat=np.zeros(len(frame)),
        employees=frame["employees"].to_numpy(),
    )
    address = np.where(frame["key"] > 0, "k" + frame["key"].astype(str),
                       "p" + frame["lon"].astype(str))  # fmt: skip
    by = frame.groupby(address)["employees"]
    expected = (by.transform("size") >= 6) & (by.transform("median") <= 2)
    assert (set_apart(units, mass_units=6) == MASS).tolist() == expected.tolist()


@pytest.fixture
def city(database, actor, tmp_path):
    from geo.settings import Settings

    of = Settings(state=tmp_path)
    made = write_city(tmp_path / "city", "small")
    options = ImportOptions(crs="wgs84", commit=True)
    import_file(database, actor, of, "areas", made.areas, options)
    import_file(database, actor, of, "enterprises", made.enterprises, options)
    return made


def test_the_mass_registrations_of_the_demo_city_are_all_found_and_no_other(
    city, database, actor
) -> None:
    planted = {
        code
        for shell in json.loads(city.truth.read_text("utf-8"))["shells"]
        for code in shell["enterprises"]
    }
    with database.read(actor) as reader:
        rows = reader.all(
            "SELECT e.uscc, e.business_state, s.apart FROM enterprise e LEFT JOIN set_apart s "
            "ON s.enterprise_id = e.id JOIN edition d ON d.id = e.edition_id AND d.state = 'active'"
        )
        whole = reader.first("SELECT * FROM area_figures WHERE area_id = 0")
    found = {row.uscc for row in rows if row.apart == MASS}
    precision = len(found & planted) / len(found)
    recall = len(found & planted) / len(planted)
    assert (precision, recall) == (1.0, 1.0)
    dormant = [row for row in rows if row.business_state == "dormant"]
    closed = [row for row in rows if row.business_state == "closed"]
    assert len(dormant) > 10
    assert len(closed) > 10
    assert {row.apart for row in dormant} == {DORMANT}
    assert {row.apart for row in closed} == {CLOSED}
    assert whole.units_mass_registration == len(planted)
    assert whole.units_dormant == len(dormant)
    assert whole.units_closed == len(closed)
    apart = len(planted) + len(dormant) + len(closed)
    assert whole.units == len(rows) - apart
