"""CSV as people have it: any encoding and separator, titles, notes, and damaged rows."""

import csv
import io

import numpy as np
import pandas as pd
import pytest
from hostile import HOSTILE_NAME
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo.errors import InvalidFile
from geo.files.read import read_table

COMMON = "暖心驿站工会服务中国人民路街道社区上海北京郑州高新区饮水空调座椅"
ROWS = [["甲站", "云杉路1号", "8"], ["乙站", "石榴街2号", "12"]]


def write(path, rows, encoding="utf-8", separator=",", end="\r\n"):
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=separator, lineterminator=end).writerows(rows)
    path.write_bytes(buffer.getvalue().encode(encoding))
    return path


def cells(raw):
    return [
        [None if pd.isna(cell) else cell for cell in row]
        for row in raw.frame.itertuples(index=False)
    ]


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("gb18030", "gb18030"),
        ("gbk", "gb18030"),
        ("utf-16", "utf-16"),
    ],
)
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_encoding_and_the_separator_are_told_from_the_bytes(
    tmp_path, encoding, found, separator
):
    path = write(tmp_path / "f.csv", [["名称", "地址", "容纳人数"], *ROWS], encoding, separator)
    raw = read_table(path)
    assert cells(raw) == ROWS
    assert (raw.encoding, raw.separator) == (found, separator)
    assert raw.format == ("tsv" if separator == "\t" else "csv")
    assert raw.row_numbers.tolist() == [2, 3]
    assert all(str(kind) == "string" for kind in raw.frame.dtypes)


def test_big5_is_not_taken_for_gb18030(tmp_path):
    text = "名稱,地址\n" + "臺北驛站,中正區忠孝東路一段\n高雄驛站,前金區中華路\n" * 20
    path = tmp_path / "f.csv"
    path.write_bytes(text.encode("big5"))
    raw = read_table(path)
    assert raw.frame.iloc[0].tolist() == ["臺北驛站", "中正區忠孝東路一段"]
    assert any("big5" in note for note in raw.notes)


def test_western_letters_are_not_taken_for_chinese(tmp_path):
    path = tmp_path / "f.csv"
    path.write_bytes(("name,address\n" + "Café São,Rua José é\n" * 30).encode("cp1252"))
    raw = read_table(path)
    assert raw.frame.iloc[0, 0] == "Café São"


def test_bytes_of_no_encoding_are_refused_with_advice(tmp_path):
    path = tmp_path / "f.csv"
    path.write_bytes("名称,地址\n".encode() + b"\xff\xfe\x00\x01\n")
    with pytest.raises(InvalidFile) as refused:
        read_table(path)
    assert "CSV" in refused.value.remedy


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    data=st.lists(
        st.tuples(
            st.text(st.sampled_from(COMMON), min_size=1, max_size=5),
            st.text(
                st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=12
            ),
            st.text(st.sampled_from(COMMON + ",;\"\n\r\t|' =+-@"), max_size=8),
        ),
        min_size=1,
        max_size=30,
    ),
    separator=st.sampled_from([",", ";", "\t"]),
)
def test_whatever_stands_in_a_cell_is_read_as_it_was_written(tmp_path, data, separator):
    header = ["名称", "地址", "服务设施"]
    rows = [[f"站{first}", *others] for first, *others in data]
    # An apostrophe before a formula sign is the mark of our own reject files, taken off again.
    safe = [
        [
            cell if cell.lstrip("'")[:1] not in list("=+-@＝＋－＠\t\r\n") else f"值{cell}"
            for cell in row
        ]
        for row in rows
    ]
    raw = read_table(write(tmp_path / "f.csv", [header, *safe], separator=separator))
    assert cells(raw) == [[cell or None for cell in row] for row in safe]
    assert not raw.problems


def test_a_cell_may_hold_line_breaks_and_counts_as_one_row(tmp_path):
    rows = [["名称", "地址"], ["甲站", "云杉路\n1号"], ["乙站", "石榴街"]]
    raw = read_table(write(tmp_path / "f.csv", rows))
    assert raw.frame.iloc[0, 1] == "云杉路\n1号"
    assert raw.row_numbers.tolist() == [2, 3]


def test_titles_above_and_notes_below_are_no_data(tmp_path):
    rows = [
        ["驿站信息采集表", "", ""],
        ["填报单位：演示区总工会", "", ""],
        ["名称", "地址", "容纳人数"],
        ["示例", "某路1号", "5"],
        *ROWS,
        ["合计", "", "20"],
        ["填表说明：1.名称必填", "", ""],
        ["2.容纳人数填数字", "", ""],
        ["填表人：张三", "", "审核人：李四"],
    ]
    raw = read_table(write(tmp_path / "f.csv", rows))
    assert cells(raw) == ROWS
    assert raw.row_numbers.tolist() == [5, 6]
    told = "\n".join(raw.notes)
    for number in (3, 4, 7, 8, 9, 10):
        assert str(number) in told
    assert "张三" not in told


def test_a_station_called_like_a_note_stays_a_station(tmp_path):
    rows = [["名称", "地址"], ["注册服务站", "云杉路"], ["说明书工厂驿站", "石榴街"], ["丙站", ""]]
    assert len(read_table(write(tmp_path / "f.csv", rows))) == 3


