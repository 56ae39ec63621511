"""What happens before a command begins."""

import sys

import pytest

from api import start
from api.cli import console


class Loading:
    """The commands, while somebody types Ctrl-C."""

    def __getattr__(self, name: str) -> object:
        raise KeyboardInterrupt


def test_ctrl_c_while_it_is_loaded_is_a_word_and_not_a_traceback(monkeypatch, capsys) -> None:
    monkeypatch.setitem(sys.modules, "api.cli", Loading())
    with pytest.raises(SystemExit) as left:
        start.main()
    assert left.value.code == start.CANCELLED == console.CANCELLED
    assert "cancelled" in capsys.readouterr().err


def test_the_command_that_is_installed_is_the_command_line(monkeypatch, capsys) -> None:
    monkeypatch.setattr(sys, "argv", ["nuanyi", "siting", "--help"])
    with pytest.raises(SystemExit) as left:
        start.main()
    assert left.value.code == 0
    assert "solve" in capsys.readouterr().out
