"""How the planner's page travels: behind the key, kept for ever where it may, its texts whole."""

import re

import pytest

from api.pages import FOR_EVER
from geo.schema.siting import HOST_TYPES
from geo.siting.question import Group, Model
from maps import leader, plan
from maps.texts import catalogue

SCRIPTS = sorted(path.relative_to(plan.ROOM).as_posix() for path in plan.ROOM.rglob("*.js"))
PROGRAMS = {name: (plan.ROOM / name).read_text("utf-8") for name in SCRIPTS}
SHARED = {name: (leader.ROOM / name).read_text("utf-8") for name in plan.SHARED_MODULES}
PAGE = "".join(
    path.read_text("utf-8") for path in (plan.ROOM / "page.html", leader.ROOM / "frame.html")
)


def test_every_module_belongs_to_the_first_or_the_later_ones_and_none_is_long():
    assert sorted({*plan.FIRST_MODULES, *plan.LATER_MODULES}) == SCRIPTS
    for path in plan.ROOM.iterdir():
        assert len(path.read_text("utf-8").splitlines()) <= 400


def test_the_first_picture_waits_for_no_module_that_is_not_named_at_once():
    static = re.compile(r'^import\s[^(]*?from "(\./|\.\./leader/)([\w-]+\.js)"', re.MULTILINE)
    for name, text in PROGRAMS.items():
        for folder, module in static.findall(text):
            named = plan.SHARED_MODULES if "leader" in folder else plan.FIRST_MODULES
            assert module in named, f"{name} needs {module}"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_and_what_it_names_are_there_and_kept_for_ever(client, lang):
    page = client.get(f"/plan?lang={lang}")
    assert page.status_code == 200
    assert f'lang="{"en" if lang == "en" else "zh-CN"}"' in page.text
    paths = set(re.findall(r'(?:src|href)="(/web/@[^"]+)"', page.text))
    paths |= {plan.address(f"plan/{name}") for name in plan.LATER_MODULES}
    for path in paths:
        answer = client.get(path)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, FOR_EVER), path


def test_without_the_key_the_browser_asks_for_it(stranger):
    refused = stranger.get("/plan")
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Basic")


def test_the_policy_of_the_page_is_strict_and_no_script_writes_html(client):
    answer = client.get("/plan")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert not re.search("unsafe|http", policy)
    assert not re.search(r"<script(?![^>]*(?:src=|application/json))", answer.text)
    assert not re.search(r"<style|\sstyle=|\son\w+=", answer.text)
    for name, text in PROGRAMS.items():
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write", text), name
        assert 'setAttribute("style"' not in text


def test_every_text_the_page_asks_for_is_there_and_none_lies_idle():
    own = {key.removeprefix("plan.") for key in catalogue() if key.startswith("plan.")}
    spoken = own | set(plan.SHARED_TEXTS)
    asked = {
        key
        for text in [*PROGRAMS.values(), *SHARED.values()]
        for key in re.findall(r'\bt\("([a-z_0-9]+)"', text)
    }
    asked |= set(re.findall(r"\bt\([\"']([a-z_0-9]+)[\"'][,)]", PAGE))
    assert asked - spoken == set()
    words = {word for text in PROGRAMS.values() for word in re.findall(r'"([a-z_0-9]+)"', text)}
    made = {
        prefix
        for text in PROGRAMS.values()
        for prefix in re.findall(r"(?:t\(|\.)`?([a-z_]+_)\$\{", text)
    }
    made |= set(re.findall(r't\("([a-z_]+_)" ~', PAGE))
    # What such a name ends in is a word of the code or the form too, or comes with an answer.
    code = "".join(PROGRAMS.values())
    ends = set(re.findall(r'["\']([\w -]+)["\']', code + PAGE))
    ends |= set(re.findall(r"\b(\w+):", code)) | {"employee", "kilometre"}
    names = {
        f"{start}{end}" for start in made for end in re.sub("[ -]", "_", "\n".join(ends)).split()
    }
    names |= {f"{name}_short" for name in names}
    names |= {f"{of}_{end}" for of in ("people", "person_hours") for end in ("n", "unit", "word")}
    assert own - asked - words - names == set()
    assert set(plan.SHARED_TEXTS) - asked == set()


def test_every_coded_word_of_a_question_has_a_name():
    known = catalogue()
    assert {f"host_type.{name}" for name in HOST_TYPES} <= set(known)
    assert tuple(Group.__args__) == plan.GROUPS
    assert {f"worker_group.{name}" for name in plan.GROUPS} <= set(known)
    for name in Model.__args__:
        assert f"plan.model_{name.replace('-', '_')}" in known
        assert f'value="{name}"' in PAGE or f'"{name}"' in PAGE


def test_the_colours_of_the_map_are_those_of_the_legend():
    sheet = (plan.ROOM / "plan.css").read_text("utf-8")
    day, night = (plan._colours()[when] for when in ("day", "night"))
    for colours, rule in ((day, sheet.split("}")[0]), (night, sheet.split("}")[1])):
        for name, colour in zip(("uncovered", "today", "new"), colours["people"], strict=True):
            assert f"--{name}: {colour};" in rule
        assert f"--candidate: {colours['candidate']};" in rule
        assert f"--station: {colours['station']};" in rule
