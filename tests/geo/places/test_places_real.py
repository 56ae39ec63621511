"""Real names: 41 stations of Zhengzhou and 36,753 places of Shanghai."""

import csv
import re

import numpy as np
import pyarrow as pa
import pytest
from pypinyin import lazy_pinyin

from geo.places.folding import fold
from geo.places.index import build
from geo.places.search import find
from geo.places.table import STATION, Parts, put_together

FIRST = 5
ASKED = 150
SEED = 3


def read(path, **columns):
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: [row[column] for row in rows] for name, column in columns.items()}


def index_of(name, address, lon, lat):
    count = len(name)
    none = np.full(count, -1, dtype=np.int32)
    parts = Parts(
        STATION,
        np.arange(count),
        pa.array(name),
        np.array(lon, dtype=np.float64),
        np.array(lat, dtype=np.float64),
        address=pa.array([one if one and one != "[]" else None for one in address]),
    )
    return build(put_together([parts], none, none))


@pytest.fixture(scope="module")
def zhengzhou(shared_data):
    columns = read(
        shared_data / "stations" / "zhengzhou_gcj02.csv",
        name="名称", address="地址", lon="经度", lat="纬度",
    )  # fmt: skip
    return columns["name"], columns["address"], index_of(**columns)


@pytest.fixture(scope="module")
def shanghai(shared_data):
    columns = read(
        shared_data / "places" / "shanghai_places_wgs84.csv",
        name="name", address="address", lon="lon", lat="lat",
    )  # fmt: skip
    return columns["name"], index_of(**columns)


def test_every_station_of_zhengzhou_is_found_by_name_pinyin_and_address(zhengzhou):
    names, addresses, index = zhengzhou
    for name, address in zip(names, addresses, strict=True):
        pinyin = "".join(lazy_pinyin(fold([name]).text(0)))
        assert find(index, name)[0].name == name
        assert name in [one.name for one in find(index, pinyin, limit=FIRST)]
        assert name in [one.name for one in find(index, address, limit=20)]


def test_stations_of_zhengzhou_are_found_by_what_is_in_brackets(zhengzhou):
    names, _, index = zhengzhou
    inner = {one: re.findall(r"[（(](.+?)[）)]", one) for one in names}
    for name, parts in inner.items():
        for part in parts:
            holding = sum(part in other for other in names)
            assert name in [one.name for one in find(index, part, limit=20)][:holding]


def slip(word, rng, letters):
    at = int(rng.integers(len(word) - 1))
    other = letters[rng.integers(len(letters))]
    return (
        word[:at] + word[at + 1 :],
        word[:at] + other + word[at:],
        word[:at] + other + word[at + 1 :],
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
    )[rng.integers(4)]


def pinyin(name):
    return "".join(lazy_pinyin(name))


def initials(name):
    return "".join(one[0] for one in lazy_pinyin(name))


@pytest.mark.parametrize(
    ("turn", "least"),
    [
        (lambda name, rng: name, 100),
        (lambda name, rng: pinyin(name), 100),
        (lambda name, rng: name[:2] + pinyin(name[2:]), 100),
        (lambda name, rng: initials(name), 95),
        (lambda name, rng: slip(pinyin(name), rng, "abcdefghijklmnopqrstuvwxyz"), 98),
        (lambda name, rng: slip(slip(pinyin(name), rng, "aeiough"), rng, "aeiough"), 97),
        (lambda name, rng: slip(name, rng, "人民路中大小上下"), 95),
    ],
    ids=["whole", "pinyin", "mixed", "initials", "slip", "two slips", "slip in characters"],
)
def test_places_of_shanghai_are_among_the_first_five(shanghai, turn, least):
    names, index = shanghai
    rng = np.random.default_rng(SEED)
    known = sorted({name for name in names if re.fullmatch("[\u4e00-\u9fff]{4,14}", name)})
    asked = [known[at] for at in rng.choice(len(known), ASKED, replace=False)]
    typed = [turn(name, rng) for name in asked]
    missed = [
        (name, one)
        for name, one in zip(asked, typed, strict=True)
        if name not in [place.name for place in find(index, one, limit=FIRST)]
    ]
    assert 100 * (1 - len(missed) / ASKED) >= least, missed
