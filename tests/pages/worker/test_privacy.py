"""Where somebody stands is told to the service alone, in a header, and kept nowhere."""

import json

import numpy as np
from playwright.sync_api import expect
from pyproj import Geod
from worker_street import LAT, LON, NEAREST, until

from geo.stations.cells import cell_name, cell_numbers

EVERYTHING = """async () => {
  const kept = { local: { ...localStorage }, session: { ...sessionStorage } };
  kept.cookie = document.cookie;
  for (const { name } of await indexedDB.databases()) {
    const database = await new Promise((done) => {
      const request = indexedDB.open(name);
      request.onsuccess = () => done(request.result);
    });
    for (const table of database.objectStoreNames) {
      kept[`${name}/${table}`] = await new Promise((done) => {
        const request = database.transaction(table).objectStore(table).getAll();
        request.onsuccess = () => done(request.result);
      });
    }
    database.close();
  }
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    const pages = [];
    for (const request of await cache.keys()) {
      const answer = await cache.match(request);
      const picture = answer.headers.get("content-type").startsWith("image/png");
      pages.push([request.url, [...request.headers], picture ? "" : await answer.text()]);
    }
    kept[name] = pages;
  }
  return kept;
}"""
DIGITS = (f"{LON:.4f}", f"{LAT:.4f}", f"{LON:.6f}", f"{LAT:.6f}")


def use_everything(page) -> None:
    first = page.locator(".card.first")
    first.get_by_role("button", name="怎么走").click()
    first.locator(".steps li").first.wait_for()
    first.get_by_role("button", name="收藏").click()
    page.locator("#unions-open").click()
    expect(page.locator("#unions .card").first).to_be_visible()
    page.locator("#views a", has_text="顺路").click()
    page.locator("#panel input").fill("远山")
    page.locator("#panel .places button").first.click()
    expect(page.locator("#list .card").first).to_be_visible()
    page.locator("#views a", has_text="收藏").click()
    expect(page.locator(f'#list [data-id="{NEAREST}"]')).to_be_visible()
    page.locator("#views a", has_text="附近").click()
    page.locator(".card.first").wait_for()


def test_no_address_and_no_storage_ever_holds_the_position(phone):
    phone.evaluate("navigator.serviceWorker.ready.then(() => true)")
    use_everything(phone)
    told = [one for one in phone.asked if "nuanyi-position" in one.headers]
    assert {one.url.split("?")[0].rsplit("/", 1)[-1] for one in told} >= {
        "nearest",
        "route",
        "here",
    }
    for request in phone.asked:
        assert not any(digits in request.url for digits in DIGITS), request.url
    for request in told:
        assert request.headers["nuanyi-position"] == f"{LON:.6f},{LAT:.6f}"
    until(phone, "async () => (await caches.keys()).length > 0")
    kept = json.dumps(phone.evaluate(EVERYTHING), ensure_ascii=False)
    assert not any(digits in kept for digits in DIGITS)
    assert json.loads(kept)["cookie"] == ""
    assert json.loads(json.loads(kept)["local"]["nuanyi"])["saved"] == [NEAREST]
    assert phone.context.cookies() == []
    # The history of the browser neither.
    assert not any(digits in phone.url for digits in DIGITS)


def test_the_search_text_is_in_no_address(phone):
    phone.locator("#views a", has_text="顺路").click()
    phone.locator("#panel input").fill("晨光驿站")
    phone.locator("#panel .places button").first.wait_for()
    for request in phone.asked:
        assert "晨光" not in request.url
        assert "%E6%99%A8" not in request.url


def test_the_coarse_choice_sends_cells_and_nothing_nearer(phones):
    page = phones(goto=False)
    page.add_init_script("localStorage.setItem('nuanyi', JSON.stringify({ coarse: true }))")
    page.goto("/")
    first = page.locator(".card.first")
    expect(first).to_have_attribute("data-id", str(NEAREST))
    expect(page.locator("#mark")).to_contain_text("只发送了大致位置")
    page.locator("#unions-open").click()
    expect(page.locator("#unions")).to_contain_text("只发送大致位置")
    page.locator("#views a", has_text="顺路").click()
    page.locator("#panel input").fill("远山")
    page.locator("#panel .places button").first.click()
    expect(page.locator("#said")).to_contain_text("只发送大致位置")
    page.goto(f"/#s={NEAREST}")
    expect(page.locator("#list .card")).to_have_count(1)
    assert [one.url for one in page.asked if "nearest" in one.url] == []
    assert not any("nuanyi-position" in one.headers for one in page.asked)
    [asked] = [one.url for one in page.asked if "/changes" in one.url]
    [own] = cell_numbers(np.array([LON]), np.array([LAT])).tolist()
    assert cell_name(own) in asked
    assert asked.count("12-") <= 4


def test_the_phone_and_the_service_name_cells_alike(phones):
    page = phones(located=False)
    random = np.random.default_rng(7)
    lon, lat = random.uniform(-179.9, 179.9, 400), random.uniform(-84, 84, 400)
    here = page.evaluate(
        """async (places) => {
            const base = document.querySelector("script[type=module]").src;
            const { cellOf } = await import(new URL("area.js", base));
            return places.map(([lon, lat]) => cellOf(lon, lat));
        }""",
        np.column_stack([lon, lat]).tolist(),
    )
    assert here == [cell_name(number) for number in cell_numbers(lon, lat).tolist()]


def test_the_phones_own_metres_are_right_to_half_a_percent(phones):
    page = phones(located=False)
    random = np.random.default_rng(8)
    lon, lat = random.uniform(73, 135, 200), random.uniform(18, 53, 200)
    lon2, lat2 = lon + random.uniform(-0.03, 0.03, 200), lat + random.uniform(-0.03, 0.03, 200)
    metres = Geod(ellps="WGS84").inv(lon, lat, lon2, lat2)[2]
    here = page.evaluate(
        """async (pairs) => {
            const base = document.querySelector("script[type=module]").src;
            const { straightMetres } = await import(new URL("position.js", base));
            return pairs.map(([lon, lat, east, north]) =>
                straightMetres({ lon, lat }, { lon: east, lat: north }));
        }""",
        np.column_stack([lon, lat, lon2, lat2]).tolist(),
    )
    assert np.abs(np.array(here) / metres - 1).max() < 0.005
