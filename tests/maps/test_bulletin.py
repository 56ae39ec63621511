"""The printed bulletin, read back by another program: text, pages, fonts, tags; nothing of a name
taken for markup."""

import io
import re
import zipfile
from dataclasses import replace

import pytest
import shapely
from printed import bulletin, rate, read, sheet, texts
from pyproj import Geod
from python_calamine import CalamineWorkbook

from geo.errors import Unavailable
from maps.bulletin import pdf, xlsx
from maps.bulletin.document import RANKED, data_of
from maps.bulletin.picture import Patch, Ring, draw
from maps.bulletin.typesetter import chosen_families, typeset
from maps.bulletin.words import cut, plain, signed_points
from maps.texts import text

LANGUAGES = pytest.mark.parametrize("language", ["zh", "en"])


def squeezed(value: str) -> str:
    return "".join(value.split())


# ---------------------------------------------------------------------- one page
@LANGUAGES
def test_a_page_has_the_figures_the_names_and_what_they_rest_on(language):
    one = sheet()
    [page] = texts(pdf(bulletin(one), language))
    for line in one.rates:
        assert f"{line.numerator:,}/{line.denominator:,}" in page
    for area in one.children:
        of = area.rates["establishment"]
        assert area.name in page
        assert f"{of.numerator:,}/{of.denominator:,}" in page
        assert area.workers is None or f"{area.workers:,}" in page
    for told in ("演示市总工会", "2026-06-30", "2026-07-05", "12", "1,234", "星河园0", "95%"):
        assert told in page
    assert squeezed(text("bulletin.no_data", language)) in page
    assert squeezed(text("page.no_approval", language)) in page
    assert ("目标依据：[1]省总2025年要点" if language == "zh" else "[1]Provincialplan2025") in page
    assert "−1,234" in page
    assert "+2.3" in page
    assert "+1.8" in page


@LANGUAGES
@pytest.mark.parametrize("children", [0, 1, 12, 60])
def test_a_district_always_has_one_page(language, children):
    names = ["一个名字长得很长很长很长很长很长很长很长的街道办事处" * 3] * children
    one = sheet(children=children, clusters=80, names=names)
    document = pdf(bulletin(one), language)
    assert len(read(document).pages) == 1
    [page] = texts(document)
    cut_ = squeezed(text("bulletin.ranking_cut", language, shown=RANKED, total=60))
    assert (cut_ in page) == (children == 60)
    assert squeezed(text("bulletin.map_cut", language, n=60)) in page


@LANGUAGES
def test_the_file_is_tagged_titled_and_holds_its_fonts(language):
    document = read(pdf(bulletin(sheet()), language))
    root = document.trailer["/Root"]
    assert root["/Lang"] == {"zh": "zh-CN", "en": "en"}[language]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/StructTreeRoot"]
    assert "高新区" in document.metadata.title
    assert document.metadata.author == "演示市总工会"
    assert b"pdfuaid" in root["/Metadata"].get_data()
    fonts = [font.get_object() for font in document.pages[0]["/Resources"]["/Font"].values()]
    assert fonts
    for font in fonts:
        [inner] = font["/DescendantFonts"]
        assert {"/FontFile2", "/FontFile3"} & set(inner["/FontDescriptor"])
        assert "/ToUnicode" in font


def test_the_same_bulletin_of_the_same_day_is_the_same_bytes():
    one = bulletin(sheet())
    assert pdf(one, "zh") == pdf(one, "zh")
    assert xlsx(one, "zh") == xlsx(one, "zh")


HOSTILE = [
    "#panic(1);",
    "$x^2$`raw`",
    "[link]<lbl>@ref",
    "*bold*_it_~x",
    "//no/*comment",
    "</svg><script>",
    "=SUM(A1)+1",
    '"quote"\\u{41}',
    "#sys.inputs",
    "https://a.cn",
    "—a--b'c'",
]


def test_a_name_is_never_markup():
    one = sheet(names=HOSTILE, name="#panic(2)@x<y>$z$")
    shown = replace(one, clusters=[replace(one.clusters[0], place="#read(1)*[x]")])
    [page] = texts(pdf(bulletin(shown, issuer="#import(3)"), "zh"))
    for name in (*HOSTILE, "#panic(2)@x<y>$z$", "#read(1)*[x]", "#import(3)"):
        assert name in page, name


def test_names_without_letters_are_still_a_page():
    names = ["", " ", "\x00\x07", "\u202eabc", "𠮷野家", "😀" * 40, "a" * 5000]
    one = sheet(names=names, name="\n\t")
    [page] = texts(pdf(bulletin(one), "zh"))
    assert "未命名区域1" in page
    assert "𠮷野家" in page


