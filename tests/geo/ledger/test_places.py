"""Which area an entry of the ledger means."""

import numpy as np
import pytest

from geo.ledger.places import Places

AREAS = [
    # id, kind, name, code, parent
    (1, "prefecture", "演示市（演示数据）", "9901", None),
    (2, "district", "东区（演示数据）", "990101", 1),
    (3, "district", "西区", "990102", 1),
    (4, "subdistrict", "翠竹街道（演示数据）", "990101001", 2),
    (5, "subdistrict", "中山街道", "990101002", 2),
    (6, "subdistrict", "中山街道", "990102001", 3),
    (7, "community", "翠竹社区", "990101001001", 4),
    (8, "industrial_park", "云栖产业园", None, 5),
    (9, "subdistrict", "海棠镇", "990102002", 3),
    (10, "district", "海棠", "990103", 1),
    (11, "subdistrict", None, "990102003", 3),
    (12, "subdistrict", "滨江街道", "990102004", 3),
    (13, "district", "滨江区", "990104", 1),
]


@pytest.fixture
def places() -> Places:
    ids = [row[0] for row in AREAS]
    parents = [ids.index(row[4]) if row[4] else -1 for row in AREAS]
    return Places(
        ids=ids,
        kinds=[row[1] for row in AREAS],
        names=[row[2] for row in AREAS],
        codes=[row[3] for row in AREAS],
        parents=np.array(parents),
    )


@pytest.mark.parametrize(
    ("written", "code", "meant"),
    [
        ("翠竹街道", None, 4),
        (" 翠竹 街道　", None, 4),
        ("东区翠竹街道", None, 4),
        ("演示市东区翠竹街道", None, 4),
        ("演示市翠竹街道", None, 4),
        ("翠竹街道（含园区）", None, 4),
        ("东区", None, 2),
        ("云栖产业园", None, 8),
        ("云栖", None, 8),
        ("中山街道", None, None),
        ("西区中山街道", None, 6),
        ("东区中山", None, 5),
        ("翠竹", None, None),  # the subdistrict or the community
        ("海棠", None, 10),
        ("滨江", None, None),
        ("别处街道", None, None),
        ("别处街道", "990101001", 4),
        ("翠竹街道", "000000", 4),
        ("翠竹街道", "990102001", 6),
        ("", None, None),
        (None, "990102003", 11),
    ],
)
def test_a_place_is_known_by_code_or_name_and_never_guessed(
    places: Places, written: str | None, code: str | None, meant: int | None
) -> None:
    found = places.find(written, code)
    assert (None if found is None else places.ids[found]) == meant


def test_a_place_knows_what_holds_it(places: Places) -> None:
    assert [places.ids[at] for at in places.chain(places.position(7) or 0)] == [7, 4, 2, 1]
    assert places.position(99) is None


def test_areas_that_name_each_other_as_parents_end_somewhere() -> None:
    ring = Places([1, 2], ["district", "subdistrict"], ["甲区", "乙镇"], [None, None],
                  np.array([1, 0]))  # fmt: skip
    assert ring.find("甲区乙镇") is not None
    assert len(ring.chain(0)) <= 10


def test_without_areas_nothing_is_known() -> None:
    assert Places([], [], [], [], np.empty(0, dtype=np.int64)).find("翠竹街道", "1") is None
