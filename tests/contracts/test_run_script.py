"""`./run` on a machine that is neither Debian nor Ubuntu says exactly what to install."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NEEDED = (
    "bash",
    "env",
    "readlink",
    "dirname",
    "id",
    "cat",
    "grep",
    "awk",
    "sort",
    "tail",
    "fc-list",
)


@pytest.fixture
def bare_path(tmp_path: Path) -> str:
    """Programs of a plain system: no apt-get, no PostgreSQL, no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in NEEDED:
        if found := shutil.which(name):
            (folder / name).symlink_to(found)
    return str(folder)


def private_mounts() -> bool:
    """Whether this machine lets us hide a folder from one process."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        return False
    tried = subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False)
    return tried.returncode == 0


@pytest.mark.skipif(
    not private_mounts(), reason="hiding PostgreSQL needs root and mount namespaces"
)
@pytest.mark.parametrize("command", ["demo", "test"])
def test_another_system_is_told_what_to_install(bare_path: str, command: str) -> None:
    hidden = "/usr/lib/postgresql"
    hide = f"mount -t tmpfs none {hidden} && " if Path(hidden).exists() else ""
    done = subprocess.run(
        ["unshare", "-m", "bash", "-c", f"{hide}exec env -i PATH={bare_path} {ROOT}/run {command}"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 3
    for wanted in ("neither Debian nor Ubuntu", "Python 3.11", "PostGIS 3", "PostgreSQL"):
        assert wanted in done.stderr
    assert ("Chromium" in done.stderr) == (command == "test")


def test_the_lock_files_name_no_registry_and_pin_by_hash() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        assert "://" not in text
        assert "--index-url" not in text
        pinned = [line for line in text.splitlines() if "==" in line]
        assert len(pinned) > 50
        assert text.count("--hash=sha256:") >= len(pinned)


def test_the_development_lock_holds_what_the_other_one_holds() -> None:
    def pins(name: str) -> set[str]:
        lines = (ROOT / name).read_text().splitlines()
        return {line.split(" \\")[0].split(" ;")[0] for line in lines if "==" in line}

    assert pins("requirements.lock") <= pins("requirements-dev.lock")
