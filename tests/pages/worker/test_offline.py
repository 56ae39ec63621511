"""Without a network: the page opens, the list is there and says what it is, reports wait."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import text
from worker_street import LAT, LON, NEAREST, SHUT, until

READY = "navigator.serviceWorker.ready.then(() => true)"
KEPT = """async () => {
  const database = await new Promise((done) => {
    const request = indexedDB.open("nuanyi");
    request.onsuccess = () => done(request.result);
  });
  const get = (name, key) => new Promise((done) => {
    const request = database.transaction(name).objectStore(name)[key ? "get" : "getAll"](key);
    request.onsuccess = () => done(request.result);
  });
  return { area: await get("area", "last"), outbox: await get("outbox") };
}"""


@pytest.fixture
def prepared(phone):
    """A phone whose page is on it, with the stations of the area."""
    phone.evaluate(READY)
    until(phone, "async () => (await indexedDB.databases()).length > 0")
    until(phone, f"async () => Boolean((await ({KEPT})()).area)")
    return phone


def test_after_a_reload_without_a_network_the_list_is_there_and_says_what_it_is(prepared):
    prepared.context.set_offline(True)
    prepared.reload()
    first = prepared.locator(".card.first")
    expect(first).to_have_attribute("data-id", str(NEAREST))
    expect(prepared.locator("#mark")).to_contain_text("离线，按直线估算，截至")
    expect(prepared.locator("#net")).to_be_visible()
    expect(first.locator(".state")).to_have_text("24 小时开放")
    expect(first.locator(".way")).to_contain_text("约")
    expect(prepared.locator(f'#list [data-id="{SHUT}"]')).to_have_count(0)
    # What needs the service is not offered, or says so.
    expect(first.get_by_role("button", name="怎么走")).to_have_count(0)
    prepared.locator("#unions-open").click()
    expect(prepared.locator("#unions")).to_contain_text("没有网络")
    # The network is back: the exact answer takes the estimate's place by itself.
    prepared.context.set_offline(False)
    expect(prepared.locator("#mark")).to_be_empty()
    expect(prepared.locator("#net")).to_be_hidden()


def test_everything_the_page_may_load_later_is_on_the_phone(prepared):
    missing = prepared.evaluate(
        """async () => {
            const wanted = [...document.querySelectorAll("link[href^='/web/'], script[src]")]
                .map((one) => one.getAttribute("href") ?? one.getAttribute("src"));
            const found = await Promise.all(wanted.map((path) => caches.match(path)));
            return wanted.filter((path, place) => !found[place]);
        }"""
    )
    assert missing == []
    prepared.context.set_offline(True)
    prepared.reload()
    prepared.locator(".card.first").wait_for()
    prepared.locator("#open-settings").click()
    expect(prepared.locator("dialog")).to_contain_text("个驿站可离线使用")
    prepared.keyboard.press("Escape")
    prepared.locator("#views a", has_text="收藏").click()
    expect(prepared.locator("#beyond")).to_contain_text("还没有收藏")
    prepared.locator("#views a", has_text="顺路").click()
    expect(prepared.locator("#panel input")).to_be_visible()
    # Both languages are there.
    prepared.goto("/?lang=en")
    expect(prepared.locator("#mark")).to_contain_text("Offline estimate by straight line")


def test_what_the_phone_says_of_hours_is_what_the_service_says(prepared, street):
    """The spans on the phone, asked for moments of the next week, against the service's finder."""
    moments = [
        datetime.now(UTC) + timedelta(hours=hours) for hours in (0.1, 1.3, 4, 7.9, 13, 20, 27, 50.5)
    ]
    for moment in moments:
        iso = moment.strftime("%Y-%m-%dT%H:%M:00Z")
        told = prepared.request.get(
            f"{street.address}/api/stations/nearest?k=50&max_m=5000&open={iso}"
            "&access=public,unknown,members,internal",
            headers={"Nuanyi-Position": f"{LON},{LAT}"},
        ).json()["stations"]
        open_there = {one["id"]: one["open_until"] for one in told}
        here = prepared.evaluate(
            """async (time) => {
                const base = document.querySelector("script[type=module]").src;
                const { load } = await import(new URL("area.js", base));
                const { withState } = await import(new URL("device.js", base));
                const area = await load();
                return area.stations.map((one) => withState(area, one, Date.parse(time)))
                    .map(({ id, hours_state, open_until }) => ({ id, hours_state, open_until }));
            }""",
            iso,
        )
        near = {one["id"]: one for one in here}
        assert len(near) >= 30
        for number, closing in open_there.items():
            assert near[number]["hours_state"] == "open", (number, iso)
            if closing is not None and near[number]["open_until"] is not None:
                assert moment_of(near[number]["open_until"]) == moment_of(closing), number
        # Nobody else of those the service looked at is open here.
        assert {n for n, one in near.items() if one["hours_state"] == "open" and n < 20} <= {
            n for n in open_there if n < 20
        }


def moment_of(iso: str) -> datetime:
    return datetime.fromisoformat(iso).astimezone(UTC)


def test_a_report_written_without_a_network_is_sent_when_it_is_back(prepared, street):
    prepared.context.set_offline(True)
    first = prepared.locator(".card.first")
    first.locator(".more summary").click()
    first.get_by_role("button", name="反映问题").click()
    sheet = prepared.locator("dialog")
    sheet.get_by_label("设施坏了").check()
    sheet.get_by_label("哪一样坏了").select_option("meal_heating")
    sheet.get_by_label("想补充的").fill("微波炉不热")
    sheet.get_by_role("button", name="提交").click()
    expect(sheet.locator(".thanks")).to_contain_text("已存在手机上")
    waiting = prepared.evaluate(KEPT)["outbox"]
    assert len(waiting) == 1
    prepared.keyboard.press("Escape")
    prepared.context.set_offline(False)
    until(prepared, f"async () => (await ({KEPT})()).outbox.length === 0")
    with street.database.engine.connect() as connection:
        rows = connection.execute(
            text("SELECT kind, service, note, station_id FROM station_report WHERE receipt = :r"),
            {"r": waiting[0]["receipt"]},
        ).all()
    assert [tuple(row) for row in rows] == [("broken_kit", "meal_heating", "微波炉不热", NEAREST)]


def test_without_a_network_and_without_stations_it_says_so(phones):
    page = phones(geolocation=None)
    page.locator(".card.first").wait_for()
    page.evaluate(READY)
    until(page, "async () => (await caches.keys()).length > 0")
    # Somewhere else than where the phone has been.
    page.context.set_geolocation({"longitude": LON + 1, "latitude": LAT + 1})
    page.context.set_offline(True)
    page.reload()
    expect(page.locator("#said")).to_have_text("没有网络，手机上也没有这一带的驿站")


def test_a_slow_service_is_not_waited_for(prepared):
    prepared.route("**/api/stations/nearest*", lambda route: None)  # never answered
    prepared.evaluate("navigator.serviceWorker.getRegistration().then((one) => one.unregister())")
    prepared.reload()
    expect(prepared.locator("#mark")).to_contain_text("网络慢，先按直线估算")
    expect(prepared.locator(".card.first")).to_have_attribute("data-id", str(NEAREST))
