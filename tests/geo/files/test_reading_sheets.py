"""XLSX, XLS and ODS with the faults that reporting sheets have."""

import datetime as dt
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
import xlsxwriter
from hostile import HOSTILE_NAME

from geo.errors import InvalidFile
from geo.files.codes import credit_codes
from geo.files.headers import match_headers
from geo.files.read import read_table
from geo.files.values import dates, integers

HERE = Path(__file__).parent
# An .xls in BIFF8 (invented rows), written once with xlwt: a title over two merged rows, the 17
# columns, a date cell, a date as text, a serial number, full-width digits, notes below.
ORGANISATION = HERE / "organisation.xls"
# An .xlsx encrypted with a password.
LOCKED = HERE / "locked.xlsx"


def write_xlsx(path, rows, merges=(), sheets=None):
    with xlsxwriter.Workbook(str(path)) as book:
        day = book.add_format({"num_format": "yyyy/mm/dd"})
        clock = book.add_format({"num_format": "hh:mm"})
        for name, content in (sheets or {"表": rows}).items():
            sheet = book.add_worksheet(name)
            for at, row in enumerate(content):
                for column, cell in enumerate(row):
                    if isinstance(cell, dt.date):
                        sheet.write_datetime(at, column, cell, day)
                    elif isinstance(cell, dt.time):
                        sheet.write_datetime(at, column, cell, clock)
                    elif isinstance(cell, str):
                        sheet.write_string(at, column, cell)
                    elif cell is not None:
                        sheet.write(at, column, cell)
            for area, text in merges:
                sheet.merge_range(*area, text)
    return path


def write_ods(path, rows):
    """The smallest OpenDocument spreadsheet: text and numbers."""

    def cell(value):
        if value is None:
            return "<table:table-cell/>"
        if isinstance(value, float | int):
            return (
                f'<table:table-cell office:value-type="float" office:value="{value}">'
                f"<text:p>{value}</text:p></table:table-cell>"
            )
        if isinstance(value, dt.date):
            return (
                f'<table:table-cell office:value-type="date" office:date-value="{value}">'
                f"<text:p>{value}</text:p></table:table-cell>"
            )
        return (
            '<table:table-cell office:value-type="string">'
            f"<text:p>{escape(value)}</text:p></table:table-cell>"
        )

    body = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
    content = (
        '<?xml version="1.0" encoding="UTF-8"?><office:document-content '
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2">'
        f'<office:body><office:spreadsheet><table:table table:name="表">{body}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest '
        'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
        "</manifest:manifest>"
    )
    with zipfile.ZipFile(path, "w") as parts:
        parts.writestr("mimetype", kind)
        parts.writestr("content.xml", content)
        parts.writestr("META-INF/manifest.xml", manifest)
    return path


def test_the_organisation_sheet_is_read_with_its_known_faults():
    raw = read_table(ORGANISATION, dataset="enterprises")
    assert raw.format == "xls"
    assert raw.row_numbers.tolist() == [4, 5, 6]
    matched = match_headers("enterprises", list(raw.frame.columns))
    assert len(matched.fields) == 14
    assert matched.personal_columns == ["工会负责人", "联系电话"]
    assert matched.ignored_columns == ["序号"]
    assert integers(matched.column(raw.frame, "employees")).values.to_pylist() == [25, 12, None]
    assert integers(matched.column(raw.frame, "members")).values.to_pylist() == [20, 8, None]
    founded = dates(matched.column(raw.frame, "union_founded_on")).values.to_pylist()
    assert founded == [dt.date(2021, 3, 5)] * 3
    codes = credit_codes(matched.column(raw.frame, "uscc"))
    assert codes.values.to_pylist() == ["91110000600037341L", "91110000600037341L", None]
    told = "\n".join(raw.notes)
    assert "字典" in told
    assert "7" in told
    assert "第 3 行" in told


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_cells_come_as_a_person_would_write_them(tmp_path, kind):
    rows = [
        ["名称", "容纳人数", "面积", "核实日期", "地址"],
        ["甲", 25.0, 30.5, dt.date(2021, 3, 5), HOSTILE_NAME],
        ["乙", 8, None, None, "=SUM(A1)"],
    ]
    path = tmp_path / f"f.{kind}"
    (write_xlsx if kind == "xlsx" else write_ods)(path, rows)
    raw = read_table(path)
    assert raw.format == kind
    assert raw.frame.iloc[0].tolist() == ["甲", "25", "30.5", "2021-03-05", HOSTILE_NAME]
    assert raw.frame.iloc[1, [0, 1, 4]].tolist() == ["乙", "8", "=SUM(A1)"]
    assert raw.frame.iloc[1, [2, 3]].isna().all()
    assert raw.row_numbers.tolist() == [2, 3]


def test_times_and_truth_are_text(tmp_path):
    rows = [["名称", "开放时间", "是否同意"], ["甲", dt.time(8, 30), True]]
    raw = read_table(write_xlsx(tmp_path / "f.xlsx", rows))
    assert raw.frame.iloc[0].tolist() == ["甲", "08:30", "是"]


def test_a_table_may_begin_anywhere(tmp_path):
    rows = [[], [], [None, None, "名称", "地址"], [], [None, None, "甲", "一"]]
    raw = read_table(write_xlsx(tmp_path / "f.xlsx", rows))
    assert list(raw.frame.columns) == ["名称", "地址"]
    assert raw.row_numbers.tolist() == [5]


