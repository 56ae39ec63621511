"""A plan taken away as files and prints."""

import io
import json
from dataclasses import replace
from datetime import date

import pandas as pd
import pyogrio
import pypdf
import pytest
from hostile import HOSTILE_NAME

from geo.database import Actor
from geo.siting.plans import scenarios
from maps.siting.gather import gather
from maps.siting.print import MOST_DISTRICTS, pdf


def test_a_plan_is_taken_away_as_files_that_agree_with_it(planner, plan, tmp_path):
    url = f"/api/siting/plans/{plan['id']}"
    chosen = plan["answer"]["sites"]
    told = planner.get(f"{url}.geojson").json()
    assert {one["id"] for one in told["features"]} == set(chosen)
    assert told["plan"]["share"] == plan["facts"]["share"]
    shifted = planner.get(f"{url}.geojson", params={"crs": "gcj02"}).json()
    assert shifted["crs_used"] == "gcj02"
    assert shifted["features"][0]["geometry"] != told["features"][0]["geometry"]

    (tmp_path / "plan.gpkg").write_bytes(planner.get(f"{url}.gpkg").content)
    layers = dict(pyogrio.list_layers(tmp_path / "plan.gpkg"))
    assert set(layers) == {"sites", "stations", "areas", "people", "plan", "editions"}
    (about,) = pyogrio.read_dataframe(tmp_path / "plan.gpkg", layer="plan").to_dict("records")
    assert (about["id"], about["status"], about["new_sites"]) == (plan["id"], "optimal", 3)
    assert about["bound"] == plan["answer"]["bound"] == about["objective"]
    assert json.loads(about["question"])["sites"] == 3
    rests_on = pyogrio.read_dataframe(tmp_path / "plan.gpkg", layer="editions")
    told_of = {(one["dataset"], one["id"]) for one in plan["editions"]}
    assert set(zip(rests_on["dataset"], rests_on["number"], strict=True)) == told_of
    dots = pyogrio.read_dataframe(tmp_path / "plan.gpkg", layer="people")
    assert dots["people"].sum() == pytest.approx(plan["facts"]["people"])
    assert dots.loc[dots["state"] > 0, "people"].sum() == pytest.approx(plan["facts"]["covered"])

    (tmp_path / "plan.xlsx").write_bytes(planner.get(f"{url}.xlsx?lang=en").content)
    sheets = pd.read_excel(tmp_path / "plan.xlsx", sheet_name=None, engine="calamine")
    assert sheets["New sites"]["Name"].tolist() == [one["name"] for one in plan["facts"]["sites"]]
    areas = sheets["Areas before and after"]
    assert areas["With the plan (person-hours)"].sum() == pytest.approx(plan["facts"]["covered"])


def test_the_report_has_two_pages_with_the_bound_in_either_language(planner, plan):
    for lang, words in (("zh", "已证明为最优"), ("en", "Proved to be the best")):
        answer = planner.get(f"/api/siting/plans/{plan['id']}/report.pdf", params={"lang": lang})
        assert answer.status_code == 200, answer.text
        read = pypdf.PdfReader(io.BytesIO(answer.content))
        assert len(read.pages) == 2
        told = "".join(page.extract_text() for page in read.pages)
        assert words.replace(" ", "") in told.replace(" ", "").replace("\n", "")
        assert "<img" in told, "a hostile name is text"
    same = planner.get(
        f"/api/siting/plans/{plan['id']}/report.pdf?lang=en",
        headers={"If-None-Match": answer.headers["etag"]},
    )
    assert same.status_code == 304


def viewed(planner, plan):
    """What is drawn of a plan, without the people."""
    service = planner.app.state.service
    with service.database.read(Actor("test")) as reader:
        kept = scenarios.show(reader, plan["id"])
        return gather(reader, service.settings, kept, whom=None, made_on=date(2026, 11, 23))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_areas_of_a_report_stand_in_lines_and_in_letters_one_can_read(planner, plan, language):
    view = viewed(planner, plan)
    (one, *_) = view.facts["districts"]
    names = [f"第{n:02d}街道（演示数据）" for n in range(40)]
    many = [{**one, "name": name, "id": 1000 + n} for n, name in enumerate(names)]
    facts = {**view.facts, "districts": many}
    page = pypdf.PdfReader(io.BytesIO(pdf(replace(view, facts=facts), language))).pages[1]
    sizes: list[float] = []

    def seen(said, into, at, font, size):
        del font
        if said.strip():
            sizes.append(size * abs(into[3] * at[3]))

    told = page.extract_text(visitor_text=seen)
    assert sum(name in told.replace(" ", "") for name in names) == MOST_DISTRICTS
    assert min(sizes) >= 5.5


def test_the_map_in_one_file_asks_nobody_and_escapes_every_name(planner, plan):
    answer = planner.get(f"/api/siting/plans/{plan['id']}/map.html")
    assert "connect-src" not in answer.headers["content-security-policy"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert HOSTILE_NAME not in answer.text
    data = json.loads(answer.text.split('id="data">')[1].split("</script>")[0])
    assert [one["name"] for one in data["sites"]] == [one["name"] for one in plan["facts"]["sites"]]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_site_is_named_in_the_report_and_areas_where_people_are_left(planner, plan, language):
    view = viewed(planner, plan)
    site, area = view.facts["sites"][0], view.facts["districts"][0]
    sites = [{**site, "name": f"第{n:02d}号便利店"} for n in range(42)]
    # The last one gains; of the others ever more people are left.
    areas = [
        {**area, "name": f"第{n:02d}街道", "people": 900.0 + n, "before": 5.0, "after": 5.0}
        for n in range(40)
    ]
    areas[0] |= {"after": 9.0}
    facts = {**view.facts, "sites": sites, "districts": areas}
    made = pypdf.PdfReader(io.BytesIO(pdf(replace(view, facts=facts), language)))
    assert len(made.pages) == 2
    first, second = ("".join(page.extract_text().split()) for page in made.pages)
    assert all(one["name"] in first for one in sites)
    places = [second.find(one["name"]) for one in [areas[0], *reversed(areas[7:])]]
    assert places == sorted(places)
    assert min(places) >= 0
    assert all(one["name"] not in second for one in areas[1:7])
