"""Every command: what it does, what it says, and how it ends (exit codes of docs/operators.md)."""

import json
import socket
from pathlib import Path

import geopandas as gpd
import pytest
from rich.cells import cell_len
from typer.main import get_command

from api.cli import app
from geo import editions
from geo.database import Actor, Database

(
    DONE,
    REJECTED,
    UNUSABLE,
    MISSING,
    NO_SUCH,
) = 0, 1, 2, 3, 4

STATIONS = (
    "编号,名称,类型,地址,经度,纬度,服务设施,开放时间,开放对象\n"
    "1,云杉驿站,暖心驿站,一路1号,101.0,40.2,饮水、热饭,24小时,所有户外劳动者\n"
    "2,海棠驿站,暖心驿站,二路2号,101.01,40.21,饮水,08:00-20:00,所有户外劳动者\n"
)
SWAPPED = "3,石榴驿站,暖心驿站,三路,40.2,101.02,饮水,24小时,所有户外劳动者\n"


@pytest.fixture
def stations_file(tmp_path: Path) -> Path:
    path = tmp_path / "stations.csv"
    path.write_text(STATIONS, encoding="utf-8-sig")
    return path


@pytest.fixture
def faulty_file(tmp_path: Path) -> Path:
    path = tmp_path / "faulty.csv"
    path.write_text(STATIONS + SWAPPED, encoding="gb18030")
    return path


def active(database: Database, actor: Actor, dataset: str) -> editions.EditionFacts | None:
    with database.read(actor) as reader:
        return editions.active(reader, dataset)


def imported(nuanyi, path: Path, *more: str):
    return nuanyi("import", "stations", path, "--crs", "wgs84", *more)


# ------------------------------------------------------------------ importing
def test_a_dry_run_says_what_it_would_do_and_stores_nothing(
    nuanyi, stations_file, database, actor
) -> None:
    told = imported(nuanyi, stations_file)
    assert told.code == DONE
    assert "读取 read 2 = 接收 accepted 2 + 拒绝 rejected 0" in told.out
    assert "--commit" in told.out
    assert active(database, actor, "stations") is None


def test_a_rejected_row_is_named_with_value_and_remedy_and_gives_exit_code_1(
    nuanyi, faulty_file, database, actor
) -> None:
    told = imported(nuanyi, faulty_file, "--commit")
    assert told.code == REJECTED
    assert "第 4 行 40.2,101.02" in told.out
    assert "对调经度与纬度" in told.out
    assert "faulty.rejects.csv" in told.out
    found = active(database, actor, "stations")
    assert found is not None
    assert (found.rows_accepted, found.rows_rejected) == (2, 1)


def test_a_mended_reject_file_is_added_to_what_is_in_force(
    nuanyi, faulty_file, database, actor, tmp_path
) -> None:
    rejects = tmp_path / "to_mend.csv"
    assert imported(nuanyi, faulty_file, "--commit", "--rejects", str(rejects)).code == REJECTED
    text = rejects.read_bytes().decode("gb18030")
    header, row = text.splitlines()
    columns, cells = (next(iter(__import__("csv").reader([line]))) for line in (header, row))
    where = columns.index("经度"), columns.index("纬度")
    cells[where[0]], cells[where[1]] = cells[where[1]], cells[where[0]]
    quoted = ",".join(f'"{cell}"' for cell in cells)
    rejects.write_bytes(f"{header}\n{quoted}\n".encode("gb18030"))
    told = imported(nuanyi, rejects, "--add", "--commit")
    assert told.code == DONE
    assert "carried over 2" in told.out
    with database.read(actor) as reader:
        now = editions.require_active(reader, "stations")
        names = reader.all("SELECT name FROM station WHERE edition_id = :e ORDER BY 1", e=now.id)
    assert {row.name for row in names} == {"云杉驿站", "海棠驿站", "石榴驿站"}


