"""Which union one can join at a place: of every area that holds it, the nearest first."""

import numpy as np
import pytest
import rows
import shapely
from hostile import HOSTILE_NAME

from geo.areas.assign import load_index, memberships
from geo.areas.unions import UNION_LEVELS, unions_here
from geo.files.headers import match_headers
from geo.files.values import links, stated_text
from geo.schema.areas import AREA_KINDS


def levels(found) -> list[str]:
    return [one.level for one in found]


@pytest.fixture
def areas(writer) -> int:
    edition = rows.edition(writer, "areas")
    for number, kind in enumerate(AREA_KINDS, start=1):
        rows.area(
            writer, edition, number, rows.square(120.0, 30.0, 0.2 / number), kind=kind,
            union_name=f"{HOSTILE_NAME}总工会" if kind == "subdistrict" else None,
        )  # fmt: skip
    return edition


def test_the_union_nearest_to_the_work_comes_first(writer, areas) -> None:
    found = unions_here(writer, 120.001, 30.001)
    assert levels(found) == list(UNION_LEVELS)
    assert {one.level for one in found} == set(AREA_KINDS) - {"province", "prefecture"}
    [stated] = [one for one in found if one.union_name is not None]
    assert (stated.level, stated.union_name) == ("subdistrict", f"{HOSTILE_NAME}总工会")
    assert all(one.address is one.phone is one.link is None for one in found)


def test_of_several_of_one_level_the_smallest_comes_first(writer, areas) -> None:
    rows.area(writer, areas, 90, rows.square(120.0, 30.0, 0.01), kind="industrial_park")
    parks = [one.area_id for one in unions_here(writer, 120.001, 30.001)
             if one.level == "industrial_park"]  # fmt: skip
    assert parks == [90, AREA_KINDS.index("industrial_park") + 1]


def test_only_the_areas_in_force_count(writer, areas) -> None:
    assert unions_here(writer, 121.0, 31.0) == []
    old = rows.edition(writer, "areas", state="retired")
    rows.area(writer, old, 77, rows.square(121.0, 31.0), kind="community")
    assert unions_here(writer, 121.01, 31.01) == []
    writer.execute("UPDATE edition SET state = 'retired' WHERE id = :e", {"e": areas})
    assert unions_here(writer, 120.001, 30.001) == []


def test_an_area_without_a_boundary_holds_what_its_children_hold(writer, areas) -> None:
    rows.area(writer, areas, 80, None, kind="functional_area", union_name="开发区工会")
    rows.area(writer, areas, 81, rows.square(125.0, 35.0), kind="community", parent_id=80)
    # A ring of parents, as a file may name them, ends all the same.
    rows.area(writer, areas, 82, None, kind="subdistrict", parent_id=83)
    rows.area(writer, areas, 83, None, kind="district", parent_id=82)
    rows.area(writer, areas, 84, rows.square(126.0, 35.0), kind="community", parent_id=82)
    found = unions_here(writer, 125.05, 35.05)
    assert [(one.level, one.union_name) for one in found] == [
        ("functional_area", "开发区工会"),
        ("community", None),
    ]
    assert levels(unions_here(writer, 126.05, 35.05)) == ["community", "subdistrict", "district"]


def test_a_place_on_a_border_is_in_the_one_area_it_is_counted_in(writer) -> None:
    edition = rows.edition(writer, "areas")
    rng = np.random.default_rng(7)
    frame = shapely.box(120.0, 30.0, 120.5, 30.5)
    cells = shapely.get_parts(
        shapely.voronoi_polygons(
            shapely.multipoints(rng.uniform((120.0, 30.0), (120.5, 30.5), (12, 2))),
            extend_to=frame,
        )
    )
    for number, cell in enumerate(cells):
        rows.area(writer, edition, 100 + number, cell, kind="community")
        park = shapely.affinity.scale(cell, 0.6, 0.6)
        rows.area(writer, edition, 200 + number, park, kind="industrial_park")
    vertices = shapely.get_coordinates(cells)
    inside = (vertices > (120.05, 30.05)).all(axis=1) & (vertices < (120.45, 30.45)).all(axis=1)
    tried = np.vstack([vertices[inside], rng.uniform((120.0, 30.0), (120.5, 30.5), (40, 2))])
    index = load_index(writer, edition)
    point, area, _ = memberships(index, tried[:, 0].copy(), tried[:, 1].copy())
    for number, (lon, lat) in enumerate(tried.tolist()):
        found = {one.area_id for one in unions_here(writer, lon, lat)}
        assert found == set(index.ids[area[point == number]].tolist())
        assert sum(one < 200 for one in found) == 1


@pytest.mark.parametrize(
    ("stored", "told"),
    [
        ("https://union.example/join?from=驿站", "https://union.example/join?from=驿站"),
        ("HTTP://union.example", "HTTP://union.example"),
        ("javascript:alert(1)", None),
        ("https://user@union.example/", None),
        ("//union.example", None),
        ("https://union.example/\njavascript:alert(1)", None),
        (f"https://union.example/{HOSTILE_NAME}", None),
    ],
)
def test_a_link_is_of_the_web_or_not_told(writer, areas, stored, told) -> None:
    # Rows may come by another way than our imports.
    writer.execute(
        "UPDATE area SET union_link = :l WHERE edition_id = :e", {"l": stored, "e": areas}
    )
    assert {one.link for one in unions_here(writer, 120.001, 30.001)} == {told}


# ---------------------------------------------------------------------- as they are imported
def test_headers_of_unions_are_known_in_both_languages() -> None:
    chinese = ["名称", "地址", "工会名称", "工会地址", "工会电话", "工会网址"]
    english = ["name", "address", "union name", "union address", "union phone", "union link"]
    fields = ["name", "address", "union_name", "union_address", "union_phone", "union_link"]
    for headers in (chinese, english, fields):
        matched = match_headers("areas", headers)
        assert matched.fields == dict(zip(fields, headers, strict=True))
        assert matched.personal_columns == []
    assert match_headers("areas", ["名称", "工会负责人电话"]).personal_columns == ["工会负责人电话"]


def test_links_are_those_of_the_web_and_the_others_are_named() -> None:
    cells = ["https://a.example", " http://a.example:8080/x#y ", "无", "", "www.a.example",
             "javascript:alert(1)", "https://a@b.example", "data:text/html,x", "https://",
             "https://a.example/" + "x" * 600]  # fmt: skip
    parsed = links(cells)
    assert parsed.values.to_pylist() == [
        "https://a.example", "http://a.example:8080/x#y", *[None] * 8
    ]  # fmt: skip
    assert parsed.bad.tolist() == [False] * 4 + [True] * 6
    assert stated_text(["无", "暂无", "—", "云栖街道总工会（演示）"]).values.to_pylist() == [
        None, None, None, "云栖街道总工会（演示）"
    ]  # fmt: skip
