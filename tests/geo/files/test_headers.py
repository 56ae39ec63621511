"""Which column is which field."""

import tomllib
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import Invalid, InvalidFile
from geo.files.headers import (
    DATASETS,
    latitude_first,
    load_synonyms,
    match_headers,
    normalise,
    unit_factor,
)
from geo.schema import Area, CandidateSite, Demand, Enterprise, LedgerEntry, Station

ORGANISATION_SHEET = [
    "序号",
    "单位名称",
    "单位统一社会信用代码",
    "单位地址",
    "单位所在政区",
    "单位性质类别",
    "经济类型",
    "单位所属行业",
    "职工人数",
    "工会名称",
    "工会统一社会信用代码",
    "上级工会名称",
    "建会日期",
    "基层工会类型",
    "会员人数",
    "工会负责人",
    "联系电话",
]
DEMO = {
    "stations": (
        "编号,名称,类型,地址,区县,经度,纬度,服务设施,开放时间,开放对象,进入方式,管理单位,依托单位,品牌,联系电话,"
        "容纳人数,面积,星级,核实日期"
    ),
    "enterprises": (
        "序号,单位名称,单位统一社会信用代码,单位地址,单位所在政区,单位性质类别,经济类型,单位所属行业,职工人数,"
        "工会名称,工会统一社会信用代码,上级工会名称,建会日期,基层工会类型,会员人数,新就业形态劳动者人数,"
        "新就业形态会员人数,建会状态,经度,纬度"
    ),
    "candidate_sites": (
        "编号,名称,类型,连锁品牌,地址,经度,纬度,建设成本,容纳人数,面积,营业时间,是否同意,"
        "是否有水,厕所,现场评估"
    ),
    "demand": "编号,经度,纬度,人群,日类型," + ",".join(f"h{hour}" for hour in range(24)),
    "areas": "kind,code,name,type_name,parent_code,address",
    "ledger": (
        "日期,街道,企业沟通会场次,职工沟通会场次,沟通企业数,未建会企业数,意向建会数,新建会数,入会人数"
    ),
}


@pytest.mark.parametrize("dataset", DATASETS)
def test_every_column_of_the_demo_city_is_understood(dataset):
    headers = DEMO[dataset].split(",")
    matched = match_headers(dataset, headers)
    assert matched.unmatched_columns == []
    assert matched.personal_columns == []
    assert len(matched.fields) == len(headers) - len(matched.ignored_columns)
    assert matched.missing_required == []


@pytest.mark.parametrize(
    ("dataset", "table"),
    [
        ("stations", Station),
        ("enterprises", Enterprise),
        ("candidate_sites", CandidateSite),
        ("demand", Demand),
        ("areas", Area),
        ("ledger", LedgerEntry),
    ],
)
def test_fields_are_the_columns_of_the_tables(dataset, table):
    made = {
        "edition_id",
        "id",
        "location",
        "original_x",
        "original_y",
        "original_crs",
        "located_by",
        "source_row",
        "entrance",
        "boundary",
        "square_metres",
        "parent_id",
        "source",
    }
    of_files = {"lon", "lat", "position", "source_key", "union_type", "parent_code"}
    of_files |= {"entrance_lon", "entrance_lat"}
    of_files |= {"declared_district", "district"} | {f"h{hour}" for hour in range(24)}
    columns = set(table.__table__.columns.keys())
    fields = set(load_synonyms().shown[dataset])
    assert columns - made <= fields
    assert fields - columns <= of_files


def test_the_organisation_sheet_is_told_apart_to_the_last_code():
    matched = match_headers("enterprises", ORGANISATION_SHEET)
    assert matched.fields["uscc"] == "单位统一社会信用代码"
    assert matched.fields["union_uscc"] == "工会统一社会信用代码"
    assert matched.personal_columns == ["工会负责人", "联系电话"]
    assert matched.ignored_columns == ["序号"]
    assert matched.unmatched_columns == []
    assert any("工会负责人" in note for note in matched.notes)


@pytest.mark.parametrize(
    "header",
    [
        "职工人数（人）",
        "*职工人数",
        " 职 工 人 数 ",
        "职工\n人数",
        "职工人数(人)*",
        "【职工人数】",
        "职工人数：",
        "职工人数[人][必填]",
        "“职工人数”",
        "Employees",
        "EMPLOYEE COUNT",
        "ｅｍｐｌｏｙｅｅｓ",
        "employee_count",
    ],
)
def test_width_case_blanks_stars_and_units_do_not_matter(header):
    assert match_headers("enterprises", ["单位名称", header]).fields["employees"] == header


DECORATION = st.lists(
    st.sampled_from([*"*＊ \u3000\n\t_-：:“”※", "（人）", "(必填)", "[选填]"]), max_size=4
)


@settings(deadline=None)
@given(
    st.sampled_from([(d, head) for d in DATASETS for head in load_synonyms().fields[d]]),
    DECORATION,
    DECORATION,
)
def test_no_decoration_hides_a_header(known, before, after):
    dataset, head = known
    table = load_synonyms().fields[dataset]
    decorated = "".join(before) + head.upper() + "".join(after)
    assert table[normalise(decorated)] == table[head]


def test_a_bare_code_beside_the_unions_code_is_the_units():
    matched = match_headers("enterprises", ["单位名称", "统一社会信用代码", "工会统一社会信用代码"])
    assert matched.fields["uscc"] == "统一社会信用代码"
    assert matched.fields["union_uscc"] == "工会统一社会信用代码"


