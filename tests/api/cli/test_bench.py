"""`nuanyi bench`: what it offers, and what it says of the machine."""

from pathlib import Path

from api.cli.bench import processor_ticks, stolen_share

DONE, NO_SUCH = 0, 4


def test_benchmarks_are_listed_and_unknown_ones_named(typed) -> None:
    listed = typed("bench", "--list")
    assert listed.code == DONE
    assert "imports" in listed.out
    unknown = typed("bench", "patience")
    assert unknown.code == NO_SUCH
    assert "imports" in unknown.err


def test_a_record_tells_how_much_of_the_processor_others_took(tmp_path: Path) -> None:
    stat = tmp_path / "stat"
    # user, nice, system, idle, waiting, interrupts (two), stolen, guests (two, within user).
    stat.write_text("cpu  100 10 50 900 30 3 7 20 5 5\ncpu0 1 1 1 1 1 1 1 1 1 1\n")
    before = processor_ticks(stat)
    assert before == (170, 20)
    stat.write_text("cpu  160 10 60 990 40 3 7 50 5 5\n")
    assert stolen_share(before, processor_ticks(stat)) == 0.3


def test_a_system_that_does_not_tell_has_no_such_share(tmp_path: Path) -> None:
    (tmp_path / "stat").write_text("cpu 1 2 3\n")
    for stat in (tmp_path / "stat", tmp_path / "missing"):
        assert processor_ticks(stat) is None
    assert stolen_share(None, (1, 1)) is None
