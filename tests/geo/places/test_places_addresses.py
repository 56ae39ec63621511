"""Addresses: an area before a street, whatever note stands behind its name, and house numbers."""

import numpy as np
import pyarrow as pa
import pytest

from geo.places.addresses import house_number
from geo.places.index import build
from geo.places.matching import Query
from geo.places.search import find
from geo.places.table import AREA, STREET, Parts, put_together

LON, LAT = 101.0, 40.2


@pytest.mark.parametrize(
    ("typed", "number"),
    [("人民路12号", 12), ("人民路１２号", 12), ("renminlu 7", 7), ("人民路", None), ("12号", None),
     ("人民路" + "9" * 60, 999999), ("人民路①号", 1)],
)  # fmt: skip
def test_house_numbers_are_read(typed, number):
    house = house_number(Query.of(typed))
    assert (house and house[1]) == number


def noted():
    """Two districts and a subdistrict whose names end in a note, each with a street of one name."""
    areas = Parts(
        AREA, np.arange(3),
        pa.array(["白鹭区（演示数据）", "云杉区 (演示数据)", "竹汀街道（演示数据）"]),
        LON + np.arange(3), np.full(3, LAT), type=pa.array(["district", "district", "subdistrict"]),
    )  # fmt: skip
    streets = Parts(
        STREET, np.arange(10, 14), pa.array(["柳坪街（演示数据）"] * 3 + ["梅峦路（演示数据）"]),
        LON + np.arange(4), np.full(4, LAT),
    )  # fmt: skip
    district = np.array([-1, -1, 0, 0, 1, 0, 1], dtype=np.int32)
    subdistrict = np.array([-1, -1, -1, -1, -1, 2, -1], dtype=np.int32)
    return build(put_together([areas, streets], district, subdistrict))


@pytest.mark.parametrize(
    ("typed", "ids"),
    [
        ("白鹭区柳坪街", {10, 12}),
        ("云杉区柳坪街", {11}),
        ("竹汀街道柳坪街", {12}),
        ("白鹭区竹汀街道柳坪街", {12}),
        ("云杉区（演示数据）柳坪街", {11}),
        ("云杉区梅峦路81号", {13}),
        ("yunshanqu liupingjie", {11}),
    ],
)
def test_a_note_behind_the_name_of_an_area_need_not_be_typed(typed, ids):
    assert {one.id for one in find(noted(), typed)[: len(ids)]} == ids


def only_notes():
    names = pa.array(["（演示）", "(a)b"])
    none = np.full(2, -1, dtype=np.int32)
    return build(
        put_together(
            [Parts(AREA, np.arange(2), names, LON + np.arange(2), np.full(2, LAT))], none, none
        )
    )


def test_what_ends_in_a_note_is_found_without_it_like_any_other():
    assert find(noted(), "白鹭区")[0].score == find(noted(), "白鹭区（演示数据）")[0].score
    assert [one.name for one in find(only_notes(), "演示")] == ["（演示）"]
