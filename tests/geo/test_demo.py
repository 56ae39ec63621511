"""The demo city with its past: comparison, series and funnel show something at once."""

from pathlib import Path

from geo import demo, editions
from geo.coverage import pairs, past
from geo.coverage.compare import compare
from geo.coverage.series import series
from geo.database import Actor, Database
from geo.ledger.funnel import funnel
from geo.settings import Settings
from geo.siting.plans import opening, tasks


def test_the_demo_city_comes_with_two_earlier_lists_and_a_ledger(
    database: Database, actor: Actor, tmp_path: Path
) -> None:
    settings = Settings(state=tmp_path, database_url=None)
    first = demo.load(database, actor, settings, demo.Size.small, earlier=False)
    assert "已装载" in first
    with database.read(actor) as reader:
        assert len(editions.list_editions(reader, "enterprises")) == 1
    # An installation of a version that had no past gets it; a second time nothing is done.
    assert "已装载" in demo.load(database, actor, settings, demo.Size.small)
    assert "已就绪" in demo.load(database, actor, settings, demo.Size.small)
    with database.read(actor) as reader:
        found = editions.list_editions(reader, "enterprises")
        assert sorted(facts.state for facts in found) == ["active", "retired", "retired"]
        active = editions.require_active(reader, "enterprises")
        assert active.as_of == demo.AS_OF
        pair = pairs.find_pair(reader)
    pairs.ensure_counted(database, actor, pair, settings)
    past.ensure_laid(database, actor, settings)
    with database.read(actor) as reader:
        whole = compare(reader, pair, settings).whole
        told = series(reader, settings)
        ledger = funnel(reader, settings)
    for name in ("newly_own", "appeared", "unlisted", "closed", "unions_founded", "members_real"):
        assert whole.counts[name] > 0, name
    points = told.series[0].points
    assert len(points) == 3
    assert all(point.share and point.share.value for point in points)
    assert told.series[0].forecast.points == 3
    assert ledger.unplaced == 0
    assert ledger.whole.conversions["agreed"].value
    assert len(ledger.areas) == 3


def test_begun_again_the_demo_city_keeps_the_stations_that_opened(
    database: Database, actor: Actor, tmp_path: Path
) -> None:
    settings = Settings(state=tmp_path, database_url=None)
    demo.load(database, actor, settings, demo.Size.small, earlier=False)
    with database.write(actor) as writer:
        writer.execute(
            "INSERT INTO siting_task (site, name, lon, lat, changed_by) "
            "SELECT 'x1', '新站', ST_X(location), ST_Y(location), 'test' FROM station LIMIT 1"
        )
        (task,) = tasks.listed(writer)
        opened = opening.change_task(writer, settings, task.id, state="opened")
    with database.read(actor) as reader:
        there = editions.require_active(reader, "stations")
    assert "已就绪" in demo.load(database, actor, settings, demo.Size.small, earlier=False)
    with database.read(actor) as reader:
        assert editions.require_active(reader, "stations") == there
        assert reader.scalar(
            "SELECT count(*) FROM station WHERE id = :id AND edition_id = :edition",
            id=opened.station_id, edition=there.id,
        ) == 1  # fmt: skip
