"""The browser libraries we carry are the published ones, all listed, none changed."""

import hashlib
import tomllib
from pathlib import Path

import pytest

VENDOR = Path(__file__).resolve().parents[2] / "maps" / "web" / "vendor"
OURS = {"VENDOR.toml", "README.md", "refresh.py"}


def libraries() -> list[dict]:
    return tomllib.loads((VENDOR / "VENDOR.toml").read_text("utf-8"))["library"]


def listed_files() -> dict[str, str]:
    return {file["path"]: file["sha256"] for one in libraries() for file in one["file"]}


@pytest.mark.parametrize("path", sorted(listed_files()))
def test_a_vendored_file_has_the_hash_it_was_listed_with(path: str) -> None:
    digest = hashlib.sha256((VENDOR / path).read_bytes()).hexdigest()
    assert digest == listed_files()[path]


def test_no_file_lies_among_the_libraries_unlisted() -> None:
    found = {
        str(path.relative_to(VENDOR).as_posix())
        for path in VENDOR.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert found - OURS == set(listed_files())


def test_every_library_states_version_licence_and_carries_its_licence_text() -> None:
    for library in libraries():
        assert library["version"]
        assert library["licence"]
        assert any(file["path"].endswith("/LICENSE") for file in library["file"])