def test_the_same_file_twice_is_one_edition(nuanyi, stations_file) -> None:
    assert imported(nuanyi, stations_file, "--commit").code == DONE
    again = imported(nuanyi, stations_file, "--commit")
    assert again.code == DONE
    assert "同一文件" in again.out
    assert len(json.loads(nuanyi("editions", "list", "--json").out)) == 1


def test_a_program_reads_the_report_as_json(nuanyi, faulty_file) -> None:
    told = imported(nuanyi, faulty_file, "--commit", "--json")
    report = json.loads(told.out)
    assert report["edition"]["state"] == "active"
    assert report["read"] == report["accepted"] + report["rejected"] == 3
    assert report["problems"][0]["row"] == 4


def test_a_file_without_a_coordinate_system_is_refused_with_the_choices(
    nuanyi, stations_file
) -> None:
    told = nuanyi("import", "stations", stations_file)
    assert told.code == UNUSABLE
    assert "--crs" in told.err
    assert "gcj02" in told.err


def test_a_column_is_named_by_hand(nuanyi, tmp_path, database, actor) -> None:
    path = tmp_path / "own.csv"
    path.write_text("驻点叫法,经度,纬度\n甲站,101,40\n", encoding="utf-8")
    assert imported(nuanyi, path).code == UNUSABLE
    assert imported(nuanyi, path, "--map", "name=驻点叫法", "--commit").code == DONE
    with database.read(actor) as reader:
        assert reader.scalar("SELECT name FROM station") == "甲站"


def test_the_layer_and_the_kind_of_a_map_file_are_said(nuanyi, tmp_path, database, actor) -> None:
    path = tmp_path / "areas.gpkg"
    for layer, shift in (("云杉", 0.0), ("海棠", 0.1)):
        frame = gpd.GeoDataFrame(
            {"名称": [f"{layer}街道"]},
            geometry=gpd.points_from_xy([101 + shift], [40]).buffer(0.01),
            crs="EPSG:4490",
        )
        frame.to_file(path, layer=layer, driver="GPKG")
    unsaid = nuanyi("import", "areas", path, "--kind", "subdistrict")
    assert unsaid.code == UNUSABLE
    assert "--layer" in unsaid.err
    said = nuanyi("import", "areas", path, "--kind", "subdistrict", "--layer", "海棠", "--commit")
    assert said.code == DONE, said.err
    with database.read(actor) as reader:
        row = reader.first("SELECT name, kind FROM area")
    assert tuple(row) == ("海棠街道", "subdistrict")


def test_an_organisation_sheet_is_read_and_no_person_is_kept(nuanyi, tmp_path, database, actor):
    sheet = Path(__file__).parents[2] / "geo" / "files" / "organisation.xls"
    rejects = tmp_path / "rejects.xlsx"
    told = nuanyi("import", "enterprises", sheet, "--rejects", rejects, "--commit")
    assert told.code == REJECTED
    assert "个人信息列未读取" in told.out
    assert rejects.is_file()
    found = active(database, actor, "enterprises")
    assert found is not None
    assert found.rows_read == found.rows_accepted + found.rows_rejected
    assert found.rows_unlocated == found.rows_accepted, "no coordinates: counted, never guessed"


def test_a_draft_waits_until_it_is_activated(nuanyi, stations_file, database, actor) -> None:
    told = imported(nuanyi, stations_file, "--draft", "--as-of", "2026-06-30")
    assert told.code == DONE
    assert "草稿 / draft" in told.out
    assert active(database, actor, "stations") is None
    assert nuanyi("editions", "activate", 1).code == DONE
    found = active(database, actor, "stations")
    assert found is not None
    assert str(found.as_of) == "2026-06-30"


