"""Fetch the vendored browser libraries again and write VENDOR.toml anew.

    python maps/web/vendor/refresh.py            the versions written in VENDOR.toml
    python maps/web/vendor/refresh.py leaflet=1.9.4

Needs npm. Only the files that are listed are kept; nothing is built or changed.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
MANIFEST = HERE / "VENDOR.toml"
HEAD = """\
# Browser libraries, byte for byte as published on npm. Written by refresh.py; checked by
# tests/contracts/test_vendored_files.py. `from` is the path inside the npm package.
"""


def fetch(package: str, version: str, folder: Path) -> Path:
    """Unpack one npm package under `folder`; answers the folder of its files."""
    subprocess.run(
        ["npm", "pack", "--silent", f"{package}@{version}", "--pack-destination", str(folder)],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd=folder,
    )
    archive = next(folder.glob("*.tgz"))
    with tarfile.open(archive) as files:
        files.extractall(folder, filter="data")
    return folder / "package"


def refresh(library: dict[str, Any]) -> str:
    """Copy the listed files of one library; answers its part of VENDOR.toml."""
    lines = ["", "[[library]]"]
    lines += [f'{key} = "{library[key]}"' for key in ("name", "npm", "version", "licence")]
    with tempfile.TemporaryDirectory() as temporary:
        package = fetch(library["npm"], library["version"], Path(temporary))
        for file in library["file"]:
            target = HERE / file["path"]
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(package / file["from"], target)
            digest = hashlib.sha256(target.read_bytes()).hexdigest()
            lines += [
                "[[library.file]]",
                f'path = "{file["path"]}"',
                f'from = "{file["from"]}"',
                f'sha256 = "{digest}"',
            ]
    return "\n".join(lines) + "\n"


def main(wanted: list[str]) -> None:
    """Refresh all libraries, with the versions asked for on the command line."""
    versions = dict(item.split("=", 1) for item in wanted)
    libraries = tomllib.loads(MANIFEST.read_text("utf-8"))["library"]
    unknown = versions.keys() - {library["npm"] for library in libraries}
    if unknown:
        sys.exit(f"not in VENDOR.toml: {', '.join(sorted(unknown))}")
    parts = [HEAD]
    for library in libraries:
        library["version"] = versions.get(library["npm"], library["version"])
        parts.append(refresh(library))
        print(f"{library['name']} {library['version']}")
    MANIFEST.write_text("".join(parts), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