# ---------------------------------------------------------------------- little or nothing there
def test_an_area_without_anything_says_so_in_words():
    bare = replace(
        sheet(children=0, clusters=0),
        shape=None,
        rates=[rate("establishment", 0, 0)],
        apart={},
        change=None,
        without=0,
    )
    [page] = texts(pdf(bulletin(bare, earlier=None, issuer=None), "zh"))
    for key in ("summary_none", "no_map", "ranking_empty", "change_none", "clusters_none"):
        assert squeezed(text(f"bulletin.{key}", "zh")) in page
    assert squeezed(text("bulletin.no_issuer", "zh")) in page
    assert "0.0%" not in page


def test_one_enterprise_and_no_unions_are_told_as_what_they_are():
    one = replace(sheet(), rates=[rate("establishment", 0, 1)])
    [page] = texts(pdf(bulletin(one), "zh"))
    assert squeezed(text("bulletin.summary_one", "zh")) in page
    none = replace(sheet(), rates=[rate("establishment", 0, 500)])
    [page] = texts(pdf(bulletin(none), "zh"))
    assert squeezed(text("bulletin.summary_no_unions", "zh")) in page
    all_ = replace(sheet(), rates=[rate("establishment", 500, 500)])
    [page] = texts(pdf(bulletin(all_), "zh"))
    assert squeezed(text("bulletin.summary_met", "zh", target="95%")) in page


def test_an_area_that_the_earlier_edition_had_not_says_so():
    [page] = texts(pdf(bulletin(replace(sheet(), change=None)), "zh"))
    assert squeezed(text("bulletin.change_no_area", "zh")) in page


# ---------------------------------------------------------------------- the booklet
@LANGUAGES
def test_a_booklet_has_cover_contents_a_page_a_district_and_definitions(language):
    sheets = [sheet(number, name=f"第{number}区", children=5) for number in range(1, 7)]
    whole = sheet(0, name=None, kind="whole", children=6)
    document = pdf(bulletin(*sheets, whole=whole), language)
    pages = texts(document)
    assert len(pages) == 2 + 1 + 6 + 1
    cover, contents, overall, *districts, notes = pages
    assert squeezed(text("bulletin.title", language)) in cover
    for number, page in enumerate(districts, 1):
        assert f"第{number}区" in contents
        assert f"第{number}区" in page
    assert squeezed(text("bulletin.whole", language)) in overall
    assert squeezed(text("bulletin.define_shrunk", language)) in notes
    assert "某市总工会2026年上半年台账" in notes
    marks = [one["/Title"] for one in read(document).outline if not isinstance(one, list)]
    assert len(marks) == 1 + 6 + 1
    assert any("第3区" in one for one in marks)


# ---------------------------------------------------------------------- the map
def test_the_scale_bar_is_as_long_as_it_says_and_north_is_up():
    west, south, east, north = 106.5, 29.5, 106.56, 29.54
    picture = draw(
        [Patch(shapely.box(west, south, east, north), "#ffffff")], [], width=76, height=72
    )
    across = Geod(ellps="WGS84").inv(west, (south + north) / 2, east, (south + north) / 2)[2]
    inside = picture.width - 2 * 1.6
    assert picture.bar_metres / picture.bar_mm == pytest.approx(across / inside, rel=0.005)
    assert picture.bar_metres in (500, 1000, 2000)
    assert picture.bar_mm <= 30
    upper = shapely.box(west, 29.53, east, north)
    both = draw([Patch(shapely.box(west, south, east, 29.53), "#111111"), Patch(upper, "#222222")],
                [], width=76, height=72)  # fmt: skip
    low, high = (next(one for one in both.places if one.index == at) for at in (0, 1))
    assert high.y < low.y


def test_few_are_hatched_no_data_is_crossed_and_tiers_differ():
    square = shapely.box(0, 0, 0.1, 0.1)
    ring = shapely.Point(0.05, 0.05).buffer(0.01)
    drawn = draw(
        [Patch(square, "#abcdef", small=True), Patch(square, None), Patch(None, "#123456")],
        [Ring(ring, sure=True), Ring(ring, sure=False), Ring(None, sure=True)],
        width=50,
        height=50,
    )
    assert drawn.svg.count('fill="url(#small)"') == 1
    assert drawn.svg.count('fill="url(#none)"') == 1
    assert drawn.svg.count("stroke-dasharray") == 1
    assert "#123456" not in drawn.svg
    assert draw([Patch(None, "#123456")], [], width=50, height=50) is None


