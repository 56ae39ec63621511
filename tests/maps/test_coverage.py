"""The coverage map: rates with all they need, nothing dropped in silence, nothing taken as code."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
import shapely
from hostile import HOSTILE_NAME
from invented_city import AS_OF, CENTRE, borders, city, rate

from maps.coverage import AreaMark, ClusterMark, CoverageView, StationMark, draw
from maps.coverage.marks import grouped
from maps.portable import leaflet_css, leaflet_js
from maps.texts import Both

MEGABYTE = 1_000_000


class Page(HTMLParser):
    """What a browser would make of the page: tags, the rows of the table, the visible text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.rows: list[list[str]] = []
        self.text = ""
        self.data: dict = {}
        self._raw = ""
        self._row: list[str] | None = None
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "tr" and "data-area" in dict(attrs):
            self._row = []
            self.rows.append(self._row)
        if tag in ("td", "th") and self._row is not None:
            self._row.append("")
        self._raw = tag if tag in ("script", "style") else ""
        if tag == "script" and dict(attrs).get("id") == "data":
            self._raw = "data"

    def handle_endtag(self, tag: str) -> None:
        if tag == "tr" and self._row is not None:
            self._row[:] = [" ".join(cell.split()) for cell in self._row]
            self._row = None
        if tag in ("script", "style"):
            self._raw = ""

    def handle_data(self, text: str) -> None:
        if self._raw == "data":
            self.data = json.loads(text)
        elif not self._raw:
            self.text += text
            if self._row:
                self._row[-1] += text


def page(view: CoverageView, **options) -> Page:
    return Page(draw(view, **options))


@pytest.fixture(scope="module")
def html() -> str:
    return draw(city())


@pytest.fixture(scope="module")
def drawn(html: str) -> Page:
    return Page(html)


def test_nothing_in_the_page_loads_anything(html: str, drawn: Page) -> None:
    for tag, attributes in drawn.tags:
        for name in ("src", "href", "action", "data", "poster", "xlink:href"):
            assert attributes.get(name, "#").startswith(("#", "data:")), (tag, attributes)
    # Addresses in the text: the name of a namespace, and Leaflet's comments and its own home.
    ours = html.replace(leaflet_css(), "").replace(leaflet_js(), "")
    assert set(re.findall(r"https?://[^\s\"'<>\\)]+", ours)) == {"http://www.w3.org/2000/svg"}


def test_the_hostile_name_opens_no_tag_and_sets_no_handler(html: str, drawn: Page) -> None:
    assert "<img" not in html
    assert "img" not in {tag for tag, _ in drawn.tags}
    assert not any(name.startswith("on") for _, attributes in drawn.tags for name in attributes)
    assert HOSTILE_NAME in drawn.text
    assert drawn.data["areas"][0]["name"] == [HOSTILE_NAME, HOSTILE_NAME]


def test_a_rate_is_shown_with_all_that_belongs_to_it(drawn: Page) -> None:
    area = drawn.data["areas"][5]
    assert {"v", "t", "n", "d", "g", "target", "ci", "m", "as", "ed"} <= set(area)
    assert area["as"] == AS_OF.isoformat()
    assert drawn.data["scope"][0].startswith("已建会")
    assert area["v"] == pytest.approx(area["n"] / area["d"], abs=1e-6)


def test_the_table_says_in_words_what_the_map_paints(drawn: Page) -> None:
    assert len(drawn.rows) == len(drawn.data["areas"]) == 47
    for row, area in zip(drawn.rows, drawn.data["areas"], strict=True):
        assert row[0].startswith(area["name"][0])
        assert area.get("t", "无数据") in row[2]
        assert row[3] == f"{area['n']:,}"
        assert row[4] == f"{area['d']:,}"


def test_no_data_is_hatched_and_never_a_zero(html: str, drawn: Page) -> None:
    none = [area for area in drawn.data["areas"] if area["d"] == 0]
    assert len(none) == 2
    for area in none:
        assert area["c"] == -1
        assert "v" not in area
        assert "t" not in area
    assert "无数据（不是 0%）" in drawn.text
    assert "url(#pattern-no-data)" in html


def test_a_small_denominator_is_marked_and_not_painted_as_if_it_were_firm(drawn: Page) -> None:
    small = [area for area in drawn.data["areas"] if area.get("s")]
    assert [area["d"] for area in small] == [11]
    assert "基数过小，仅供参考" in drawn.text


