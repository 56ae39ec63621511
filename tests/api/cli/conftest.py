"""The command line as an operator meets it, on a real, empty PostGIS."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import api.cli
from geo.database import Database


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    code: int
    out: str
    err: str


Nuanyi = Callable[..., Outcome]


@pytest.fixture
def typed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Nuanyi:
    """Type a command; no database is named and none is started unless the command wants one."""
    for name in ("NUANYI_KEY", "NUANYI_PORT", "NUANYI_HOST", "NUANYI_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NUANYI_STATE", str(tmp_path / "state"))

    def run(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["nuanyi", *(str(one) for one in arguments)])
        capsys.readouterr()
        try:
            api.cli.main()
        except SystemExit as leaving:
            code = leaving.code
        else:
            code = 0
        told = capsys.readouterr()
        return Outcome(int(code or 0), told.out, told.err)

    return run


@pytest.fixture
def nuanyi(typed: Nuanyi, database: Database, monkeypatch: pytest.MonkeyPatch) -> Nuanyi:
    """Type a command of an installation whose PostGIS is empty."""
    monkeypatch.setenv("NUANYI_DATABASE_URL", database.url.render_as_string(hide_password=False))
    return typed


@pytest.fixture
def street(typed, tmp_path, monkeypatch):
    """Two houses and three hosts along a street; p reaches both from afar, q from between them,
    r from beside the larger one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "D.csv").write_text("id,x,y,weight\na,0,0,10\nb,100,0,20\n")
    (tmp_path / "C.csv").write_text("id,x,y,cost\np,-400,0,1\nq,50,0,5\nr,110,0,2\n")

    def run(command, *more):
        said = typed("siting", command, "--demand", "D.csv", "--candidates", "C.csv", *more)
        assert said.code == 0, said.err
        return said.out

    return run, lambda name: json.loads((tmp_path / name).read_text("utf-8"))