def test_the_first_clusters_are_numbered_on_the_map():
    [page] = data_of(bulletin(sheet()), "zh")["pages"]
    assert sorted(one["text"] for one in page["map"]["marks"]) == ["1", "2", "3", "4", "5"]
    assert len(page["clusters"]["rows"]) == 5


# ---------------------------------------------------------------------- words
@pytest.mark.parametrize(
    ("difference", "told"),
    [(0.023, "+2.3"), (-0.011, "−1.1"), (0.0002, "+0.02"), (0, "+0.0000")],
)
def test_a_change_is_never_rounded_to_nothing(difference, told):
    assert signed_points(difference) == told


def test_what_is_cut_says_so_and_brackets_at_the_end_are_dropped_from_maps():
    assert cut("云石街道办事处", 4) == "云石街…"
    assert cut("abc", 4) == "abc"
    assert plain("云石街道（演示数据）") == "云石街道"
    assert plain("（演示数据）") == "（演示数据）"


def test_without_a_chinese_font_it_is_said_what_to_install():
    with pytest.raises(Unavailable, match="font") as told:
        chosen_families(["DejaVu Sans", "Libertinus Serif"])
    assert "NUANYI_FONTS" in told.value.remedy
    assert chosen_families(["SimHei", "Noto Sans CJK SC"])[0] == ("Noto Sans CJK SC", "SimHei")


def test_a_page_can_be_looked_at():
    [picture] = typeset(
        data_of(bulletin(sheet()), "zh"),
        printed_on=bulletin(sheet()).printed_on,
        folder=None,
        form="png",
        dots_per_inch=40,
    )
    assert picture.startswith(b"\x89PNG")


# ---------------------------------------------------------------------- the spreadsheet
def rows_of(content: bytes) -> dict[str, list[list]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


@LANGUAGES
def test_a_sheet_for_each_theme_has_the_numbers_as_numbers(language):
    one = sheet(children=40, clusters=9)
    sheets = rows_of(xlsx(bulletin(one), language))
    names = [
        text(f"bulletin.sheet_{name}", language)
        for name in ("about", "rates", "ranking", "changes", "clusters", "definitions")
    ]
    assert list(sheets) == names
    _, rates, ranking, changes, clusters, definitions = sheets.values()
    for line, row in zip(one.rates, rates[1:], strict=True):
        assert row[5] == pytest.approx(line.value)
        assert row[6:8] == [line.numerator, line.denominator]
        assert row[14] == ("" if line.gap is None else line.gap)
    assert len(ranking) == 41
    known = [row for row in ranking[1:] if row[5] != ""]
    assert [row[5] for row in known] == sorted(row[5] for row in known)
    assert len(known) == 39, "the area without data has no rank and no rate"
    assert next(row for row in ranking[1:] if row[5] == "")[6] == ""
    assert len(clusters) == 10
    assert changes[1][5:7] == [0.78, 0.803]
    assert any(squeezed(text("bulletin.define_cluster", language)) == squeezed(row[1])
               for row in definitions)  # fmt: skip


def test_no_cell_is_a_formula_or_a_link():
    names = ["=1+1", "@SUM(A1)", "+1", "-1", "https://a.cn", "\t=2", "12345", "</t>&"]
    content = xlsx(bulletin(sheet(names=names)), "zh")
    shown = [row[1] for row in rows_of(content)["排名"][1:]]
    for name in ("=1+1", "@SUM(A1)", "+1", "-1", "https://a.cn", "=2", "12345", "</t>&"):
        assert name in shown
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        for part in book.namelist():
            inside = book.read(part).decode("utf-8", "replace")
            assert not re.search(r"<f[ >]|<hyperlink", inside), part
            assert 'Target="http' not in inside.replace("schemas.openxmlformats.org", ""), part


def test_without_an_earlier_edition_the_sheet_of_changes_says_so():
    one = bulletin(replace(sheet(), change=None), earlier=None)
    assert rows_of(xlsx(one, "zh"))["变化"][1][0] == text("bulletin.change_none", "zh")


def test_borders_that_cross_themselves_or_each_other_are_drawn():
    bow = shapely.Polygon([(0, 0), (0.1, 0.1), (0.1, 0), (0, 0.1)])
    over = shapely.box(0.05, 0.02, 0.15, 0.08)
    empty, point_like = shapely.Polygon(), shapely.box(0.05, 0.05, 0.0500001, 0.0500001)
    patches = [Patch(one, "#abcdef") for one in (bow, over, over, empty, point_like)]
    drawn = draw(patches, [Ring(bow, sure=True)], width=76, height=72)
    assert drawn.svg.count("<path") >= 6
    assert "nan" not in drawn.svg
    assert drawn.width <= 76.01
    assert drawn.height <= 72.01