def test_a_small_denominator_does_not_set_the_breaks() -> None:
    firm = [rate(round(1000 * share), 1000, target=None) for share in (0.4, 0.45, 0.5, 0.55)]
    small = rate(5, 5, target=None)
    shapes = borders(5, 20)
    areas = [
        AreaMark(at, f"区{at}", "subdistrict", shapes[at], one)
        for at, one in enumerate([*firm, small])
    ]
    text = page(CoverageView("图", "establishment", areas)).text
    assert not re.search(r"100%", text)


def test_an_area_without_a_border_is_in_the_table_and_said_to_be_without(drawn: Page) -> None:
    assert "1 个区域没有边界，只列在表中。" in drawn.text
    assert any("未划界街道" in row[0] and "无边界" in row[0] for row in drawn.rows)


def test_every_edition_and_its_date_is_named(drawn: Page) -> None:
    for words in ("#12", "2026-06-30", "2026-01-01", "2026-07-14"):
        assert words in drawn.text


def test_a_mark_is_not_dropped_in_silence() -> None:
    view = city(areas=46, stations=900, clusters=60)
    found = page(view, limit=250)
    data = found.data
    assert len(data["areas"]) + len(data["clusters"]) + len(data["stations"]) <= 250
    assert len(data["clusters"]) == 50
    assert "聚集区按职工数从多到少显示前 50 个，共 60 个。" in found.text
    assert re.search(r"站点共 900 个，为保证清晰合并为 \d+ 个圆点", found.text)
    assert sum(one.get("count", 1) for one in data["stations"]) == 900
    kept = min(cluster["e"] for cluster in data["clusters"])
    assert sum(cluster.employees > kept for cluster in view.clusters) <= 50


def test_areas_beyond_the_limit_are_cut_from_the_small_end_and_it_is_said() -> None:
    view = city(areas=46)
    found = page(view, limit=50)
    assert len(found.data["areas"]) == 30
    assert "区域按基数从大到小显示前 30 个，共 47 个" in found.text
    shown = min(area["d"] for area in found.data["areas"])
    assert sum(area.rate.denominator > shown for area in view.areas) < 30


def test_a_full_map_says_nothing_of_cuts(drawn: Page) -> None:
    assert "显示前" not in drawn.text
    assert "合并为" not in drawn.text


def test_grouping_loses_no_station_and_mixes_no_kinds() -> None:
    random = np.random.default_rng(5)
    places = random.normal(CENTRE, 0.1, (4000, 2))
    kinds = random.choice(["a", "b", "c"], 4000).astype(object)
    group, centres = grouped(places, kinds, 500)
    assert group.max() + 1 == len(centres) <= 500
    assert np.bincount(group).sum() == 4000
    for number in range(len(centres)):
        assert len(set(kinds[group == number])) == 1
        assert centres[number] == pytest.approx(places[group == number].mean(axis=0))


def test_stations_at_one_place_are_grouped_without_end() -> None:
    group, _ = grouped(np.tile(CENTRE, (50, 1)), np.array(["a", "b"] * 25, dtype=object), 1)
    assert group.max() + 1 == 2


def test_stations_without_coordinates_are_counted() -> None:
    stations = [
        StationMark(1, "有", "warm_station", *CENTRE),
        StationMark(2, "无", "warm_station", None, None),
        StationMark(3, "坏", "warm_station", float("nan"), 29.5),
    ]
    found = page(CoverageView("图", "establishment", stations=stations))
    assert len(found.data["stations"]) == 1
    assert "另有 2 个站点没有坐标，未画在图上。" in found.text


BORDERS = borders(3, 30)
ABOVE_ONE = replace(rate(10, 10), value=1.2, numerator=12, low=None, high=None)
ONE = AreaMark(1, "甲", "district", BORDERS[0], rate(5, 100))


@pytest.mark.parametrize(
    "view",
    [
        CoverageView("空图", "establishment"),
        CoverageView("无界", "establishment", [replace(ONE, geometry=None)]),
        CoverageView("一区", "establishment", [ONE]),
        CoverageView(
            "无名",
            "establishment",
            [AreaMark(at, None, "subdistrict", BORDERS[at], rate(50, 100)) for at in range(3)],
        ),
        CoverageView(
            "全无数据",
            "establishment",
            [AreaMark(at, "乙", "subdistrict", BORDERS[at], rate(0, 0)) for at in range(3)],
        ),
        CoverageView(
            "无目标",
            "a_rate_of_tomorrow",
            [
                AreaMark(at, "丙", "a_new_kind", BORDERS[at], rate(20 * at + 9, 100, target=None))
                for at in range(3)
            ],
        ),
        CoverageView(
            "只有站点", "establishment", stations=[StationMark(1, None, "a_new_kind", *CENTRE)]
        ),
        CoverageView(
            "只有聚集区",
            "establishment",
            clusters=[
                ClusterMark(1, shapely.Point(CENTRE).buffer(0.01), 20, 400, 3),
                ClusterMark(2, None, 10, 30, 0, "50%"),
            ],
        ),
        CoverageView(
            "超过一", "membership_all", [AreaMark(1, "丁", "district", BORDERS[0], ABOVE_ONE)]
        ),
    ],
    ids=lambda view: view.title,
)
def test_a_map_with_parts_missing_is_still_a_map(view: CoverageView) -> None:
    found = page(view)
    assert view.title in found.text
    assert len(found.rows) == len(view.areas)
    for area, mark in zip(found.data["areas"], view.areas, strict=True):
        assert area["name"][0] == mark.name or area["name"][0].startswith("未命名区域")
    if not found.data["bounds"]:
        assert not any(mark.geometry is not None for mark in view.areas)


