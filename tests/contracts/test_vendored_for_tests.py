"""What only the tests load is as published too, and never served."""

import hashlib
import tomllib
from pathlib import Path

from api.pages import served

VENDOR = Path(__file__).resolve().parents[1] / "vendor"


def test_the_libraries_of_the_tests_are_listed_unchanged_and_not_served() -> None:
    listed = tomllib.loads((VENDOR / "VENDOR.toml").read_text("utf-8"))["library"]
    hashes = {file["path"]: file["sha256"] for one in listed for file in one["file"]}
    for path, digest in hashes.items():
        assert hashlib.sha256((VENDOR / path).read_bytes()).hexdigest() == digest
    found = {path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*") if path.is_file()}
    assert found == {*hashes, "VENDOR.toml"}
    for library in listed:
        assert library["version"]
        assert library["licence"]
        assert f"{library['npm']}/LICENSE" in hashes
    assert not [name for name in served() if "axe" in name]
