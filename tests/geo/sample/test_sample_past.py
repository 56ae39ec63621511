"""Earlier lists of the demo city agree with each other and with the stated rules."""

import json

import numpy as np
import pandas as pd
import pytest
from stdnum.cn import uscc

from geo.files.headers import match_headers
from geo.sample import LABEL, City, write_city
from geo.sample.shape import AS_OF, EARLIER

KEY = "单位统一社会信用代码"
COVERED = ["已建会"]


@pytest.fixture(scope="session")
def lists(default_city: City) -> dict[str, pd.DataFrame]:
    """The lists by day, the last one that of today."""
    paths = {**default_city.earlier, AS_OF: default_city.enterprises}
    return {str(day): pd.read_csv(path, dtype={"建会日期": str}) for day, path in paths.items()}


@pytest.fixture(scope="session")
def ledger(default_city: City) -> pd.DataFrame:
    return pd.read_csv(default_city.ledger)


def joined(then: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    return then.merge(now, left_index=True, right_index=True, suffixes=("", "_now"))


def test_every_list_has_the_columns_of_today_and_its_own_unique_codes(
    lists: dict[str, pd.DataFrame],
) -> None:
    today = lists[str(AS_OF)]
    assert [*lists] == [*(str(day) for day in EARLIER), str(AS_OF)]
    for frame in lists.values():
        assert list(frame.columns) == list(today.columns)
        assert frame[KEY].is_unique
        assert frame["序号"].tolist() == list(range(1, len(frame) + 1))
        assert frame["单位名称"].str.endswith(LABEL).all()
    gone = set(lists[str(EARLIER[0])][KEY]) - set(today[KEY])
    assert 0.01 < len(gone) / len(today) < 0.03
    assert all(uscc.is_valid(code) for code in list(gone)[:50])


def test_no_union_is_in_a_list_of_before_it_was_founded(lists: dict[str, pd.DataFrame]) -> None:
    for day, frame in lists.items():
        founded = frame["建会日期"].dropna().str.replace("/", "-")
        assert (founded <= day).all()
        without = frame[frame["建会状态"] == "未建会"]
        assert without["工会名称"].isna().all()
        # A unit of the last list that is covered may have had none; the other way round is rare.
    first, last = (lists[str(day)].set_index(KEY) for day in (EARLIER[0], AS_OF))
    both = joined(first, last)
    won = (both["建会状态"] == "未建会") & (both["建会状态_now"] == "已建会")
    lost = (both["建会状态"] == "已建会") & (both["建会状态_now"] == "未建会")
    assert won.sum() > 1.5 * lost.sum() > 0


def test_the_lists_differ_as_the_rules_say_and_the_nearer_one_less(
    lists: dict[str, pd.DataFrame],
) -> None:
    last = lists[str(AS_OF)].set_index(KEY)
    shares = []
    for day in EARLIER:
        both = joined(lists[str(day)].set_index(KEY), last)
        placed = both[["经度", "经度_now"]].dropna()
        shares.append(
            (
                1 - len(both) / len(last),
                (placed["经度"] != placed["经度_now"]).mean(),
                (both["登记状态_now"].isin(["注销"]) & both["登记状态"].eq("在业")).mean(),
                abs(both["会员人数"].sum() / both["会员人数_now"].sum() - 1),
            )
        )
    first, second = np.array(shares)
    assert (first > second).all()
    assert (second > 0).all()
    assert (first < (0.08, 0.03, 0.03, 0.25)).all()


def test_what_is_not_stated_today_was_not_stated_then(lists: dict[str, pd.DataFrame]) -> None:
    first, last = (lists[str(day)].set_index(KEY) for day in (EARLIER[0], AS_OF))
    both = joined(first, last)
    for column in ("职工人数", "会员人数"):
        assert both.loc[both[f"{column}_now"].isna(), column].isna().mean() > 0.95


def test_the_ledger_tells_of_the_unions_that_the_register_has(
    ledger: pd.DataFrame, default_city: City
) -> None:
    assert match_headers("ledger", list(ledger.columns)).unmatched_columns == []
    areas = json.loads(default_city.areas.read_text("utf-8"))["features"]
    known = {one["properties"]["name"] for one in areas}
    assert set(ledger["街道"]) <= known
    assert ledger["日期"].between("2025-07-01", str(AS_OF)).all()
    assert ledger["日期"].is_monotonic_increasing
    for whole, part in (
        ("沟通企业数", "未建会企业数"), ("未建会企业数", "意向建会数"), ("意向建会数", "新建会数"),
    ):  # fmt: skip
        assert (ledger[part] <= ledger[whole]).all()
    agreed = ledger["意向建会数"].sum() / ledger["未建会企业数"].sum()
    assert 0.25 < agreed < 0.40
    today = pd.read_csv(default_city.enterprises, dtype={"建会日期": str})
    within = today["建会日期"].dropna().str.replace("/", "-") > "2025-06-30"
    assert ledger["新建会数"].sum() == pytest.approx(within.sum(), rel=0.12)


def test_the_past_is_written_only_where_it_is_wanted(tmp_path) -> None:
    without = write_city(tmp_path / "without", "small", earlier=False)
    assert not without.ledger.exists()
    assert not any(path.exists() for path in without.earlier.values())
    assert "ledger" not in without.counts
    again = write_city(tmp_path / "with", "small")
    assert again.enterprises.read_bytes() == without.enterprises.read_bytes()
    assert again.counts["ledger"] == len(pd.read_csv(again.ledger))