def test_numbers_that_are_none_become_no_data() -> None:
    none = float("nan")
    broken = replace(rate(5, 100), value=none, low=none, high=float("inf"), missing_share=none)
    area = page(
        CoverageView("图", "establishment", [AreaMark(1, "甲", "district", BORDERS[0], broken)])
    ).data["areas"][0]
    assert area["c"] == -1
    assert not {"v", "t", "ci", "m"} & set(area)


def test_an_identifier_keeps_all_its_digits(drawn: Page) -> None:
    assert drawn.data["areas"][1]["id"] == "9100000000000000001"


def test_the_same_view_gives_the_same_bytes(html: str) -> None:
    assert draw(city()) == html


def test_the_text_of_a_share_may_be_data(drawn: Page) -> None:
    view = CoverageView(
        Both("图", "Map"),
        "establishment",
        clusters=[ClusterMark(1, shapely.Point(CENTRE).buffer(0.01), 20, 400, 3, HOSTILE_NAME)],
    )
    text = draw(view)
    assert "<img" not in text
    assert Page(text).data["clusters"][0]["share"] == [HOSTILE_NAME, HOSTILE_NAME]


def test_a_city_of_350_areas_and_1000_clusters_fits_three_megabytes() -> None:
    view = city(areas=350, stations=0, clusters=1000, vertices=735)
    vertices = shapely.get_num_coordinates([area.geometry for area in view.areas[:350]])
    assert np.median(vertices) > 600
    size = len(draw(view).encode())
    assert size <= 3 * MEGABYTE


def test_tiers_of_clusters_are_drawn_apart_and_told() -> None:
    square = shapely.box(*CENTRE, CENTRE[0] + 0.01, CENTRE[1] + 0.01)
    says = Both("95% 未建会，这里一般为 32%", "95% without a union where 32% is usual here")
    clusters = [
        ClusterMark(1, square, 20, 900, 3, says, tier="to_check"),
        ClusterMark(2, square, 20, 100, 3, says),
    ]
    html = draw(CoverageView("图", "establishment", clusters=clusters))
    first, second = Page(html).data["clusters"]
    assert (first["id"], "tier" in first) == ("2", False), "the surest first"
    assert second["tier"] == "to_check"
    assert first["share"] == list(says)
    assert html.count('"dashArray": "5 4"') == 1
    assert "其中待核实" in Page(html).text
    assert "确认 1 处" in Page(html).text


def test_ranks_shrunk_values_targets_sources_and_what_is_set_apart_are_told() -> None:
    areas = [
        AreaMark(
            number,
            f"街道{number}",
            "subdistrict",
            None,
            rate(
                8,
                10,
                shrunk=0.61 + number / 100,
                gap=7,
                target_source="plan 2026",
                target_source_zh="2026 年要点",
            ),
            rank=3 - number,
        )
        for number in (1, 2)
    ]
    view = CoverageView(
        "图",
        "establishment",
        areas=areas,
        set_apart={"mass_registration": 1234, "dormant": 5, "closed": 6, "employees": 78},
    )
    page = Page(draw(view))
    record = page.data["areas"][0]
    assert (record["sh"], record["r"], record["g"]) == ("62.0%", 2, 7)
    assert page.data["targetSource"] == ["2026 年要点", "plan 2026"]
    assert "62.0%" in page.rows[0]
    assert "集群注册 1,234 家" in page.text
    other = [
        replace(areas[0]),
        replace(areas[1], rate=replace(areas[1].rate, target_source_zh="另")),
    ]
    assert Page(draw(replace(view, areas=other))).data["targetSource"] is None
    assert "集群注册 1,234" not in Page(draw(replace(view, set_apart={}))).text