def test_streets_tell_what_can_be_walked(nuanyi, shared_data) -> None:
    told = nuanyi("import", "streets", shared_data / "networks" / "tsinghua.osm", "--commit")
    assert told.code == DONE
    assert "可步行 walkable" in told.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--commit", "--draft"), "--draft"),
        (("--map", "name:名称"), "FIELD=COLUMN"),
        (("--map", "nonsense=名称"), "nonsense"),
        (("--as-of", "2999-01-01"), "2999-01-01"),
        (("--as-of", "yesterday"), "--as-of"),
        (("--kind", "kiosk"), "warm_station"),
        (("--no-such-option",), "--no-such-option"),
    ],
)
def test_a_wrong_argument_is_named(nuanyi, stations_file, arguments, said) -> None:
    told = imported(nuanyi, stations_file, *arguments)
    assert told.code == UNUSABLE
    assert said in told.err


def test_a_coordinate_system_that_does_not_exist_is_refused(nuanyi, stations_file) -> None:
    told = nuanyi("import", "stations", stations_file, "--crs", "cgcs")
    assert told.code == UNUSABLE
    assert "bd09" in told.err


def test_what_is_no_file_is_said_before_any_database_is_asked(typed, tmp_path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        told = typed("import", "stations", path, "--crs", "wgs84")
        assert told.code == UNUSABLE
        assert path.name in "".join(told.err.split())  # a long path is wrapped
    assert not (tmp_path / "state").exists()


# ------------------------------------------------------------------ editions
def test_editions_are_compared_rolled_back_and_thrown_away(
    nuanyi, stations_file, tmp_path, database, actor
) -> None:
    imported(nuanyi, stations_file, "--commit")
    later = tmp_path / "later.csv"
    later.write_text(STATIONS + "4,丁香驿站,暖心驿站,四路,101.03,40.2,,,\n", encoding="utf-8")
    imported(nuanyi, later, "--commit")
    change = json.loads(nuanyi("editions", "compare", 1, 2, "--json").out)
    assert (change["added"], change["removed"], change["same"]) == (1, 0, 2)
    assert "丁香驿站" in nuanyi("editions", "compare", 1, 2).out
    assert nuanyi("editions", "discard", 2).code == NO_SUCH, "it is in force"
    assert nuanyi("editions", "activate", 1).code == DONE
    assert active(database, actor, "stations").id == 1
    assert nuanyi("editions", "discard", 2).code == DONE
    assert nuanyi("editions", "activate", 2).code == NO_SUCH, "its data are gone"
    states = {
        one["id"]: one["state"] for one in json.loads(nuanyi("editions", "list", "--json").out)
    }
    assert states == {1: "active", 2: "discarded"}


@pytest.mark.parametrize(
    "command", [("show", 9), ("activate", 9), ("discard", 9), ("compare", 8, 9)]
)
def test_an_edition_that_does_not_exist_is_said_so(nuanyi, command) -> None:
    told = nuanyi("editions", *command)
    assert told.code == NO_SUCH
    assert "nuanyi editions list" in told.err


def test_a_dataset_that_does_not_exist_is_said_so(nuanyi) -> None:
    assert nuanyi("editions", "list", "workers").code == NO_SUCH


def test_the_list_of_editions_is_readable_in_80_columns(nuanyi, tmp_path) -> None:
    path = tmp_path / "a_rather_long_name_of_a_file_as_people_have_them.csv"
    path.write_text(STATIONS, encoding="utf-8")
    imported(nuanyi, path, "--commit", "--as-of", "2026-06-30")
    told = nuanyi("editions", "list")
    assert max(cell_len(line) for line in told.out.splitlines()) <= 80
    assert "…" not in told.out
    (row,) = [line for line in told.out.splitlines() if "2026-06-30" in line]
    assert "stations" in row
    assert "active" in row


def test_one_edition_is_shown_with_all_that_was_noted(nuanyi, faulty_file) -> None:
    imported(nuanyi, faulty_file, "--commit")
    told = nuanyi("editions", "show", 1)
    assert told.code == DONE
    assert "faulty.csv" in told.out
    assert json.loads(nuanyi("editions", "show", 1, "--json").out)["rows_rejected"] == 1


# ------------------------------------------------------------------ asking
def test_the_nearest_stations_are_listed(nuanyi, stations_file) -> None:
    imported(nuanyi, stations_file, "--commit")
    told = nuanyi("nearest", 101.001, 40.2, "--services", "meal_heating")
    assert told.code == DONE
    assert "云杉驿站" in told.out
    assert "海棠驿站" not in told.out
    assert "直线" in told.out, "no streets are loaded, and the answer says so"
    answer = json.loads(nuanyi("nearest", 101.001, 40.2, "-k", 1, "--json").out)
    (near,) = answer["stations"]
    assert near["station"]["name"] == "云杉驿站"
    assert near["metres"] == pytest.approx(85, abs=2)


def test_a_negative_longitude_is_a_number_not_an_option(nuanyi, tmp_path) -> None:
    path = tmp_path / "west.csv"
    path.write_text("名称,经度,纬度,开放时间\n西站,-2.6,51.45,24小时\n", encoding="utf-8")
    imported(nuanyi, path, "--commit")
    for question in ((-2.6, 51.45), ("--", -2.6, 51.45)):
        told = nuanyi("nearest", *question)
        assert told.code == DONE, told.err
        assert "西站" in told.out


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (("--open", "never"), "arrival"),
        (("--crs", "cgcs"), "gcj02"),
        (("--services", "sauna"), "drinking_water"),
        (("--kinds", "kiosk"), "warm_station"),
        (("-k", "0"), "50"),
    ],
)
def test_a_question_that_cannot_be_asked_is_answered_with_the_choices(
    nuanyi, stations_file, wrong, said
) -> None:
    told = nuanyi("nearest", 101, 40.2, *wrong)
    assert told.code == UNUSABLE
    assert said in told.err


