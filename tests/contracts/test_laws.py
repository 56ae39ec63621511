"""Laws of the house that no single room can keep."""

import ast
import importlib
import inspect
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from pathlib import Path
from time import monotonic
from urllib.request import urlopen

import pytest
import typer.main
from served import SOUTH, WEST

from api.cli import app as command_line
from api.problems import classes
from geo.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
OURS = [path for floor in ("api", "maps", "geo") for path in sorted((ROOT / floor).rglob("*.py"))]
NAMESPACES = re.compile(r"http://www\.w3\.org/[\w./#-]+")
FOREIGN = re.compile(r"""(?:https?:|["'(=\s])//[a-z0-9-]+(?:\.[a-z0-9-]+)+""", re.IGNORECASE)


# ---------------------------------------------------------------------- the floors
def test_nothing_of_ours_asks_postgis_for_a_concave_hull():
    """In PostGIS 3.3 it can kill the server; outlines are made by shapely."""
    ours = [
        path
        for floor in ("api", "geo", "maps")
        for path in (ROOT / floor).rglob("*")
        if path.suffix in {".py", ".sql", ".toml"}
    ]
    assert len(ours) > 300
    assert [path for path in ours if "st_concavehull" in path.read_text("utf-8").lower()] == []


@pytest.mark.parametrize("asked", [("check",), ("format", "--check")], ids=["rules", "form"])
def test_the_style_is_that_of_the_house(asked):
    answer = subprocess.run(
        [sys.executable, "-m", "ruff", *asked, "--no-cache", "."],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.slow
def test_types_are_sound():
    answer = subprocess.run(
        [sys.executable, "-m", "mypy", "api", "geo", "maps"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_a_floor_imports_only_the_floors_below_it():
    program = "import sys; from importlinter.cli import lint_imports_command as c; sys.exit(c())"
    answer = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "2 kept, 0 broken" in answer.stdout


def test_rooms_of_the_upper_floors_do_not_import_each_other():
    tools = {
        "api": {
            *("answers", "problems", "service", "identity", "words", "door", "openapi"),
            *("limits", "near", "position", "questions", "filters", "broadcast", "prints"),
            "moments",
        },
        "maps": {
            *("texts", "portable", "style", "geojson", "simplify", "editions", "typesetter"),
            "vendored",
        },
    }
    for floor, allowed in tools.items():
        for path in (ROOT / floor).rglob("*.py"):
            room = path.relative_to(ROOT / floor).parts[0].removesuffix(".py")
            if (floor, room) in (("api", "app"), ("api", "cli"), ("api", "start")):
                continue
            for name in imported(path):
                parts = name.split(".")
                if parts[0] == floor and len(parts) > 1:
                    assert parts[1] in {*allowed, room}, f"{path} imports {name}"


def imported(path: Path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module in ("api", "maps", "geo"):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_settings_are_built_in_two_places_only():
    builders = {
        path.relative_to(ROOT).parts[:2]
        for path in OURS
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("Settings", "Database")
    }
    # `connect` of geo/database is what the command line and the application open it by.
    assert builders <= {("api", "app.py"), ("api", "cli"), ("geo", "database.py")}


def test_no_dependency_of_a_route_yields(open_app):
    # A connection held by a dependency deadlocks as soon as clients outnumber the pool.
    dependencies = [
        function
        for name in sorted(path.stem for path in (ROOT / "api").glob("*.py"))
        for function in vars(importlib.import_module(f"api.{name}")).values()
        if inspect.isfunction(function)
    ]
    assert any(function.__name__ == "_actor" for function in dependencies)
    takes_request = [one for one in dependencies if "request" in inspect.signature(one).parameters]
    assert len(takes_request) > 10
    for function in takes_request:
        assert not inspect.isgeneratorfunction(function), function
        assert not inspect.isasyncgenfunction(function), function


# ---------------------------------------------------------------------- nobody else is asked
@pytest.mark.parametrize(
    "path", ["/", "/?lang=en", "/start", "/start?lang=en", "/sw.js", "/docs", "/openapi.json"]
)
def test_no_page_names_a_foreign_host(client, path):
    text = NAMESPACES.sub("", client.get(path).text)
    # The document of the API and its description may name this machine.
    assert [one for one in FOREIGN.findall(text) if "127.0.0.1" not in one] == []


def test_the_map_loads_nothing_from_anywhere(client):
    # The library inside names its home in comments; what counts is what a browser would load.
    loading = ("src", "srcset", "href", "action", "data", "poster", "background", "xlink:href")
    asked = []

    class Reading(HTMLParser):
        def handle_starttag(self, tag, attrs):
            asked.extend((tag, *one) for one in attrs if one[0] in loading)

    answer = client.get("/maps/coverage.html")
    Reading().feed(answer.text)
    assert [one for one in asked if not (one[2] or "").startswith(("#", "data:"))] == []
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert not re.search(
        r"(?:connect|script|style|font|frame)-src[^;]*http",
        answer.headers["content-security-policy"],
    )


def test_no_help_page_names_a_foreign_host(client):
    for error in classes():
        text = client.get(f"/help/problems/{error.slug}").text
        assert [one for one in FOREIGN.findall(text) if "127.0.0.1" not in one] == []


def test_no_file_of_our_pages_names_a_foreign_host():
    files = [
        path
        for path in (ROOT / "maps" / "web").rglob("*")
        if path.suffix in (".html", ".js", ".css", ".svg") and "vendor" not in path.parts
    ]
    assert len(files) > 8
    for path in files:
        assert FOREIGN.findall(NAMESPACES.sub("", path.read_text("utf-8"))) == [], path


# ---------------------------------------------------------------------- more clients than threads
def test_64_clients_on_8_connections_are_all_answered_in_ten_seconds(live):
    paths = [
        "/api/stations?limit=20",
        "/api/stations/4",
        "/api/areas/110",
        "/api/coverage",
        f"/api/stations/nearest?lon={WEST + 0.05}&lat={SOUTH + 0.05}",
        "/readyz",
    ]
    urlopen(live + paths[4]).read()  # the streets are loaded; what follows is traffic

    def person(number: int) -> list[int]:
        return [
            urlopen(live + paths[(number + turn) % len(paths)], timeout=10).status
            for turn in range(len(paths))
        ]

    began = monotonic()
    with ThreadPoolExecutor(64) as people:
        answers = [status for one in people.map(person, range(64)) for status in one]
    assert answers == [200] * (64 * len(paths))
    assert monotonic() - began < 10


# ---------------------------------------------------------------------- everything is in the docs
@pytest.fixture(scope="module")
def docs() -> str:
    return "\n".join(path.read_text("utf-8") for path in sorted((ROOT / "docs").glob("*.md")))


def test_every_setting_is_in_the_docs(docs):
    wanted = {f"NUANYI_{name.upper()}" for name in Settings.model_fields}
    assert {name for name in wanted if f"`{name}`" not in docs} == set()


def test_every_address_is_in_the_docs(docs, open_app):
    wanted = {*open_app.openapi()["paths"], "/docs", "/openapi.json"}
    # Docs write {id} where the address says {station_id}.
    missing = {path for path in wanted if path not in docs}
    assert {path for path in missing if re.sub(r"\{\w+\}", "{id}", path) not in docs} == set()


def test_every_command_is_in_the_docs(docs):
    def commands(command, before: tuple[str, ...] = ()):
        for name, below in getattr(command, "commands", {}).items():
            if getattr(below, "commands", None):
                yield from commands(below, (*before, name))
            else:
                yield (*before, name)

    wanted = set(commands(typer.main.get_command(command_line)))
    assert len(wanted) > 10
    lines = [line for line in docs.splitlines() if "nuanyi" in line]
    # `nuanyi editions list|show` names two.
    missing = {
        " ".join(("nuanyi", *words))
        for words in wanted
        if not any(
            "nuanyi " + " ".join(words[:-1]) in line
            and re.search(rf"(?<![\w-]){re.escape(words[-1])}(?![\w-])", line)
            for line in lines
        )
    }
    assert missing == set()


def test_what_to_do_names_addresses_of_the_api_in_brackets_only():
    """Pages show it to people, and leave the brackets out."""
    found, bare = 0, []
    for path in OURS:
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            for word in getattr(call, "keywords", []):
                said = ast.unparse(word.value) if getattr(word, "arg", "") == "remedy" else ""
                if "cli" in path.parts or "files" in path.parts or "/api/" not in said:
                    continue
                found += 1
                if re.search(r"(?<![（(])/api/", said):
                    bare.append(f"{path.relative_to(ROOT)}:{word.value.lineno}: {said}")
    assert found >= 15
    assert bare == []


def test_every_kind_of_error_is_in_the_docs(docs):
    assert {error.slug for error in classes() if f"`{error.slug}`" not in docs} == set()
