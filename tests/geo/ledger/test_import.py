"""The ledger as people keep it: read, checked, stored once, corrected."""

import csv
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path

import pytest
import rows
import xlsxwriter
from hostile import HOSTILE_NAME

from geo.database import Actor, Database
from geo.errors import Conflict, Invalid, InvalidFile
from geo.ledger.book import COUNTS, LedgerReport
from geo.ledger.load import LedgerOptions, import_ledger
from geo.settings import Settings

HEADER = (
    "日期,街道,企业沟通会场次,职工沟通会场次,沟通企业数,未建会企业数,意向建会数,新建会数,入会人数"
)
GOOD = ["2026-05-06,翠竹街道,2,1,30,20,7,3,120", "2026-05-13,中山街道,1,,12,8,2,,40"]

Import = Callable[..., LedgerReport]


@pytest.fixture
def load(database: Database, actor: Actor, tmp_path: Path) -> Import:
    with database.write(actor) as writer:
        areas = rows.edition(writer, "areas")
        rows.area(writer, areas, 100, None, kind="district", name="东区", code="990101")
        rows.area(writer, areas, 110, None, name="翠竹街道", code="990101001", parent_id=100)
        rows.area(writer, areas, 120, None, name="中山街道", code="990101002", parent_id=100)
    settings = Settings(state=tmp_path / "state", database_url=None)

    def run(path: Path, **options: object) -> LedgerReport:
        options.setdefault("commit", True)
        return import_ledger(
            database,
            actor,
            settings,
            path,
            LedgerOptions(**options),  # type: ignore[arg-type]
        )

    return run


def write(folder: Path, lines: Sequence[str], header: str = HEADER, name: str = "台账.csv") -> Path:
    path = folder / name
    path.write_text("\n".join([header, *lines]) + "\n", "utf-8")
    return path


def stored(database: Database, actor: Actor) -> list[dict[str, object]]:
    with database.read(actor) as reader:
        found = reader.all("SELECT * FROM ledger_entry ORDER BY day, division, id")
        return [dict(row._mapping) for row in found]


def test_a_dry_run_stores_nothing_and_says_what_would_be(
    load: Import, database: Database, actor: Actor, tmp_path: Path
) -> None:
    told = load(write(tmp_path, GOOD), commit=False)
    assert (told.read, told.accepted, told.rejected, told.added) == (2, 2, 0, 2)
    assert not told.stored
    assert (told.first_day, told.last_day) == (date(2026, 5, 6), date(2026, 5, 13))
    assert stored(database, actor) == []


def test_an_entry_is_stored_with_its_counts_and_the_code_of_its_place(
    load: Import, database: Database, actor: Actor, tmp_path: Path
) -> None:
    told = load(write(tmp_path, GOOD), source="双沟通台账")
    assert (told.stored, told.added) == (True, 2)
    first, second = stored(database, actor)
    assert first["area_code"] == "990101001"
    assert [first[name] for name in COUNTS] == [2, 1, 30, 20, 7, 3, 120]
    assert first["source"] == "双沟通台账"
    # What was not stated is missing, not 0.
    assert second["worker_talks"] is None
    assert second["founded"] is None


def test_the_same_file_twice_changes_nothing(
    load: Import, database: Database, actor: Actor, tmp_path: Path
) -> None:
    path = write(tmp_path, [*GOOD, GOOD[0]])
    assert load(path).added == 3
    before = stored(database, actor)
    again = load(path)
    assert (again.added, again.changed, again.unchanged, again.standing) == (0, 0, 3, 0)
    assert stored(database, actor) == before


def test_a_corrected_file_corrects_and_what_it_left_out_stands_unless_replaced(
    load: Import, database: Database, actor: Actor, tmp_path: Path
) -> None:
    load(write(tmp_path, [*GOOD, "2026-05-10,东区,1,1,5,4,1,0,9", "2026-06-01,东区,1,1,5,4,1,0,9"]))
    corrected = write(tmp_path, ["2026-05-05,东区,1,,,,,,", GOOD[0].replace("120", "125"), GOOD[1]])
    told = load(corrected)
    assert (told.added, told.changed, told.unchanged, told.standing) == (1, 1, 1, 2)
    assert {entry["sign_ups"] for entry in stored(database, actor)} == {125, 40, 9, None}
    # Within the days of the file; the talk of June is not its business.
    replaced = load(corrected, replace=True)
    assert (replaced.removed, replaced.standing, replaced.unchanged) == (1, 1, 3)
    assert date(2026, 5, 10) not in {entry["day"] for entry in stored(database, actor)}
    assert date(2026, 6, 1) in {entry["day"] for entry in stored(database, actor)}


