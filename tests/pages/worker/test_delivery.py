"""How the page travels: small, kept for ever where it may be, its texts all there."""

import gzip
import json
import re
from pathlib import Path

import pytest

from api.pages import FOR_EVER, served
from maps import worker
from maps.texts import catalogue

ROOM = Path(worker.__file__).parent / "web" / "worker"
SCRIPTS = sorted(path.name for path in ROOM.glob("*.js") if path.name != "sw.js")
FIRST = ("page.css", "boot.js", *worker.FIRST_MODULES)
LARGEST_INITIAL_LOAD = 60_000


def test_every_module_is_served_and_belongs_to_the_first_or_the_later_ones():
    assert sorted({"boot.js", *worker.FIRST_MODULES, *worker.LATER_MODULES}) == SCRIPTS
    for name in SCRIPTS:
        assert len((ROOM / name).read_text("utf-8").splitlines()) <= 400


def test_the_first_answer_waits_for_no_module_that_is_not_named_at_once():
    """Whatever a first module imports statically is a first module too: no chain of requests."""
    static = re.compile(r'^import\s[^(]*?from "\./([\w-]+\.js)"', re.MULTILINE)
    for name in worker.FIRST_MODULES:
        assert set(static.findall((ROOM / name).read_text("utf-8"))) <= set(worker.FIRST_MODULES)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_initial_load_is_small(client, lang):
    page = client.get(f"/?lang={lang}")
    assert page.headers["content-encoding"] == "gzip"
    sizes = {"/": len(gzip.compress(page.content, 9))}
    for name in FIRST:
        file = served()[f"worker/{name}"]
        assert f"/worker/{name}" in page.text
        sizes[name] = len(file.zipped)
    assert sum(sizes.values()) < LARGEST_INITIAL_LOAD, sizes


def test_a_marked_file_is_kept_for_ever_and_an_old_mark_is_not(client):
    path = worker.address("main.js")
    answer = client.get(path)
    assert answer.headers["cache-control"] == FOR_EVER
    assert answer.headers["vary"] == "Accept-Encoding"
    old = client.get("/web/@0123456789ab/worker/main.js")
    assert old.status_code == 200
    assert "immutable" not in old.headers["cache-control"]
    assert client.get("/web/@0123456789ab/worker/page.html").status_code == 404
    assert client.get("/web/worker/sw.js").status_code == 404


def test_gzip_is_for_whoever_takes_it(client):
    path = worker.address("page.css")
    plain = client.get(path, headers={"Accept-Encoding": "identity"})
    zipped = client.get(path, headers={"Accept-Encoding": "br, gzip;q=0.5"})
    refused = client.get(path, headers={"Accept-Encoding": "gzip;q=0, *"})
    assert "content-encoding" not in plain.headers
    assert "content-encoding" not in refused.headers
    assert zipped.headers["content-encoding"] == "gzip"
    assert int(zipped.headers["content-length"]) < int(plain.headers["content-length"]) / 2
    assert plain.text == zipped.text
    assert plain.headers["etag"] != zipped.headers["etag"]
    for answer, encoding in ((plain, "identity"), (zipped, "gzip")):
        again = client.get(
            path, headers={"Accept-Encoding": encoding, "If-None-Match": answer.headers["etag"]}
        )
        assert again.status_code == 304
        assert again.content == b""


def test_a_picture_is_not_squeezed_again(client):
    answer = client.get(worker.address("icons/icon-192.png"))
    assert "content-encoding" not in answer.headers
    assert answer.headers["content-type"] == "image/png"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_manifest_names_icons_that_are_there(client, lang):
    answer = client.get(f"/manifest.webmanifest?lang={lang}")
    assert answer.headers["content-type"].startswith("application/manifest+json")
    manifest = answer.json()
    assert {"name", "short_name", "start_url", "display", "icons", "scope"} <= set(manifest)
    sizes = set()
    for icon in manifest["icons"]:
        picture = client.get(icon["src"])
        assert picture.headers["content-type"] == icon["type"]
        if icon["type"] == "image/png":
            width, height = (int.from_bytes(picture.content[at : at + 4], "big") for at in (16, 20))
            assert icon["sizes"] == f"{width}x{height}"
            sizes.add((width, icon["purpose"]))
    assert sizes == {(192, "any"), (512, "any"), (512, "maskable")}


def test_the_service_worker_stands_at_the_root_and_is_asked_for_again(client):
    answer = client.get("/sw.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "must-revalidate" in answer.headers["cache-control"]
    shell = json.loads(answer.text.splitlines()[0].removeprefix("const SHELL = ").rstrip(";"))
    for path in (*shell["files"], *shell["pages"].values()):
        assert client.get(path).status_code == 200
    assert {path.rsplit("/", 1)[-1] for path in shell["files"]} >= set(SCRIPTS)


def test_the_policy_of_the_page_is_strict(client):
    policy = client.get("/").headers["content-security-policy"]
    for part in ("default-src 'self'", "worker-src 'self'", "manifest-src 'self'"):
        assert part in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    page = client.get("/").text
    assert not re.search(r"<script(?![^>]*(?:src=|application/json))", page)
    assert not re.search(r"<style|\sstyle=|\son\w+=", page)


def test_every_text_the_page_asks_for_is_there_and_none_lies_idle():
    programs = [path.read_text("utf-8") for path in ROOM.glob("*.js")]
    template = (ROOM / "page.html").read_text("utf-8")
    python = Path(worker.__file__).read_text("utf-8")
    asked = {key for text in programs for key in re.findall(r'\bt\("([a-z_0-9]+)"', text)}
    asked |= set(re.findall(r"\bt\([\"']([a-z_0-9]+)[\"']", template))
    asked |= set(re.findall(r'"worker\.([a-z_0-9]+)"', python))
    ours = {key.removeprefix("worker.") for key in catalogue() if key.startswith("worker.")}
    assert len(asked) > 100
    assert asked - ours == set()
    # Some are chosen among several, or made of a prefix and a code.
    words = {word for text in programs for word in re.findall(r'"([a-z_0-9]+)"', text)}
    made = re.compile(r"^(?:title|access|map|doubt)_")
    assert {key for key in ours - asked - words if not made.match(key)} == set()
