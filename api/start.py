"""The command `nuanyi` as it is installed: Ctrl-C is heard while it is being loaded, too."""

from __future__ import annotations

import sys
from typing import Final

CANCELLED: Final = 130
"""As :data:`api.cli.console.CANCELLED`, which is not loaded yet."""


def main() -> None:
    """Load the commands, which takes about a second, and do what was typed."""
    try:
        from api.cli import main as command

        command()
    except KeyboardInterrupt:
        sys.stderr.write("已取消 / cancelled\n")
        raise SystemExit(CANCELLED) from None
