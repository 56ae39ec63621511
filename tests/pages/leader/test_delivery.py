"""How the leader's page travels: behind the key, kept for ever where it may be, its texts there."""

import base64
import re
from pathlib import Path

import pytest
from served import KEY

from api.pages import FOR_EVER, served
from maps import leader
from maps.texts import catalogue
from maps.vendored import MAPLIBRE

ROOM = leader.ROOM
SCRIPTS = sorted(path.relative_to(ROOM).as_posix() for path in ROOM.rglob("*.js"))


def test_every_module_is_served_and_belongs_to_the_first_or_the_later_ones():
    assert sorted({"boot.js", *leader.FIRST_MODULES, *leader.LATER_MODULES}) == SCRIPTS
    for path in ROOM.rglob("*.*"):
        assert len(path.read_text("utf-8").splitlines()) <= 400


def test_the_first_picture_waits_for_no_module_that_is_not_named_at_once():
    """Whatever a first module imports statically is a first module too: no chain of requests."""
    static = re.compile(r'^import\s[^(]*?from "\./([\w-]+\.js)"', re.MULTILINE)
    for name in leader.FIRST_MODULES:
        assert set(static.findall((ROOM / name).read_text("utf-8"))) <= set(leader.FIRST_MODULES)


def test_the_charts_are_loaded_by_nobody_who_does_not_look_at_them():
    for name in leader.FIRST_MODULES:
        text = (ROOM / name).read_text("utf-8")
        assert not re.search(r'^import .*"\./charts/', text, re.MULTILINE)
    assert "echarts" not in (ROOM / "page.html").read_text("utf-8")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_and_what_it_names_are_there(client, lang):
    page = client.get(f"/coverage?lang={lang}")
    assert page.status_code == 200
    assert f'lang="{"en" if lang == "en" else "zh-CN"}"' in page.text
    for path in re.findall(r'(?:src|href)="(/web/[^"]+)"', page.text):
        assert client.get(path).status_code == 200, path
    for name in MAPLIBRE:
        assert leader.library(name) in page.text or name.endswith("-worker.js")
    assert client.get(leader.library(leader.ECHARTS)).status_code == 200


def test_a_marked_file_is_kept_for_ever_and_an_old_mark_is_not(client):
    for path in (leader.address("main.js"), leader.library(MAPLIBRE[0])):
        assert client.get(path).headers["cache-control"] == FOR_EVER
    old = client.get("/web/@0123456789ab/leader/main.js")
    assert old.status_code == 200
    assert "immutable" not in old.headers["cache-control"]
    assert client.get(f"/web/@{leader.mark()}/leader/page.html").status_code == 404


def test_without_the_key_the_browser_asks_for_it(stranger):
    refused = stranger.get("/coverage")
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Basic")
    given = base64.b64encode(f"leader:{KEY}".encode()).decode()
    assert stranger.get("/coverage", headers={"Authorization": f"Basic {given}"}).status_code == 200
    wrong = base64.b64encode(b"leader:guess").decode()
    refused = stranger.get("/coverage", headers={"Authorization": f"Basic {wrong}"})
    assert refused.status_code == 401


def test_the_policy_of_the_page_is_strict(client):
    answer = client.get("/coverage")
    policy = answer.headers["content-security-policy"]
    for part in ("default-src 'self'", "worker-src 'self'", "connect-src 'self'"):
        assert part in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert not re.search(r"<script(?![^>]*(?:src=|application/json))", answer.text)
    assert not re.search(r"<style|\sstyle=|\son\w+=", answer.text)


def test_no_script_writes_html_or_inline_style():
    for name in SCRIPTS:
        text = (ROOM / name).read_text("utf-8")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write", text), name
        assert 'setAttribute("style"' not in text


def test_every_text_the_page_asks_for_is_there_and_none_lies_idle():
    programs = {name: (ROOM / name).read_text("utf-8") for name in SCRIPTS}
    template = "".join((ROOM / name).read_text("utf-8") for name in ("page.html", "frame.html"))
    asked = {key for text in programs.values() for key in re.findall(r'\bt\("([a-z_0-9]+)"', text)}
    asked |= set(re.findall(r"\bt\([\"']([a-z_0-9]+)[\"'][,)]", template))
    ours = {key.removeprefix("leader.") for key in catalogue() if key.startswith("leader.")}
    assert len(asked) > 150
    assert asked - ours == set()
    # Some are chosen among several, or made of a prefix and a code.
    words = {word for text in programs.values() for word in re.findall(r'"([a-z_0-9]+)"', text)}
    made = {
        prefix for text in programs.values() for prefix in re.findall(r"t\(`([a-z_]+_)\$", text)
    }
    made |= set(re.findall(r't\("([a-z_]+_)" ~', template)) | {"dataset_", "read_"}
    idle = {key for key in ours - asked - words if not key.startswith(tuple(made))}
    assert idle == set()


def test_every_coded_word_that_can_be_filtered_by_has_a_name():
    from geo.coverage.rates import RATES
    from geo.enterprises.filter import CHOICES, PARAMETERS

    known = catalogue()
    for field, names in CHOICES.items():
        section = f"leader_{PARAMETERS[field]}"
        assert {f"{section}.{name}" for name in names} <= set(known)
    for name in RATES:
        assert f"measure.{name}" in known


def test_the_room_is_part_of_what_is_installed():
    assert Path(leader.ROOM).is_relative_to(Path(leader.__file__).parent)
    assert "leader/main.js" in served()