def test_an_entry_with_a_number_of_its_own_may_change_its_day(
    load: Import, database: Database, actor: Actor, tmp_path: Path
) -> None:
    header = "编号,日期,街道,企业沟通会场次"
    load(write(tmp_path, ["A-1,2026-05-06,翠竹街道,1", "A-2,2026-05-06,翠竹街道,2"], header))
    told = load(write(tmp_path, ["A-1,2026-05-07,翠竹街道,1", "A-2,2026-05-06,翠竹街道,2"], header))
    assert (told.changed, told.unchanged) == (1, 1)
    assert len(stored(database, actor)) == 2


def test_a_number_given_twice_is_two_entries(load: Import, tmp_path: Path) -> None:
    header = "编号,日期,街道,企业沟通会场次"
    path = write(tmp_path, ["1,2026-05-06,翠竹街道,1", "1,2026-05-07,翠竹街道,2"], header)
    assert load(path).added == 2
    assert load(path).unchanged == 2


def test_a_row_that_says_nothing_is_rejected_with_reason_and_remedy(
    load: Import, database: Database, actor: Actor, tmp_path: Path
) -> None:
    bad = [
        ",翠竹街道,1,,,,,,",
        "2026-13-40,翠竹街道,1,,,,,,",
        "2026-05-06,,1,,,,,,",
        "2026-05-06,翠竹街道,,,,,,,",
        "2026-05-06,翠竹街道,-1,,,,,,",
        "2026-05-06,翠竹街道,两场,,,,,,",
        "2026-05-06,翠竹街道,1.5,,,,,,",
    ]
    told = load(write(tmp_path, [*GOOD, *bad]))
    assert told.read == told.accepted + told.rejected == 9
    assert told.rejected == 7
    assert told.problems_in_all == 7
    assert {problem["row"] for problem in told.problems} == set(range(4, 11))
    for problem in told.problems:
        assert problem["column"]
        assert problem["reason"]
        assert problem["reason_zh"]
        assert problem["remedy"]
        assert problem["remedy_zh"]
    assert told.rejects == tmp_path / "台账.rejects.csv"
    with told.rejects.open(encoding="utf-8-sig") as lines:
        rejected = list(csv.DictReader(lines))
    assert len(rejected) == 7
    assert all(row["原因"] and row["处理办法"] and row["拒绝列"] for row in rejected)
    assert len(stored(database, actor)) == 2


def test_a_rejected_row_mended_is_taken(load: Import, tmp_path: Path) -> None:
    told = load(write(tmp_path, [GOOD[0], ",中山街道,1,,,,,,"]), source="s")
    assert told.rejects
    with told.rejects.open(encoding="utf-8-sig", newline="") as lines:
        rejected = list(csv.reader(lines))
    rejected[1][0] = "2026-05-08"
    again = told.rejects.with_name("mended.csv")
    with again.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows(rejected)
    assert load(again, source="s").added == 1


def test_a_workbook_with_a_title_notes_and_a_total_is_read_as_it_is(
    load: Import, database: Database, actor: Actor, tmp_path: Path
) -> None:
    path = tmp_path / "台账.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, ["2026年“双沟通”工作台账"])
        sheet.write_row(1, 0, ["序号", *HEADER.split(","), "填报人"])
        sheet.write_row(2, 0, [1, None, "东区翠竹街道", 2, 1, 30, 20, 7, 3, 120, "张三"])
        sheet.write_datetime(2, 1, datetime(2026, 5, 6), day)
        sheet.write_row(3, 0, [2, "2026年5月13日", "中山", 1, None, 12, 8, 2, None, 40, "李四"])
        sheet.write_row(4, 0, ["合计", None, None, 3, 1, 42, 28, 9, 3, 160])
    told = load(path)
    assert (told.read, told.added) == (2, 2)
    assert {entry["area_code"] for entry in stored(database, actor)} == {"990101001", "990101002"}
    assert "张三" not in str(stored(database, actor))
    assert any("填报人" in note for note in told.notes)