# ------------------------------------------------------------------ the demo city
def test_the_demo_city_is_loaded_once_and_answers(nuanyi, tmp_path) -> None:
    first = nuanyi("demo", "--size", "small", "--load-only")
    assert first.code == DONE, first.err
    assert "已装载" in first.err
    again = nuanyi("demo", "--size", "small", "--load-only")
    assert again.code == DONE
    assert "已就绪" in again.err
    status = nuanyi("status")
    assert all(name in status.out for name in editions.TABLES)
    near = json.loads(nuanyi("nearest", 101.0, 40.2, "--json", "--open", "any").out)
    assert near["stations"]
    assert not near["stations"][0]["straight_line"]
    page = tmp_path / "coverage.html"
    assert nuanyi("map", "coverage", "--out", page).code == DONE
    assert "演示" in page.read_text(encoding="utf-8")


def test_the_demo_city_never_replaces_data_of_ones_own(
    nuanyi, stations_file, database, actor
) -> None:
    imported(nuanyi, stations_file, "--commit")
    told = nuanyi("demo", "--size", "small", "--load-only")
    assert told.code == DONE
    assert "未装载" in told.err
    assert active(database, actor, "stations").source == "stations.csv"
    assert active(database, actor, "areas") is None


def test_a_sample_holds_a_file_of_every_dataset(typed, tmp_path) -> None:
    assert typed("sample", tmp_path / "city", "--size", "small").code == DONE
    names = {path.name for path in (tmp_path / "city").iterdir()}
    assert {"areas.geojson", "stations.csv", "enterprises.csv", "streets.osm.pbf"} <= names
    (tmp_path / "file").write_text("")
    assert typed("sample", tmp_path / "file" / "city").code == UNUSABLE


@pytest.mark.parametrize(
    "wrong",
    [("--kind", "village"), ("--language", "fr"), ("--measure", "happiness")],
)
def test_a_map_that_cannot_be_drawn_is_refused(nuanyi, tmp_path, wrong) -> None:
    assert nuanyi("map", "coverage", "--out", tmp_path / "m.html", *wrong).code == UNUSABLE
    assert not (tmp_path / "m.html").exists()


