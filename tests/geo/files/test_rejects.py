"""Problems, and the reject files that are mended and given again."""

import csv
import io
import json
import re

import geopandas
import numpy as np
import pandas as pd
import pytest
import python_calamine
import shapely
from hostile import HOSTILE_NAME
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo.errors import InvalidFile
from geo.files.headers import match_headers
from geo.files.problems import Problem, Problems
from geo.files.read import read_table
from geo.files.rejects import REJECT_COLUMNS, reject_path, write_rejects
from geo.files.tables import TEXT, RawTable
from geo.files.values import integers

WORDS = {"reason_zh": "不对", "reason": "wrong", "remedy_zh": "改正", "remedy": "mend it"}


def table(format_name="csv", **more):
    frame = pd.DataFrame(
        {
            "名称": ["甲", HOSTILE_NAME, "=cmd|' /C calc'!A0"],
            "容纳人数": ["8", "十二", "-5"],
            "负责人": ["张三", "李四", "王五"],
        },
        dtype=TEXT,
    )
    return RawTable(frame, np.array([2, 3, 7]), format=format_name, **more)


def found(raw):
    problems = Problems(raw.row_numbers)
    problems.add("容纳人数", raw.frame["容纳人数"], integers(raw.frame["容纳人数"], minimum=0))
    return problems


def test_accepted_and_rejected_are_all_that_was_read():
    problems = found(table())
    assert problems.rejected_mask.tolist() == [False, True, True]
    assert (problems.accepted, problems.rejected) == (1, 2)
    assert len(problems) == 2


def test_a_problem_names_row_column_value_reason_and_remedy():
    first, second = found(table())
    assert (first.row, first.column, first.value) == (3, "容纳人数", "十二")
    assert first.reason_zh
    assert first.remedy
    assert (second.row, second.value) == (7, "-5")
    assert isinstance(first, Problem)


def test_a_row_with_two_faults_is_one_rejected_row():
    raw = table()
    problems = found(raw)
    problems.add_mask([False, True, False], "名称", raw.frame["名称"], **WORDS)
    assert problems.rejected == 2
    assert len(problems) == 3
    assert [problem.row for problem in problems] == [3, 3, 7]
    joined = problems.table().to_pydict()
    assert joined["row"] == [3, 7]
    assert joined["column"] == ["容纳人数；名称", "容纳人数"]
    assert joined["value"] == [f"十二；{HOSTILE_NAME}", "-5"]


def test_a_remark_rejects_nothing_and_comes_after_what_does():
    problems = found(table())
    problems.add_mask([True, False, False], "名称", None, **WORDS, rejects=False)
    assert problems.rejected == 2
    assert [problem.row for problem in problems.first(10)] == [3, 7, 2]
    assert [problem.row for problem in problems.first(1)] == [3]
    assert problems.first(0) == []
    assert problems.summary()[-1].rejects is False


def test_the_summary_counts_each_fault_once():
    problems = Problems(np.arange(2, 1002))
    problems.add_mask(np.arange(1000) % 2 == 0, "a", None, **WORDS)
    problems.add_mask(np.arange(1000) % 4 == 1, "a", None, **WORDS)
    (count,) = problems.summary()
    assert (count.rows, count.first_row) == (750, 2)


def test_problems_of_another_table_are_not_taken():
    with pytest.raises(ValueError, match="another table"):
        Problems([1, 2]).merge(Problems([1, 3]))
    with pytest.raises(ValueError, match="mask"):
        Problems([1, 2]).add_mask([True], "a", None, **WORDS)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.lists(st.booleans(), min_size=6, max_size=6), st.booleans()), max_size=5)
)
def test_problems_agree_with_plain_lists(blocks):
    problems = Problems(np.arange(10, 16))
    expected = []
    for number, (mask, rejects) in enumerate(blocks):
        problems.add_mask(mask, f"c{number}", None, **WORDS, rejects=rejects)
        expected += [
            (row, number, rejects) for row, held in zip(range(10, 16), mask, strict=True) if held
        ]
    expected.sort(key=lambda item: item[:2])
    assert [(p.row, int(p.column[1:]), p.rejects) for p in problems] == expected
    rejected = sorted({row for row, _, hard in expected if hard})
    assert problems.rejected == len(rejected)
    assert problems.table()["row"].to_pylist() == rejected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("stations.csv", "stations.rejects.csv"),
        ("表.xls", "表.rejects.xlsx"),
        ("a.b.ods", "a.b.rejects.xlsx"),
        ("f.geojson", "f.rejects.geojson"),
        ("f.shp", "f.rejects.gpkg"),
        ("f.zip", "f.rejects.gpkg"),
    ],
)
def test_rejects_go_beside_the_file(tmp_path, name, expected):
    assert reject_path(tmp_path / name) == tmp_path / expected


