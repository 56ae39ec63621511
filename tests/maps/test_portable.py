"""A map in one file: everything inside, nothing from anywhere, no text that becomes code."""

import base64
import hashlib
import json
import re

import folium
import pytest
from folium.plugins import MarkerCluster
from hostile import HOSTILE_NAME
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import Invalid
from maps.portable import (
    Panel,
    PortableMap,
    both_html,
    content_security_policy,
    json_block,
    leaflet_css,
    trusted,
    with_policy,
)
from maps.texts import Both

HOSTILE = Both(HOSTILE_NAME, HOSTILE_NAME)


def simple(**more) -> PortableMap:
    return PortableMap(title=Both("地图", "A map"), **more)


def test_folium_itself_would_link_foreign_hosts_and_ours_links_none() -> None:
    plain = folium.Map().get_root().render()
    assert re.search(r'<script src="https://', plain)
    page = simple().page()
    assert not re.search(r"<(script|img|iframe|link|source|embed)\b[^>]*\b(src|href)=", page)


def test_a_map_of_folium_in_the_same_process_keeps_its_links_and_ours_gets_none() -> None:
    before = list(folium.Map.default_js)
    folium.Map().add_js_link("tracker", "https://example.org/tracker.js")
    try:
        assert "example.org" not in simple().page()
    finally:
        folium.Map.default_js[:] = before


def test_a_layer_that_loads_something_is_refused() -> None:
    portable = simple()
    portable.add_child(MarkerCluster([[29.5, 106.5]]))
    with pytest.raises(Invalid, match="portable map would need"):
        portable.page()


@pytest.mark.parametrize(
    "html",
    [
        '<img src="https://example.org/x.png">',
        '<p style="background:url(https://example.org/x.png)">',
        '<p onclick="alert(1)">',
        '<form action="https://example.org/">',
        '<link rel="stylesheet" href="/style.css">',
        '<iframe src="page.html"></iframe>',
    ],
)
def test_markup_that_the_policy_would_block_is_named_instead_of_dropped(html: str) -> None:
    portable = simple()
    portable.panels.append(Panel("notes", Both("说明", "Notes"), trusted(html)))
    with pytest.raises(Invalid):
        portable.page()


def test_the_policy_allows_just_the_inline_parts_by_their_hashes() -> None:
    page = simple().page()
    policy = dict(part.strip().split(" ", 1) for part in content_security_policy(page).split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["img-src"] == "data:"
    assert "unsafe" not in str(policy)
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    wanted = {
        f"'sha256-{base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()}'"
        for one in scripts
    }
    assert set(policy["script-src"].split()) == wanted
    # The policy stands before anything it governs.
    assert page.index("Content-Security-Policy") < page.index("<style>")


def test_no_picture_is_left_outside_the_styles() -> None:
    assert re.findall(r"url\((?!data:|#)", leaflet_css()) == []


def test_a_hostile_text_stays_text_in_title_notice_and_attribution() -> None:
    page = simple().page()
    hostile = PortableMap(
        title=HOSTILE,
        subtitle=HOSTILE,
        notice=HOSTILE,
        attribution=HOSTILE,
        approval_number=HOSTILE_NAME,
        made_at=HOSTILE_NAME,
    )
    hostile.data = {"name": HOSTILE_NAME}
    text = hostile.page()
    assert "<img" not in text
    assert text.count("<script") == page.count("<script")
    assert text.count("</script") == page.count("</script")


@given(st.text())
def test_a_data_block_survives_any_text_and_never_ends_early(text: str) -> None:
    block = json_block({"name": text, text: [text]})
    assert not set("<>&\u2028\u2029") & set(block)
    assert json.loads(block) == {"name": text, text: [text]}


def test_a_data_block_holds_the_hostile_name_inert() -> None:
    block = json_block([HOSTILE_NAME, "\u2028\u2029<!--"])
    assert "</script" not in block
    assert json.loads(block) == [HOSTILE_NAME, "\u2028\u2029<!--"]


def test_both_languages_are_in_the_page_and_escaped() -> None:
    assert both_html(Both("站点", "Stations")) == (
        '<span class="zh" lang="zh-CN">站点</span><span class="en" lang="en">Stations</span>'
    )
    assert (
        both_html(HOSTILE) == "&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;驿站&amp;&#34;&#39;"
    )


def test_the_approval_number_has_its_place_and_its_absence_is_said() -> None:
    assert "审图号：无" in simple().page()
    assert "审图号：GS(2026)0000号" in simple(approval_number="GS(2026)0000号").page()


def test_the_page_opens_in_the_language_that_was_asked_for() -> None:
    assert '<html lang="zh-CN" data-language="zh">' in simple().page()
    assert '<html lang="en" data-language="en">' in simple(language="en").page()
    with pytest.raises(Invalid, match="not a language"):
        simple(language="fr")


def test_the_page_can_be_zoomed_by_its_reader() -> None:
    assert "user-scalable" not in simple().page()


def test_the_same_map_gives_the_same_bytes_also_twice() -> None:
    def made() -> PortableMap:
        portable = simple()
        portable.add_named("dots", folium.CircleMarker([29.5, 106.5]))
        return portable

    one = made()
    assert one.page() == made().page()
    assert one.page() == one.page()


def test_folium_layers_are_drawn_in_it() -> None:
    portable = simple(location=[29.5, 106.5])
    portable.add_child(folium.CircleMarker([29.5, 106.5], radius=7))
    portable.add_child(folium.Marker([29.5, 106.6]))
    page = portable.page()
    assert "L.circleMarker" in page
    assert 'L.Icon.Default.mergeOptions({"iconUrl":"data:image/png' in page


def test_a_page_without_charset_or_policy_is_refused() -> None:
    with pytest.raises(Invalid, match="charset"):
        with_policy("<p>text</p>")
    with pytest.raises(Invalid, match="policy"):
        content_security_policy("<p>text</p>")