def test_empty_lines_are_skipped_and_the_numbers_stay_those_of_the_file(tmp_path):
    path = tmp_path / "f.csv"
    path.write_text("名称,地址\n甲,一\n\n,\n乙,二\n\n\n", "utf-8")
    raw = read_table(path)
    assert raw.row_numbers.tolist() == [2, 5]


def test_rows_of_another_width_are_problems_and_the_rest_is_read(tmp_path):
    path = tmp_path / "f.csv"
    path.write_text(
        "名称,地址,容纳人数\n甲,一,1\n乙,二号,东门,2\n丙,三\n丁,四,4,,\n\n戊,五,5\n", "utf-8"
    )
    raw = read_table(path)
    assert len(raw) == 5
    assert raw.problems.rejected_mask.tolist() == [False, True, True, False, False]
    problems = list(raw.problems)
    assert [(p.row, p.value) for p in problems] == [(3, "乙,二号,东门,2"), (4, "丙,三")]
    assert all(p.reason_zh and p.reason and p.remedy_zh and p.remedy for p in problems)
    assert raw.row_numbers.tolist() == [2, 3, 4, 5, 7]


@pytest.mark.parametrize("stray", ['"乙,二,2', '乙,"二,2'])
def test_one_stray_quote_costs_one_row_and_not_the_rest(tmp_path, stray):
    good = "".join(f"站{number},路{number},{number}\n" for number in range(400))
    path = tmp_path / "f.csv"
    path.write_text(f"名称,地址,容纳人数\n甲,一,1\n{stray}\n{good}", "utf-8")
    raw = read_table(path)
    assert len(raw) == 402
    assert raw.problems.rejected == 1
    assert next(iter(raw.problems)).row == 3
    assert raw.frame.iloc[-1].tolist() == ["站399", "路399", "399"]


def test_the_fast_and_the_tolerant_engine_read_the_same(tmp_path):
    rows = [["名称", "地址", "容纳人数"]]
    rows += [[f"站{n}", f'路"{n}",\n{n}号' if n % 7 else "", str(n)] for n in range(500)]
    clean = read_table(write(tmp_path / "a.csv", rows))
    damaged = read_table(write(tmp_path / "b.csv", [*rows, ["坏", "行"]]))
    assert damaged.problems.rejected == 1
    pd.testing.assert_frame_equal(clean.frame, damaged.frame.iloc[:-1])
    np.testing.assert_array_equal(clean.row_numbers, damaged.row_numbers[:-1])


def test_headers_that_repeat_or_are_missing_stay_apart(tmp_path):
    path = write(tmp_path / "f.csv", [["名称", "地址", "地址", ""], ["甲", "一", "二", "三"]])
    assert list(read_table(path).frame.columns) == ["名称", "地址", "地址 (2)", "第4列"]


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\r\n\r\n", b"   \n"])
def test_an_empty_file_is_refused(tmp_path, content):
    path = tmp_path / "f.csv"
    path.write_bytes(content)
    with pytest.raises(InvalidFile, match="empty"):
        read_table(path)


@pytest.mark.parametrize("content", ["名称,地址\n", "名称,地址", "名称,地址\n\n,\n"])
def test_a_header_without_rows_is_refused(tmp_path, content):
    path = tmp_path / "f.csv"
    path.write_text(content, "utf-8")
    with pytest.raises(InvalidFile, match="no rows"):
        read_table(path)


def test_text_named_xls_is_read_and_told(tmp_path):
    path = write(tmp_path / "f.xls", [["名称", "地址"], ["甲", "一"]], "gbk", "\t")
    raw = read_table(path)
    assert raw.format == "tsv"
    assert any(".xls" in note for note in raw.notes)


def test_a_hostile_name_is_only_text(tmp_path):
    path = write(tmp_path / "f.csv", [["名称", "地址"], [HOSTILE_NAME, "一"]])
    assert read_table(path).frame.iloc[0, 0] == HOSTILE_NAME


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(InvalidFile):
            read_table(path)


def test_a_columns_own_name_of_the_user_finds_the_header(tmp_path):
    rows = [["表一", "", ""], ["站", "位", "数"], *ROWS]
    path = write(tmp_path / "f.csv", rows)
    raw = read_table(path, mapping={"name": "站", "address": "位"})
    assert list(raw.frame.columns) == ["站", "位", "数"]
    assert raw.row_numbers.tolist() == [3, 4]


def test_the_real_stations_of_zhengzhou_are_read(shared_data):
    path = shared_data / "stations" / "zhengzhou_gcj02.csv"
    raw = read_table(path)
    with path.open(encoding="utf-8-sig", newline="") as stream:
        oracle = list(csv.reader(stream))
    assert list(raw.frame.columns) == oracle[0]
    assert cells(raw) == [[cell or None for cell in row] for row in oracle[1:]]
    assert raw.encoding == "utf-8-sig"


def test_the_real_places_of_shanghai_are_read(shared_data):
    path = shared_data / "places" / "shanghai_places_wgs84.csv"
    raw = read_table(path)
    with path.open(encoding="utf-8", newline="") as stream:
        oracle = list(csv.reader(stream))[1:]
    assert len(raw) == len(oracle) == 36_753
    assert cells(raw) == [[cell or None for cell in row] for row in oracle]
