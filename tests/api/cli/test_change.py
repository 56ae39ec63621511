"""`nuanyi coverage compare|series`, `nuanyi ledger` and `nuanyi editions retire`."""

import csv
import io
import json
from datetime import date
from pathlib import Path

import pytest
import rows
from hostile import HOSTILE_NAME

from geo import partitions
from geo.database import Actor, Database, Writer

LEDGER = "日期,街道,企业沟通会场次,未建会企业数,意向建会数\n2026-05-06,翠竹街道,2,20,7\n"


def list_of(writer: Writer, as_of: date, states: list[str], state: str = "retired") -> int:
    number = rows.edition(writer, "enterprises", state=state, as_of=as_of)
    child = partitions.create(writer, "enterprise", number)
    for identity, union in enumerate(states, start=1):
        writer.execute(
            f"INSERT INTO {child} (id, name, location, employees, union_state, located_by) VALUES "
            "(:id, 'x', ST_Point(113.65, 34.75, 4326), 40, :state, 'coordinates')",
            {"id": identity, "state": union},
        )
    partitions.attach(writer, "enterprise", number)
    return number


@pytest.fixture
def town(database: Database, actor: Actor) -> dict[str, int]:
    with database.write(actor) as writer:
        areas = rows.edition(writer, "areas")
        square = rows.square(113.6, 34.7)
        rows.area(writer, areas, 110, square, name="翠竹街道", code="410199001")
        rows.area(writer, areas, 120, rows.square(113.7, 34.7), name=HOSTILE_NAME, code="410199002")
        return {
            "first": list_of(writer, date(2025, 12, 31), ["none", "own"]),
            "second": list_of(writer, date(2026, 6, 30), ["own", "own", "none"], "active"),
            "draft": list_of(writer, date(2025, 6, 30), ["none", "none"], "draft"),
        }


def test_a_comparison_is_a_table_a_spreadsheet_or_json(nuanyi, town: dict[str, int]) -> None:
    table = nuanyi("coverage", "compare")
    assert table.code == 0, table.err
    assert "+1" in table.out
    assert "1/0/0" in table.out
    lines = list(csv.DictReader(io.StringIO(nuanyi("coverage", "compare", "--format", "csv").out)))
    assert [line["id"] for line in lines] == ["0", "110", "120"]
    assert (lines[1]["newly_own"], lines[1]["appeared"]) == ("1", "1")
    told = nuanyi("coverage", "compare", town["first"], town["second"], "--area", 110,
                  "--format", "json")  # fmt: skip
    (area,) = json.loads(told.out)["areas"]
    assert area["rates"]["establishment"]["before"]["numerator"] == 1


def test_a_series_is_a_table_a_spreadsheet_or_json(nuanyi, town: dict[str, int]) -> None:
    assert town
    table = nuanyi("coverage", "series")
    assert table.code == 0, table.err
    assert "50.0%" in table.out
    assert "66.7%" in table.out
    assert "不作预测" in table.out
    lines = list(
        csv.DictReader(
            io.StringIO(
                nuanyi("coverage", "series", "--kind", "subdistrict", "--format", "csv").out
            )
        )
    )
    assert len(lines) == 4
    assert lines[2]["value"] == ""
    assert "没有单位" in lines[2]["reason"]
    told = json.loads(nuanyi("coverage", "series", "--format", "json").out)
    assert told["series"][0]["forecast"]["state"] == "too_few_points"


def test_a_draft_becomes_a_past_edition(nuanyi, town: dict[str, int]) -> None:
    refused = nuanyi("coverage", "compare", town["draft"])
    assert refused.code == 4
    assert "editions retire" in refused.err
    assert nuanyi("editions", "retire", town["draft"]).code == 0
    assert nuanyi("coverage", "compare", town["draft"]).code == 0
    told = json.loads(nuanyi("coverage", "series", "--format", "json").out)
    assert [point["share"]["value"] for point in told["series"][0]["points"]][:2] == [0.0, 0.5]
    assert nuanyi("editions", "retire", town["second"]).code == 4


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("compare", 999), 4),
        (("compare", "--measure", "happiness"), 2),
        (("compare", "--kind", "street"), 2),
        (("series", "--measure", "happiness"), 2),
        (("series", "--area", 999), 4),
    ],
)
def test_what_cannot_be_asked_is_told(
    nuanyi, town: dict[str, int], arguments: tuple[object, ...], code: int
) -> None:
    assert town
    told = nuanyi("coverage", *arguments)
    assert told.code == code
    assert "→" in told.err


def test_a_ledger_is_checked_stored_and_shown(nuanyi, town: dict[str, int], tmp_path: Path) -> None:
    assert town
    path = tmp_path / "台账.csv"
    path.write_text(LEDGER + f'2026-05-07,"{HOSTILE_NAME.replace(chr(34), chr(34) * 2)}",1,2,1\n')
    dry = nuanyi("ledger", "import", path)
    assert dry.code == 0, dry.err
    assert "仅检查" in dry.out
    stored = nuanyi("ledger", "import", path, "--commit", "--json")
    assert json.loads(stored.out)["added"] == 2
    again = nuanyi("ledger", "import", path, "--commit")
    assert "不变 unchanged 2" in again.out
    shown = nuanyi("ledger", "show", "--kind", "subdistrict")
    assert "35.0%" in shown.out
    told = json.loads(nuanyi("ledger", "show", "--area", 110, "--json").out)
    assert told["area"]["funnel"]["counts"]["agreed"]["value"] == 7
    assert nuanyi("ledger", "show", "--area", 7).code == 4


def test_a_ledger_with_bad_rows_says_so_and_ends_with_1(
    nuanyi, town: dict[str, int], tmp_path: Path
) -> None:
    assert town
    path = tmp_path / "台账.csv"
    path.write_text(LEDGER + "昨天,翠竹街道,1,,\n")
    told = nuanyi("ledger", "import", path, "--commit")
    assert told.code == 1
    assert "接收 accepted 1 + 拒绝 rejected 1" in told.out
    assert "台账.rejects.csv" in told.out
    assert nuanyi("ledger", "import", tmp_path / "none.csv").code == 2