def test_a_map_into_a_folder_that_is_not_there_is_refused(nuanyi, tmp_path) -> None:
    told = nuanyi("map", "coverage", "--out", tmp_path / "none" / "m.html")
    assert told.code == UNUSABLE
    assert "none" in told.err


# ------------------------------------------------------------------ the service
def test_a_database_that_cannot_be_reached_gives_exit_code_3(typed, monkeypatch) -> None:
    monkeypatch.setenv("NUANYI_DATABASE_URL", "postgresql://u:geheim@127.0.0.1:1/x")
    told = typed("status")
    assert told.code == MISSING
    assert "geheim" not in told.out + told.err


def test_a_setting_that_cannot_be_used_is_named_without_what_it_holds(typed, monkeypatch) -> None:
    monkeypatch.setenv("NUANYI_DATABASE_URL", "mysql://u:geheim@host/x")
    told = typed("status")
    assert told.code == UNUSABLE
    assert "NUANYI_DATABASE_URL" in told.err
    assert "geheim" not in told.err
    monkeypatch.delenv("NUANYI_DATABASE_URL")
    monkeypatch.setenv("NUANYI_PORT", "eighty")
    told = typed("serve")
    assert told.code == UNUSABLE
    assert "NUANYI_PORT" in told.err


def test_a_port_that_is_taken_is_said_before_anything_starts(typed, tmp_path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        told = typed("serve", "--port", other.getsockname()[1])
    assert told.code == MISSING
    assert "--port" in told.err
    assert not (tmp_path / "state").exists()


def test_without_a_key_nobody_but_this_machine_is_served(typed, tmp_path) -> None:
    told = typed("serve", "--host", "0.0.0.0", "--port", "0")
    assert told.code == UNUSABLE
    assert "NUANYI_KEY" in told.err
    assert not (tmp_path / "state").exists()


def test_an_installation_that_was_never_started_has_a_status(typed, tmp_path) -> None:
    told = typed("status")
    assert told.code == DONE
    assert "尚未创建" in told.out
    assert not (tmp_path / "state").exists()


def test_an_external_database_is_not_ours_to_stop(nuanyi) -> None:
    assert nuanyi("stop").code == NO_SUCH


# ------------------------------------------------------------------ help
def commands(group, path: tuple[str, ...] = ()):
    yield path
    for name, one in getattr(group, "commands", {}).items():
        yield from commands(one, (*path, name))


@pytest.mark.parametrize("path", list(commands(get_command(app))), ids=" ".join)
def test_every_command_explains_itself_in_80_columns(typed, path) -> None:
    told = typed(*path, "--help")
    assert told.code == DONE
    assert max(cell_len(line) for line in told.out.splitlines()) <= 80
    assert "…" not in told.out, "a text is cut off"


def test_a_command_that_does_not_exist_is_refused(typed) -> None:
    assert typed("imports").code == UNUSABLE


def test_a_station_is_closed_for_a_while_and_no_longer_offered(nuanyi, stations_file) -> None:
    imported(nuanyi, stations_file, "--commit")

    def offered() -> list[int]:
        question = ("nearest", 101.0, 40.2, "--json", "--open", "2026-06-17T10:00")
        answer = json.loads(nuanyi(*question).out)
        return [near["station"]["id"] for near in answer["stations"]]

    first = offered()[0]
    closed = nuanyi(
        "station", first, "closed", "--from", "2026-01-01", "--until", "2027-12-31",
        "--reason", "维修",
    )  # fmt: skip
    assert closed.code == DONE
    assert "closed" in closed.out
    assert first not in offered()
    assert nuanyi("station", first, "open").code == DONE
    assert nuanyi("station", 1, "closed").code == NO_SUCH
    assert nuanyi("station", first, "closed", "--until", "Friday").code == UNUSABLE