def test_two_rows_of_header_are_joined(tmp_path):
    rows = [
        ["驿站表", "", "", ""],
        ["名称", "地址", "坐标", ""],
        ["", "", "经度", "纬度"],
        ["甲", "一", 113.5, 34.8],
    ]
    raw = read_table(write_xlsx(tmp_path / "f.xlsx", rows))
    assert list(raw.frame.columns) == ["名称", "地址", "经度", "纬度"]
    assert raw.row_numbers.tolist() == [4]


def test_words_merged_down_several_rows_count_for_each_and_numbers_once(tmp_path):
    rows = [["名称", "区县", "容纳人数"], ["甲", "", ""], ["乙", "", ""], ["丙", "高新区", 3]]
    merges = [((1, 1, 2, 1), "中原区"), ((1, 2, 2, 2), "16")]
    raw = read_table(write_xlsx(tmp_path / "f.xlsx", rows, merges))
    assert raw.frame["区县"].tolist() == ["中原区", "中原区", "高新区"]
    assert raw.frame["容纳人数"].isna().tolist() == [False, True, False]
    assert len(raw.notes) == 2


def test_the_sheet_with_the_data_is_found_among_others(tmp_path):
    sheets = {
        "说明": [["请填写第二张表"]],
        "驿站": [["名称", "地址", "经度", "纬度"], ["甲", "一", 113.5, 34.8]],
        "空": [],
    }
    raw = read_table(write_xlsx(tmp_path / "f.xlsx", None, sheets=sheets))
    assert raw.frame["名称"].tolist() == ["甲"]
    assert any("说明" in note for note in raw.notes)


def test_of_two_sheets_with_the_same_table_none_is_guessed(tmp_path):
    table = [["名称", "地址"], ["甲", "一"]]
    path = write_xlsx(tmp_path / "f.xlsx", None, sheets={"东区": table, "西区": table})
    with pytest.raises(InvalidFile, match="东区、西区") as refused:
        read_table(path)
    assert "--layer" in refused.value.remedy
    assert read_table(path, layer="西区").frame["名称"].tolist() == ["甲"]
    with pytest.raises(InvalidFile, match="南区"):
        read_table(path, layer="南区")


def test_a_code_rounded_by_the_spreadsheet_is_told_as_such(tmp_path):
    rows = [["单位名称", "统一社会信用代码"], ["甲", 911100006000373411]]
    raw = read_table(write_xlsx(tmp_path / "f.xlsx", rows), dataset="enterprises")
    (fault,) = credit_codes(raw.frame["统一社会信用代码"]).faults
    assert "文本" in fault.remedy_zh


def test_a_locked_workbook_is_refused_with_advice():
    with pytest.raises(InvalidFile, match="password") as refused:
        read_table(LOCKED)
    assert "密码" in refused.value.remedy


def test_a_locked_ods_is_refused_with_advice(tmp_path):
    plain = write_ods(tmp_path / "a.ods", [["名称"], ["甲"]])
    locked = tmp_path / "b.ods"
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(locked, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "content.xml":
                content = b"\x8f\x11" * 200
            if name == "META-INF/manifest.xml":
                content = content.replace(
                    b'"text/xml"/>',
                    b'"text/xml"><manifest:encryption-data/></manifest:file-entry>',
                )
            target.writestr(name, content)
    with pytest.raises(InvalidFile, match="password"):
        read_table(locked)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.xls", b"<html><body><table><tr><td>1</td></tr></table></body></html>", "web page"),
        ("a.xls", b'<?xml version="1.0"?><Workbook xmlns="urn:x:office:spreadsheet"/>', "XML"),
        ("a.xlsx", b"PK\x03\x04" + b"\0" * 100, "damaged"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "damaged"),
        ("a.csv", b"%PDF-1.7\n...", "PDF"),
        ("a.kml", b'<?xml version="1.0"?><kml></kml>', "KML"),
        ("a.osm", b'<?xml version="1.0"?><osm version="0.6"></osm>', "OpenStreetMap"),
        ("a.dbf", b"\x03aaaa", "part of a Shapefile"),
        ("a.bin", b"\x01\x02\0\0\x03" * 50, "neither text"),
    ],
)
def test_what_is_no_table_is_named_for_what_it_is(tmp_path, name, content, words):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InvalidFile, match=words) as refused:
        read_table(path)
    assert refused.value.remedy


def test_an_empty_workbook_and_one_with_a_header_only_are_refused(tmp_path):
    with pytest.raises(InvalidFile, match="empty"):
        read_table(write_xlsx(tmp_path / "a.xlsx", []))
    with pytest.raises(InvalidFile, match="no rows"):
        read_table(write_xlsx(tmp_path / "b.xlsx", [["名称", "地址"]]))


def test_a_workbook_named_xls_is_read_for_what_it_is(tmp_path):
    path = write_xlsx(tmp_path / "f.xlsx", [["名称", "地址"], ["甲", "一"]])
    renamed = path.rename(tmp_path / "f.xls")
    assert read_table(renamed).format == "xlsx"


def test_an_archive_without_a_table_is_refused(tmp_path):
    path = tmp_path / "f.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "x")
    with pytest.raises(InvalidFile, match="no table"):
        read_table(path)