@pytest.mark.parametrize(
    ("encoding", "separator", "format_name"),
    [
        ("utf-8", ",", "csv"),
        ("utf-8-sig", ";", "csv"),
        ("gb18030", ",", "csv"),
        ("gb18030", "\t", "tsv"),
    ],
)
def test_text_rejects_come_in_the_encoding_and_separator_that_came_in(
    tmp_path, encoding, separator, format_name
):
    raw = table(format_name, encoding=encoding, separator=separator)
    path = write_rejects(tmp_path / f"r.{format_name}", raw, found(raw))
    rows = list(
        csv.reader(io.StringIO(path.read_bytes().decode(encoding), newline=""), delimiter=separator)
    )
    assert rows[0] == ["名称", "容纳人数", "负责人", *REJECT_COLUMNS]
    assert rows[1][:3] == [HOSTILE_NAME, "十二", "李四"]
    assert rows[1][3:6] == ["3", "容纳人数", "十二"]
    assert " / " in rows[1][6]
    # A formula is defused; a number that starts with a minus is a number.
    assert rows[2][0] == "'=cmd|' /C calc'!A0"
    assert rows[2][1] == "-5"
    assert list(path.parent.iterdir()) == [path]


def test_personal_columns_are_left_out_when_named(tmp_path):
    raw = table()
    path = write_rejects(tmp_path / "r.csv", raw, found(raw), without=["负责人"])
    assert "李四" not in path.read_text("utf-8")


def test_sheet_rejects_hold_no_formula(tmp_path):
    raw = table("xls")
    path = write_rejects(tmp_path / "r.xls", raw, found(raw))
    assert path == tmp_path / "r.xlsx"
    rows = python_calamine.load_workbook(path).get_sheet_by_index(0).to_python()
    assert rows[2][0] == "=cmd|' /C calc'!A0"
    assert rows[2][1] == "-5"
    import zipfile

    with zipfile.ZipFile(path) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert not re.search(r"<hyperlink", sheet)


@pytest.mark.parametrize("kind", ["csv", "xlsx", "geojson", "gpkg"])
def test_a_mended_reject_file_is_taken(tmp_path, kind):
    shapes = np.array([shapely.Point(113.5, 34.8), shapely.Point(113.6, 34.9), None])
    drawn = kind in ("geojson", "gpkg")
    raw = table(kind, encoding="utf-8", separator=",", geometry=shapes if drawn else None)
    path = write_rejects(tmp_path / f"r.{kind}", raw, found(raw))
    again = read_table(path, dataset="stations")
    matched = match_headers("stations", list(again.frame.columns))
    assert set(matched.fields) == {"name", "capacity"}
    assert matched.unmatched_columns == []
    assert matched.ignored_columns == list(REJECT_COLUMNS)
    assert again.frame["名称"].tolist() == [HOSTILE_NAME, "=cmd|' /C calc'!A0"]
    if drawn:
        assert again.geometry[0] == shapes[1]
        assert again.geometry[1] is None
        assert again.declared_crs_of_file is None
    # The same faults are found, and rejecting once more adds no second set of columns.
    second = write_rejects(tmp_path / f"s.{kind}", again, found(again))
    assert list(read_table(second).frame.columns) == list(again.frame.columns)
    again.frame["容纳人数"] = pd.Series(["12", "5"], dtype=TEXT)
    assert found(again).rejected == 0


def test_a_shapefiles_rejects_are_a_geopackage_that_states_its_system(tmp_path):
    shapes = np.array([shapely.box(0, 0, 1, 1), shapely.Point(1, 1), None])
    raw = table("shp", geometry=shapes, declared_crs_of_file="EPSG:4490")
    path = write_rejects(tmp_path / "r.shp", raw, found(raw))
    assert path.suffix == ".gpkg"
    oracle = geopandas.read_file(path)
    assert oracle.crs.to_epsg() == 4326
    assert oracle.geometry.iloc[0] == shapes[1]
    assert oracle["拒绝行号"].tolist() == ["3", "7"]


def test_geojson_rejects_are_geojson(tmp_path):
    raw = table("geojson", geometry=np.array([None, shapely.Point(113.123456789012, 34.8), None]))
    path = write_rejects(tmp_path / "r.geojson", raw, found(raw))
    features = json.loads(path.read_text("utf-8"))["features"]
    assert features[0]["geometry"]["coordinates"] == [113.123456789012, 34.8]
    assert features[0]["properties"]["名称"] == HOSTILE_NAME


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=10),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from(["", "=", "+", "-", "@", "'=", "''@", "\t=", "＝", "'"]),
)
def test_any_cell_comes_back_from_a_reject_file_and_none_is_a_formula(tmp_path, cells, start):
    cells = [start + cell for cell in cells]
    frame = pd.DataFrame({"名称": [f"站{n}" for n in range(len(cells))], "地址": cells}, dtype=TEXT)
    raw = RawTable(frame, np.arange(2, 2 + len(cells)), encoding="utf-8", separator=",")
    problems = Problems(raw.row_numbers)
    problems.add_mask(np.ones(len(cells), dtype=bool), "地址", frame["地址"], **WORDS)
    path = write_rejects(tmp_path / "r.csv", raw, problems)
    with path.open(encoding="utf-8", newline="") as stream:
        written = [row[1] for row in csv.reader(stream)][1:]
    for cell in written:
        assert not re.match(r"[=@＝＋－＠\t\r\n]", cell)
        assert not re.match(r"[+-]", cell) or re.fullmatch(r"[+-]\d+([.,]\d+)?", cell)
    again = read_table(path)
    assert [None if pd.isna(c) else c for c in again.frame["地址"]] == [c or None for c in cells]


def test_a_place_that_cannot_be_written_to_is_told(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("x")
    raw = table()
    with pytest.raises(InvalidFile, match="cannot be written"):
        write_rejects(blocked / "r.csv", raw, found(raw))