def test_a_bare_code_behind_the_unions_name_is_not_guessed():
    with pytest.raises(Invalid, match="--map") as refused:
        match_headers("enterprises", ["单位名称", "工会名称", "统一社会信用代码"])
    assert "union_uscc" in refused.value.remedy
    matched = match_headers(
        "enterprises",
        ["单位名称", "工会名称", "统一社会信用代码"],
        {"union_uscc": "统一社会信用代码"},
    )
    assert "uscc" not in matched


def test_two_columns_for_one_field_are_refused_and_both_named():
    with pytest.raises(Invalid) as refused:
        match_headers("stations", ["名称", "地址", "详细地址"])
    assert "“地址”" in str(refused.value)
    assert "“详细地址”" in str(refused.value)
    assert "--map address=" in str(refused.value)
    matched = match_headers("stations", ["名称", "地址", "详细地址"], {"address": "详细地址"})
    assert matched.fields["address"] == "详细地址"
    assert matched.unmatched_columns == ["地址"]


def test_a_repeated_header_is_two_columns_for_one_field():
    with pytest.raises(Invalid, match="地址 "):
        match_headers("stations", ["名称", "地址", "地址 (2)"])


def test_what_a_person_said_must_be_there():
    with pytest.raises(Invalid, match="is not a field"):
        match_headers("stations", ["名称"], {"colour": "名称"})
    with pytest.raises(Invalid, match="no single column"):
        match_headers("stations", ["名称"], {"address": "住址"})
    assert match_headers("stations", ["站（名）"], {"name": "站"}).fields == {"name": "站（名）"}


def test_a_required_column_that_is_missing_is_named_with_examples():
    matched = match_headers("stations", ["地址", "颜色"])
    assert matched.missing_required == ["name"]
    with pytest.raises(InvalidFile) as refused:
        matched.require()
    assert "名称" in str(refused.value)
    assert "颜色" in str(refused.value)
    match_headers("areas", ["id"]).require()


@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize(
    "headers",
    [
        ["姓名", "性别", "出生日期", "民族", "工作单位"],
        ["序号", "会员姓名", "身份证号码"],
        ["单位名称", "证件号码", "政治面貌"],
        ["Full Name", "Date of Birth"],
    ],
)
def test_a_list_of_people_is_refused(dataset, headers):
    with pytest.raises(InvalidFile, match="list of people"):
        match_headers(dataset, headers)


def test_one_personal_column_is_dropped_and_named():
    matched = match_headers("enterprises", ["单位名称", "法定代表人", "身份证号", "手机"])
    assert matched.personal_columns == ["法定代表人", "身份证号", "手机"]
    assert matched.fields == {"name": "单位名称"}


def test_the_telephone_of_a_station_is_public_and_its_keepers_is_not():
    matched = match_headers("stations", ["名称", "联系电话", "负责人", "负责人电话"])
    assert matched.fields["phone"] == "联系电话"
    assert matched.personal_columns == ["负责人", "负责人电话"]


def test_the_real_files_are_understood(shared_data):
    assert shared_data
    shanghai = match_headers("enterprises", ["name", "address", "district", "type", "lat", "lon"])
    assert shanghai.fields["industry"] == "type"
    assert shanghai.unmatched_columns == []
    uk = match_headers("stations", ["name", "address", "hours_text", "opening_hours", "source"])
    assert set(uk.fields) == {"name", "address", "hours_text", "opening_hours"}


@pytest.mark.parametrize(
    ("header", "factor"),
    [
        ("建设成本（万元）", 10_000),
        ("建设成本(元)", 1),
        ("会员人数（万人）", 10_000),
        ("成本[单位：千元]", 1000),
        ("职工人数", 1),
        ("成本（百分比）", 1),
    ],
)
def test_a_unit_in_the_header_scales_the_numbers(header, factor):
    assert unit_factor(header) == factor


def test_the_scale_reaches_the_field():
    matched = match_headers("candidate_sites", ["名称", "建设成本（万元）"])
    assert matched.scale("cost") == 10_000
    assert matched.scale("capacity") == 1


@pytest.mark.parametrize(
    ("header", "first"),
    [
        ("经纬度", False),
        ("纬度,经度", True),
        ("lat,lng", True),
        ("坐标(lat,lon)", True),
        ("坐标（经度,纬度）", False),
        ("location", False),
        ("latlng", True),
        ("lnglat", False),
        ("纬经度", True),
        ("WKT", False),
    ],
)
def test_the_header_says_which_axis_is_first(header, first):
    assert latitude_first(header) is first


def test_a_users_own_table_is_laid_over_ours(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('[stations]\nname = ["小站"]\nhost = ["管理单位"]\n', "utf-8")
    synonyms = load_synonyms(path)
    matched = match_headers("stations", ["小站", "管理单位"], None, synonyms)
    assert matched.fields == {"name": "小站", "host": "管理单位"}
    assert match_headers("stations", ["管理单位", "名称"]).fields["operator"] == "管理单位"


@pytest.mark.parametrize(
    "text",
    ["[nothing]\na = []", "[stations]\ncolour = ['x']", "[stations]\nname = 'x'", "not toml ["],
)
def test_a_users_table_with_a_mistake_is_refused(tmp_path, text):
    path = tmp_path / "mine.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(Invalid):
        load_synonyms(path)
    with pytest.raises(Invalid):
        load_synonyms(tmp_path / "none.toml")


def test_no_header_of_ours_is_both_a_field_and_a_member_lists():
    read = tomllib.loads(files("geo.files").joinpath("headers.toml").read_text("utf-8"))
    people = {normalise(head) for heads in read["member_list"].values() for head in heads}
    for dataset in DATASETS:
        assert not people & set(load_synonyms().fields[dataset])
