"""`nuanyi siting close`, `move` and `robust` on plain files, against every possible choice."""

import itertools
import json
import os
import signal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import cdist

from api.cli.siting import watching
from geo.siting.files import cases, changing, plan

RADIUS = 200.0


@pytest.fixture(params=range(3))
def city(request, tmp_path, monkeypatch):
    """Ninety homes on two kinds of days, six candidates and five stations, within a kilometre."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(request.param)
    homes, hosts, stations = (rng.random((size, 2)) * 1000 for size in (90, 6, 5))
    weights = rng.integers(1, 20, (2, 90))
    weights[0, rng.random(90) < 0.4] = 0
    places = pd.DataFrame({"id": range(90), "x": homes[:, 0], "y": homes[:, 1]})
    days = [places.assign(weight=weight) for weight in weights]
    for name, day in zip("DW", days, strict=True):
        day.to_csv(f"{name}.csv", index=False)
    both = pd.concat([days[0].assign(day="工作日"), days[1].assign(day="周末")])
    both.assign(id=range(180)).to_csv("days.csv", index=False)
    pd.DataFrame(
        {"id": [f"C{k}" for k in range(6)], "x": hosts[:, 0], "y": hosts[:, 1], "cost": 2,
         "open_24h": "no"}
    ).to_csv("C.csv", index=False)  # fmt: skip
    # A list of stations says what state they are in, in its own words.
    pd.DataFrame(
        {"id": [f"S{k}" for k in range(5)], "x": stations[:, 0], "y": stations[:, 1],
         "状态": "正常开放", "cost": ""}
    ).to_csv("E.csv", index=False)  # fmt: skip
    names = [*(f"C{k}" for k in range(6)), *(f"S{k}" for k in range(5))]
    near = cdist(np.vstack((hosts, stations)), homes) <= RADIUS
    reach = dict(zip(names, near, strict=True))

    def covered(ids, weight=weights[0]) -> float:
        hit = np.zeros(90, bool)
        for one in ids:
            hit |= reach[one]
        return float(weight[hit].sum())

    return covered, weights


def told(name: str) -> dict:
    return json.loads(Path(name).read_text("utf-8"))


STATIONS = [f"S{k}" for k in range(5)]
CANDIDATES = [f"C{k}" for k in range(6)]
CHOSEN = ("--candidates", "C.csv")
FILES = ("--demand", "D.csv", "--radius", RADIUS)


def test_what_is_closed_is_missed_least(city, typed) -> None:
    covered, _ = city
    said = typed("siting", "close", *FILES, "--existing", "E.csv", "--count", 2,
                 "--keep", "S1", "--gap", 0, "--out", "X.json")  # fmt: skip
    assert said.code == 0, said.err
    found = told("X.json")
    best = max(
        covered({*STATIONS} - {*gone})
        for gone in itertools.combinations([one for one in STATIONS if one != "S1"], 2)
    )
    gone = {one["id"] for one in found["close"]}
    assert len(gone) == 2
    assert "S1" not in gone
    assert found["objective"] == found["bound"] == best == covered({*STATIONS} - gone)
    assert found["before"] == covered(STATIONS)
    loss = {one["id"]: one["loss"] for one in found["stations"]}
    assert loss == {one: covered(STATIONS) - covered({*STATIONS} - {one}) for one in STATIONS}
    assert list(loss.values()) == sorted(loss.values())


def test_the_best_moves_are_made(city, typed) -> None:
    covered, _ = city
    said = typed("siting", "move", *FILES, "--candidates", "C.csv", "--existing", "E.csv",
                 "--count", 2, "--forbid", "C0", "--gap", 0, "--out", "X.json")  # fmt: skip
    assert said.code == 0, said.err
    found = told("X.json")
    ways = [
        (set(STATIONS) - set(gone)) | set(come)
        for many in range(3)
        for gone in itertools.combinations(STATIONS, many)
        for come in itertools.combinations(CANDIDATES[1:], many)
    ]
    best = max(covered(way) for way in ways)
    gone, come = ({one["id"] for one in found[name]} for name in ("close", "open"))
    assert len(gone) == len(come) <= 2
    assert found["objective"] == found["bound"] == best == covered({*STATIONS} - gone | come)
    assert found["cost"] == 2 * len(come)


@pytest.mark.parametrize(
    ("aim", "worth"), [("worst-share", np.min), ("least-regret", np.min), ("mean", np.mean)]
)
@pytest.mark.parametrize("by_day", [False, True])
def test_one_plan_does_for_all_cases(city, typed, aim, worth, by_day) -> None:
    covered, weights = city
    cases = (
        ("--demand", "days.csv", "--days", "workday,weekend")
        if by_day
        else ("--demand", "D.csv", "--demand", "W.csv")
    )
    said = typed("siting", "robust", *cases, "--candidates", "C.csv", "--existing", "E.csv",
                 "--forbid", "C3", "--sites", 2, "--radius", RADIUS, "--aim", aim, "--gap", 0,
                 "--out", "X.json")  # fmt: skip
    assert said.code == 0, said.err
    found = told("X.json")
    plans = list(itertools.combinations([one for one in CANDIDATES if one != "C3"], 2))
    table = np.array([[covered({*plan, *STATIONS}, one) for one in weights] for plan in plans])
    whole = table.max(axis=0) if aim == "least-regret" else weights.sum(axis=1)
    best = worth(table / whole, axis=1).max()
    assert found["objective"] == pytest.approx(best)
    assert found["bound"] == pytest.approx(best, abs=2e-6)
    assert found["bound"] >= best - 1e-9
    reached = [covered({*found["sites"], *STATIONS}, one) for one in weights]
    assert [one["covered"] for one in found["cases"]] == reached
    assert [one["alone"] for one in found["cases"]] == table.max(axis=0).tolist()
    assert typed("siting", "check", "X.json").code == 0


@pytest.mark.parametrize("kind", ["close", "move", "robust"])
def test_what_was_found_is_checked_and_what_was_tampered_with_refused(city, typed, kind) -> None:
    more = {
        "close": ("--demand", "D.csv", "--existing", "E.csv", "--count", 2),
        "move": ("--demand", "D.csv", "--candidates", "C.csv", "--existing", "E.csv"),
        "robust": ("--demand", "D.csv", "--demand", "W.csv", "--candidates", "C.csv", "--sites", 2),
    }[kind]
    typed("siting", kind, *more, "--radius", RADIUS, "--gap", 0, "--out", "X.json")
    facts = json.loads(typed("siting", "check", "X.json", "--json").out)
    assert facts["holds"], facts
    assert facts["bound"] >= facts["value"] - 1e-9
    honest = told("X.json")
    lies = [honest | {"objective": honest["objective"] + 0.5}]
    lies.append(honest | {"bound": honest["objective"] * 0.9})
    if kind == "robust":
        lies.append(honest | {"sites": honest["sites"][:1]})
    else:
        lies.append(honest | {"close": []})
    for lie in lies:
        Path("lie.json").write_text(json.dumps(lie), encoding="utf-8")
        assert typed("siting", "check", "lie.json").code == 1
    Path("D.csv").write_text(Path("D.csv").read_text() + "90,0,0,1\n")
    assert typed("siting", "check", "X.json").code == 1


def test_ctrl_c_keeps_the_best_so_far(city, typed, monkeypatch) -> None:
    """Somebody types Ctrl-C as soon as the search waits to be looked at."""
    real, pressed = watching.wait, []

    def impatient(jobs, timeout):
        if not pressed:
            pressed.append(True)
            os.kill(os.getpid(), signal.SIGINT)
        return real(jobs, timeout)

    monkeypatch.setattr(watching, "wait", impatient)
    covered, _ = city
    said = typed("siting", "move", *FILES, "--candidates", "C.csv", "--existing", "E.csv",
                 "--count", 2, "--out", "X.json")  # fmt: skip
    assert said.code == 0, said.err
    assert pressed
    found = told("X.json")
    gone, come = ({one["id"] for one in found[name]} for name in ("close", "open"))
    assert found["objective"] == covered({*STATIONS} - gone | come) >= found["before"]


@pytest.mark.parametrize("times", [1, 2, 3])
@pytest.mark.parametrize(
    ("made_by", "command"),
    [
        (plan, ("solve", "--demand", "D.csv", *CHOSEN, "--radius", 200, "--sites", 2)),
        (changing, ("move", *FILES, *CHOSEN, "--existing", "E.csv", "--count", 1)),
        (cases, ("robust", "--demand", "D.csv", "--demand", "W.csv", *CHOSEN, "--radius", 200,
                 "--sites", 2)),
    ],
    ids=["solve", "move", "robust"],
)  # fmt: skip
def test_ctrl_c_once_more_loses_nothing_while_the_plan_is_written(
    city, typed, monkeypatch, made_by, command, times
) -> None:
    """A second Ctrl-C soon after the first meets a search that has already ended; who types it a
    third time wants no plan."""
    makes = {plan: "plan_of", changing: "changes_of", cases: "robust_of"}[made_by]
    real, before = getattr(made_by, makes), signal.getsignal(signal.SIGINT)

    def interrupted(*arguments, **more):
        for _ in range(times):
            os.kill(os.getpid(), signal.SIGINT)
        return real(*arguments, **more)

    monkeypatch.setattr(made_by, makes, interrupted)
    said = typed("siting", *command, "--out", "X.json")
    assert Path("X.json").exists() == (times < 3) == (said.code == 0), said.err
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (("close", "--existing", "E.csv", "--count", 6), "现有站点 5 个，不能调整 6 个"),
        (("close", "--existing", "E.csv", "--keep", "S9"), "没有现有站点 S9"),
        (("move", *CHOSEN, "--existing", "E.csv", "--keep", "C1"), "没有现有站点 C1"),
        (("robust", *CHOSEN, "--sites", 1), "情景应为 2 到 8 个"),
        (("robust", *CHOSEN, "--sites", 1, "--days", "monday"), "没有日类型“monday”"),
        (("robust", *CHOSEN, "--sites", 1, "--demand", "W.csv", "--aim", "most"),
         "没有目标“most”"),
        (("robust", "--candidates", "C.csv", "--demand", "W.csv"), "--sites 或 --budget"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_a_sentence(city, typed, command, says) -> None:
    said = typed("siting", *command, *FILES, "--out", "X.json")
    assert said.code == 2
    assert says in said.err.replace("\n", "")


def test_a_robust_plan_that_is_not_possible_says_why(city, typed) -> None:
    said = typed("siting", "robust", *FILES, "--demand", "W.csv", "--candidates", "C.csv",
                 "--sites", 1, "--force", "C1", "--open-24h", 1, "--out", "X.json")  # fmt: skip
    assert said.code == 1, said.err
    found = told("X.json")
    assert (found["status"], found["objective"]) == ("infeasible", None)
    assert "open 24 hours" in found["infeasible"]["en"]
    assert "24" in said.out
    # There is nothing to hold: that is said, and nothing breaks.
    said = typed("siting", "check", "X.json")
    assert (said.code, "Traceback" in said.err) == (1, False), said.err
    facts = json.loads(typed("siting", "check", "X.json", "--json").out)
    assert (facts["stated"], facts["holds"]) == (None, False)


def made_for_all_days(typed, aim: str) -> dict:
    said = typed("siting", "robust", *FILES, "--demand", "W.csv", *CHOSEN, "--sites", 2,
                 "--aim", aim, "--gap", 0, "--out", "X.json")  # fmt: skip
    assert said.code == 0, said.err
    return told("X.json")


def checked(typed, plan: dict) -> dict:
    Path("lie.json").write_text(json.dumps(plan), encoding="utf-8")
    said = typed("siting", "check", "lie.json", "--json")
    assert said.code in (0, 1), said.err
    return json.loads(said.out)


def test_a_mean_of_days_is_not_proved_by_another_mixture_of_them(city, typed) -> None:
    """A certificate of the first day alone bounds a mixture, and not the mean."""
    mean = made_for_all_days(typed, "mean")
    first = typed("siting", "solve", *FILES, *CHOSEN, "--sites", 2, "--gap", 0, "--out", "D.json")
    assert first.code == 0, first.err
    of_one_day = told("D.json")["certificate"]
    lie = mean | {"certificate": {"mixture": [1.0, 0.0], "mixed": of_one_day}}
    found = checked(typed, lie)
    assert not found["holds"]
    assert "mixture" in " ".join(found["broken"])


def test_regret_is_not_measured_by_a_bound_that_the_plan_itself_passes(city, typed) -> None:
    honest = made_for_all_days(typed, "least-regret")
    facts = checked(typed, honest)
    assert facts["holds"], facts
    assert "as the file states them" in " ".join(facts["notes"])
    cases = [one | {"alone_bound": one["covered"] / 2} for one in honest["cases"]]
    lie = honest | {"cases": cases, "objective": 2.0, "bound": 2.0, "certificate": None}
    found = checked(typed, lie)
    assert not found["holds"]
    assert "below what the plan covers" in " ".join(found["broken"])


@pytest.mark.parametrize(
    "damage",
    [
        {"aim": "most"}, {"aim": None}, {"cases": []}, {"cases": None}, {"question": {}},
        {"certificate": {"mixture": "x"}}, {"certificate": {"mixture": [1.0]}},
        {"objective": "x"}, {"sites": None},
    ],
)  # fmt: skip
def test_a_damaged_plan_for_several_days_is_told_so(city, typed, damage) -> None:
    Path("lie.json").write_text(json.dumps(made_for_all_days(typed, "mean") | damage))
    said = typed("siting", "check", "lie.json")
    assert (said.code, "Traceback" in said.err) == (2, False)
    assert said.err


def test_changes_that_do_not_say_which_are_a_damaged_file(city, typed) -> None:
    typed("siting", "close", *FILES, "--existing", "E.csv", "--gap", 0, "--out", "X.json")
    for damage in ({"kind": None}, {"kind": "stretch"}, {"count": "x"}, {"close": [1]}):
        Path("lie.json").write_text(json.dumps(told("X.json") | damage), encoding="utf-8")
        said = typed("siting", "check", "lie.json")
        assert (said.code, "damaged" in said.err) == (2, True), (damage, said.err)


def test_more_changes_than_were_asked_for_are_told_as_such(city, typed) -> None:
    """No word of chains, nor of new sites: they are stations that close or move."""
    typed("siting", "close", *FILES, "--existing", "E.csv", "--count", 2, "--keep", "S1",
          "--gap", 0, "--out", "X.json")  # fmt: skip
    close = told("X.json")

    def wrong(plan: dict) -> str:
        found = checked(typed, plan)
        assert not found["holds"]
        words = " ".join(found["broken"])
        assert "chain" not in words
        assert "new sites" not in words
        return words

    assert "1 stations close; 2 are asked for" in wrong(close | {"close": close["close"][:1]})
    every = [{"id": one, "loss": 0} for one in STATIONS]
    kept = wrong(close | {"close": every[:2]})
    assert "S1 cannot close or move" in kept
    typed("siting", "move", *FILES, *CHOSEN, "--existing", "E.csv", "--gap", 0, "--out", "X.json")
    come = [{"id": one, "cost": 2} for one in CANDIDATES[:3]]
    move = told("X.json")
    many = move | {"close": every[:3], "open": come, "certificate": None}
    assert "3 stations move; at most 1 may" in wrong(many)
    assert "3 sites come, but only 1 stations go" in wrong(many | {"close": every[:1]})