def test_the_district_beside_the_subdistrict_tells_two_of_one_name_apart(
    load: Import, database: Database, actor: Actor, tmp_path: Path
) -> None:
    with database.write(actor) as writer:
        areas = rows.edition(writer, "areas", state="retired")
        writer.execute("UPDATE edition SET state = 'retired' WHERE dataset = 'areas'")
        writer.execute("UPDATE edition SET state = 'active' WHERE id = :id", {"id": areas})
        for number, name in ((1, "东区"), (2, "西区")):
            code = f"99010{number}"
            rows.area(writer, areas, number, None, kind="district", name=name, code=code)
            rows.area(
                writer, areas, 10 + number, None, name="翠竹街道", code=f"{code}001",
                parent_id=number,
            )  # fmt: skip
    path = write(
        tmp_path,
        ["2026-05-06,东区,翠竹街道,1", "2026-05-06,西区,西区翠竹街道,2", "2026-05-06,,翠竹街道,3"],
        "日期,区县,街道,企业沟通会场次",
    )
    told = load(path)
    codes = {entry["enterprise_talks"]: entry["area_code"] for entry in stored(database, actor)}
    assert codes == {1: "990101001", 2: "990102001", 3: None}
    assert told.unplaced == {"翠竹街道": 1}
    assert any("重名" in note for note in told.notes)


def test_a_code_places_an_entry_whatever_it_is_called(
    load: Import, database: Database, actor: Actor, tmp_path: Path
) -> None:
    load(write(tmp_path, ["2026-05-06,990101002,1"], "日期,区划代码,企业沟通会场次"))
    (entry,) = stored(database, actor)
    assert (entry["division"], entry["area_code"]) == ("990101002", "990101002")


def test_the_same_talks_under_another_name_are_refused(
    load: Import, database: Database, actor: Actor, tmp_path: Path
) -> None:
    load(write(tmp_path, GOOD))
    copy = write(tmp_path, GOOD, name="副本.csv")
    with pytest.raises(Conflict, match=r"台账\.csv"):
        load(copy)
    more = write(tmp_path, [*GOOD, "2026-06-01,东区,1,1,5,4,1,0,9"], name="副本.csv")
    assert any("重复计数" in note for note in load(more, commit=False).notes)
    assert len(stored(database, actor)) == 2


def test_what_looks_wrong_is_told_and_taken_as_stated(load: Import, tmp_path: Path) -> None:
    told = load(write(tmp_path, ["2026-05-06,翠竹街道,1,1,5,9,2,3,4", "2099-01-01,东区,1,,,,,,"]))
    assert told.accepted == 2
    assert any("未建会企业数" in note and "沟通企业数" in note for note in told.notes)
    assert any("将来" in note for note in told.notes)


def test_a_list_of_people_is_no_ledger(load: Import, tmp_path: Path) -> None:
    path = write(tmp_path, ["张三,男,1990-01-01,东区"], "姓名,性别,出生日期,街道")
    with pytest.raises(InvalidFile, match="list of people"):
        load(path)


@pytest.mark.parametrize("header", ["街道,企业沟通会场次", "日期,企业沟通会场次"])
def test_a_file_without_day_or_place_is_refused(load: Import, tmp_path: Path, header: str) -> None:
    with pytest.raises(InvalidFile, match="缺少必需的列"):
        load(write(tmp_path, ["翠竹街道,1"], header))


def test_a_hostile_place_is_text_like_any_other(
    load: Import, database: Database, actor: Actor, tmp_path: Path
) -> None:
    path = tmp_path / "hostile.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["日期", "街道", "企业沟通会场次"])
        writer.writerow(["2026-05-06", HOSTILE_NAME, 1])
    told = load(path, source=HOSTILE_NAME)
    (entry,) = stored(database, actor)
    assert entry["division"] == HOSTILE_NAME
    assert told.unplaced == {HOSTILE_NAME: 1}


@pytest.mark.parametrize("source", [" ", "x" * 201, "a\nb"])
def test_a_source_that_is_no_name_is_refused(load: Import, tmp_path: Path, source: str) -> None:
    with pytest.raises(Invalid) as refused:
        load(write(tmp_path, GOOD), source=source)
    assert refused.value.field == "source"


def test_without_areas_entries_are_taken_and_counted_in_none(
    database: Database, actor: Actor, tmp_path: Path
) -> None:
    settings = Settings(state=tmp_path / "state", database_url=None)
    told = import_ledger(
        database, actor, settings, write(tmp_path, GOOD), LedgerOptions(commit=True)
    )
    assert told.added == 2
    assert {entry["area_code"] for entry in stored(database, actor)} == {None}
