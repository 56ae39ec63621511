"""Identities that never change."""

import json
import math

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import InvalidFile
from geo.files.identity import content_hash, stable_ids

MASK = (1 << 64) - 1


def by_hand(*cells):
    """The method as its docstring has it, in plain Python."""
    state = 0xCBF29CE484222325
    for cell in cells:
        octets = b"\xff" if cell is None else cell.encode()
        for octet in octets + b"\xfe":
            state = ((state ^ octet) * 0x100000001B3) & MASK
    state ^= state >> 33
    state = (state * 0xFF51AFD7ED558CCD) & MASK
    state ^= state >> 33
    state = (state * 0xC4CEB9FE1A85EC53) & MASK
    state ^= state >> 33
    return state >> 11


CELL = st.one_of(st.none(), st.text(st.characters(exclude_categories=("Cs",)), max_size=20))


@settings(deadline=None)
@given(st.lists(st.tuples(CELL, CELL), min_size=1))
def test_the_numbers_are_those_of_the_method(rows):
    first, second = zip(*rows, strict=True)
    found = stable_ids(pa.array(first, pa.string()), pa.array(second, pa.string()))
    assert found.dtype == np.int64
    assert found.tolist() == [by_hand(*row) for row in rows]


def test_the_numbers_are_the_same_for_ever():
    # Golden values: identities in stored editions depend on them.
    assert stable_ids(np.array(["a", "驿站", ""])).tolist() == [
        1816670496409990,
        7919166094794377,
        by_hand(""),
    ]
    assert stable_ids(pa.array(["云杉"]), pa.array([None], pa.string())).tolist() == [
        by_hand("云杉", None)
    ]


@settings(deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=("Cs",))), unique=True, max_size=200))
def test_different_keys_have_different_numbers_that_json_keeps(keys):
    found = stable_ids(pd.Series(keys, dtype=pd.StringDtype("pyarrow")))
    assert len(set(found.tolist())) == len(keys)
    assert all(0 <= number < 2**53 for number in found.tolist())
    assert json.loads(json.dumps(found.tolist())) == [int(float(n)) for n in found.tolist()]


def test_columns_do_not_run_into_each_other_and_missing_is_not_empty():
    rows = [("ab", ""), ("a", "b"), ("", "ab"), (None, "ab"), ("ab", None), (None, None), ("", "")]
    first, second = zip(*rows, strict=True)
    found = stable_ids(pa.array(first, pa.string()), pa.array(second, pa.string()))
    assert len(set(found.tolist())) == len(rows)


def test_it_does_not_matter_how_a_column_is_held():
    cells = ["云杉", None, "石榴"]
    held = [
        pd.Series(cells, dtype=pd.StringDtype("pyarrow")),
        pd.Series(cells, dtype=object),
        np.array(cells, dtype=object),
        pa.array(["x", *cells])[1:],
        pa.chunked_array([["云杉"], [None, "石榴"]]),
        cells,
    ]
    found = [stable_ids(column).tolist() for column in held]
    assert all(numbers == found[0] for numbers in found)


def test_coordinates_count_to_the_seventh_decimal():
    here, near, far = 113.5, 113.5 + 1e-9, 113.5 + 1e-6
    found = stable_ids(np.array([here, near, far, math.nan])).tolist()
    assert found[0] == found[1] != found[2]
    assert found[3] == by_hand(None)
    assert stable_ids(np.array([7])).tolist() == [by_hand("7")]


def test_columns_of_different_length_are_a_mistake():
    with pytest.raises(ValueError, match="length"):
        stable_ids(["a"], ["a", "b"])


def test_no_rows_have_no_numbers():
    assert stable_ids(pa.array([], pa.string())).tolist() == []


def test_the_same_bytes_and_options_have_the_same_hash(tmp_path):
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_bytes(b"x,y\n1,2\n")
    second.write_bytes(b"x,y\n1,2\n")
    hashed = content_hash([first], {"crs": "wgs84", "map": {"a": 1}})
    assert hashed == content_hash([second], {"map": {"a": 1}, "crs": "wgs84"})
    assert hashed != content_hash([second], {"crs": "gcj02", "map": {"a": 1}})
    assert len(hashed) == 64
    second.write_bytes(b"x,y\n1,3\n")
    assert hashed != content_hash([second], {"crs": "wgs84", "map": {"a": 1}})


def test_the_parts_of_a_shapefile_count(tmp_path):
    path = tmp_path / "f.shp"
    for suffix in (".shp", ".dbf", ".shx"):
        path.with_suffix(suffix).write_bytes(b"1")
    before = content_hash([path], {})
    path.with_suffix(".dbf").write_bytes(b"2")
    assert content_hash([path], {}) != before


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(InvalidFile):
        content_hash([tmp_path / "none"], {})
