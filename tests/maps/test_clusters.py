"""Clusters drawn: the page and the workbook."""

import io
import zipfile
from dataclasses import replace
from datetime import date

import pytest
from hostile import HOSTILE_NAME
from invented_clusters import advice, cluster, edition, town
from python_calamine import CalamineWorkbook

from geo.clusters.forms import Matching, MemberRow, rules
from geo.errors import Invalid
from maps.clusters import ClustersView, draw, workbook
from maps.clusters.sheet import CLUSTERS, MEMBERS, PLACED, rows_of
from maps.portable import content_security_policy, used_keys, web
from maps.texts import catalogue

FORMULA = "=cmd|' /C calc'!A1"


def member(number: int, **facts) -> MemberRow:
    plain = MemberRow(
        id=6_000_000_000_000_000 + number, name=f"企业{number}", address="演示路1号",
        employees=12, members=None, state="none", union_name=None, size="5_24", industry="C",
        unit_class="non_public_enterprise", lon=106.5, lat=29.5,
    )  # fmt: skip
    return replace(plain, **facts)


def octets(found=None, members=(), of_cluster=(), **more) -> bytes:
    found = town(3).clusters if found is None else found
    return workbook(
        found, members, of_cluster, editions=[edition("enterprises", 12)], table=rules(), **more
    )


def book(found=None, members=(), of_cluster=(), **more) -> list[list[list]]:
    """The cells of each sheet, by type."""
    made = CalamineWorkbook.from_filelike(io.BytesIO(octets(found, members, of_cluster, **more)))
    return [made.get_sheet_by_name(name).to_python() for name in made.sheet_names]


def named(rows: list[list], row: int) -> dict:
    """A row by the English headings."""
    heads = (head.split("\n")[1] for head in rows[0])
    return dict(zip(heads, rows[row], strict=True))


# ---------------------------------------------------------------------- the page
def test_the_same_view_gives_the_same_bytes():
    assert draw(town(5)) == draw(town(5))


def test_a_hostile_name_never_becomes_markup():
    page = draw(town())
    assert HOSTILE_NAME not in page
    assert "<img src=x" not in page
    assert "default-src 'none'" in content_security_policy(page)


def test_it_opens_in_a_language_it_has():
    assert '<html lang="en"' in draw(town(2), language="en")
    with pytest.raises(Invalid):
        draw(town(2), language="fr")


def test_every_text_that_the_scripts_ask_for_is_in_the_catalogue():
    asked = used_keys(web("clusters.js"), web("clusters_table.js"))
    assert len(asked) > 20
    assert asked <= set(catalogue())


def test_every_heading_and_every_named_value_has_its_text():
    keys = set(catalogue())
    for column in (*CLUSTERS, *MEMBERS, *PLACED):
        assert f"clusters_sheet.{column.key}" in keys
    for section, codes in (
        ("clusters_tier", ("confirmed", "to_check")),
        ("clusters_kind", ("whole_unit", "part_of_unit", "street")),
        ("clusters_basis", ("law", "practice")),
    ):
        assert all(f"{section}.{code}" in keys for code in codes)


def test_a_thousand_outlines_stay_a_file_that_can_be_mailed():
    assert len(draw(town(1000, areas=50)).encode()) < 4_000_000


def test_nothing_at_all_is_a_page():
    assert "没有发现突出的未建会企业聚集区" in draw(ClustersView())


# ---------------------------------------------------------------------- the workbook
def test_the_workbook_has_chinese_headings_first_and_numbers_as_numbers():
    clusters, people, _ = book(members=[member(1), member(2, employees=None)], of_cluster=[0, 1])
    assert clusters[0][0] == "聚集区编号\ncluster id"
    row = named(clusters, 1)
    # An id has more digits than a spreadsheet's numbers.
    assert isinstance(row["cluster id"], str)
    assert len(row["cluster id"]) == 16
    for name in ("enterprises without a union", "share without a union", "longitude"):
        assert isinstance(row[name], float), name
    assert row["first seen"] == date(2026, 6, 30)
    assert 0 < row["share without a union"] <= 1
    assert named(people, 1)["employees"] == 12
    # Not stated is empty, never 0.
    assert named(people, 2)["employees"] == ""
    made = CalamineWorkbook.from_filelike(io.BytesIO(octets()))
    assert [name.split()[0] for name in made.sheet_names] == ["聚集区", "成员", "说明"]


@pytest.mark.parametrize("start", ["=1+1", FORMULA, "+86", "-5", "@SUM(A1)", HOSTILE_NAME])
def test_no_text_becomes_a_formula_or_a_link(start):
    found = [advice(replace(cluster(1, 106.5, 29.5, None), place=start), 1)]
    link = "http://example.test/" + "x" * 300
    people = [member(1, name=start, address=link, union_name=start)]
    with zipfile.ZipFile(io.BytesIO(octets(found, people, [0]))) as parts:
        for name in parts.namelist():
            if name.startswith("xl/worksheets/"):
                xml = parts.read(name).decode()
                assert "<f>" not in xml
                assert "<f " not in xml
                assert "hyperlink" not in xml
    clusters, members, _ = book(found, people, [0])
    assert clusters[1][3] == start
    assert members[1][3] == start


def test_a_filter_has_columns_of_its_own():
    plain = book()[0][0]
    kept = [replace(one, matching=Matching(1, 1, 0, 30, 0)) for one in town(3).clusters]
    filtered = book(kept, chosen="size=25_99")
    assert len(filtered[0][0]) == len(plain) + 2
    assert "size=25_99" in [row[1] for row in filtered[2][:4]]


def test_more_members_than_a_sheet_holds_are_cut_and_it_is_said():
    made = book(members=[member(n) for n in range(9)], of_cluster=[0] * 9, most_rows=5)
    assert len(made[1]) == 6
    assert "成员共 9 行" in "\n".join(row[0] for row in made[2][:5])


def test_positions_are_in_the_system_asked_for():
    plain, shifted = named(book()[0], 1), named(book(crs="gcj02")[0], 1)
    assert 0.001 < abs(plain["longitude"] - shifted["longitude"]) < 0.02


def test_the_definitions_tell_the_rules_and_the_law():
    told = "\n".join(str(cell) for row in book()[2] for cell in row if cell)
    assert "第十一条" in told
    assert "第十四条" in told
    assert "演示数据" in told


def test_as_text_a_formula_gets_an_apostrophe():
    found = [advice(replace(cluster(1, 106.5, 29.5, None), place=FORMULA), 1)]
    head, row = list(rows_of(found))
    assert head[3].startswith("地点")
    assert row[3] == f"'{FORMULA}"
    assert all("\n" not in cell for cell in row if isinstance(cell, str))


def test_nothing_at_all_is_a_workbook():
    assert len(book([])[0]) == 1
