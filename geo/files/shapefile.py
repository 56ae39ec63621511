"""Shapefiles: are all parts there, and in which encoding are the attributes?"""

from __future__ import annotations

import shutil
import struct
import tempfile
import zipfile
from pathlib import Path, PurePosixPath
from typing import Final

import numpy as np

from geo.errors import InvalidFile
from geo.files.tables import RawTable
from geo.files.vector import read_shapefile

_PARTS: Final = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_LARGEST: Final = 4 << 30
_NAMES: Final = {
    "936": "gb18030",
    "cp936": "gb18030",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "ansi 936": "gb18030",
    "gb18030": "gb18030",
    "65001": "utf-8",
    "utf8": "utf-8",
    "utf-8": "utf-8",
    "oem": "",
    "system": "",
}


def read_shp(path: Path) -> RawTable:
    """Read a Shapefile from its .shp. Raises :class:`InvalidFile` when .shx or .dbf is missing."""
    beside = {
        other.suffix.lower(): other for other in path.parent.iterdir() if other.stem == path.stem
    }
    return _read({suffix: beside[suffix] for suffix in _PARTS if suffix in beside})


def read_zip(path: Path) -> RawTable:
    """Read the one Shapefile of a .zip; file names in it may be of any encoding."""
    with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory() as folder:
        inside = [
            info
            for info in archive.infolist()
            if not info.is_dir() and not PurePosixPath(info.filename).name.startswith("._")
        ]
        shapes = [info for info in inside if info.filename.lower().endswith(".shp")]
        if len(shapes) != 1:
            listed = "、".join(info.filename for info in inside[:10])
            raise InvalidFile(
                f"压缩包应恰好含一个 Shapefile，现有 {len(shapes)} 个（{listed}）。 "
                f"The archive must hold one Shapefile; it holds {len(shapes)}.",
                remedy="请解压后分别导入。 Unpack it, then import the files one by one.",
            )
        stem = shapes[0].filename[:-4]
        parts = {}
        for info in inside:
            suffix = info.filename[-4:].lower()
            if info.filename[:-4] != stem or suffix not in _PARTS:
                continue
            if info.flag_bits & 1:
                raise InvalidFile(
                    "压缩包有密码保护。 The archive is protected by a password.",
                    remedy="请解压后再导入。 Unpack it, then import the .shp.",
                )
            if info.file_size > _LARGEST:
                raise InvalidFile(
                    "压缩包解开后过大。 The archive is too large when unpacked.",
                    remedy="请拆分后再导入。 Split it, then import the pieces.",
                )
            parts[suffix] = Path(folder) / f"layer{suffix}"
            with archive.open(info) as source, parts[suffix].open("wb") as target:
                shutil.copyfileobj(source, target)
        return _read(parts)


def _read(parts: dict[str, Path]) -> RawTable:
    missing = [suffix for suffix in (".shx", ".dbf") if suffix not in parts]
    if missing:
        names = "、".join(missing)
        raise InvalidFile(
            f"Shapefile 缺少 {names} 文件。 The Shapefile lacks its {names} file.",
            remedy="请把同名的 .shp、.shx、.dbf、.prj、.cpg 放在同一文件夹（或打成一个 zip）。 "
            "Keep .shp, .shx, .dbf, .prj and .cpg together in one folder, or in one zip.",
        )
    encoding, note = _encoding(parts)
    raw = read_shapefile(parts[".shp"], encoding)
    raw.encoding = encoding
    if note:
        raw.notes.append(note)
    if ".prj" not in parts:
        raw.notes.append("缺少 .prj，文件未声明坐标系 / no .prj: the file states no system")
    return raw


def _encoding(parts: dict[str, Path]) -> tuple[str, str]:
    """The encoding of the attributes: UTF-8 if all is valid in it, else the .cpg's if the text fits
    it, else the one that fits. (UTF-8 is often valid GBK; GBK is hardly ever valid UTF-8.)"""
    declared = ""
    if ".cpg" in parts:
        word = parts[".cpg"].read_bytes()[:40].decode("ascii", "ignore").strip().lower()
        declared = _NAMES.get(word, word)
    samples = _dbf_texts(parts[".dbf"])
    if not samples:
        return "utf-8", ""
    tries = [name for name in ("utf-8", declared, "gb18030", "big5") if name]
    for name in dict.fromkeys(tries):
        if _fits(samples, name):
            wrong = declared and name != declared
            note = (
                f".cpg 声明 {declared}，实为 {name} / the .cpg says {declared}, the text is {name}"
                if wrong
                else ""
            )
            return name, note
    raise InvalidFile(
        "Shapefile 属性的文字编码无法识别。 The encoding of the attributes cannot be told.",
        remedy="请在 GIS 软件中另存为 GeoPackage 后再导入。 Save it as GeoPackage with a GIS.",
    )


def _fits(samples: list[bytes], encoding: str) -> bool:
    """Whether 99 of 100 texts are valid; a field's width may cut the last character in two."""
    good = 0
    for sample in samples:
        for cut in range(4):
            try:
                sample[: len(sample) - cut].decode(encoding)
            except UnicodeDecodeError:
                continue
            except LookupError:
                return False
            good += 1
            break
    return good >= (1.0 if encoding == "utf-8" else 0.99) * len(samples)


def _dbf_texts(path: Path, limit: int = 3000) -> list[bytes]:
    """Names of fields and different texts with other than ASCII characters, from the start."""
    data = np.memmap(path, dtype=np.uint8, mode="r") if path.stat().st_size else np.zeros(0, "u1")
    if len(data) < 32:
        raise InvalidFile(
            "Shapefile 的 .dbf 文件已损坏。 The .dbf of the Shapefile is damaged.",
            remedy="请重新获取完整的文件。 Get the complete files again.",
        )
    count, start, width = struct.unpack("<IHH", data[4:12].tobytes())
    header = data[32:start].tobytes()
    texts, fields, offset = [], [], 1
    for at in range(0, len(header) - 31, 32):
        if header[at] == 0x0D:
            break
        texts.append(header[at : at + 11].split(b"\0")[0])
        length = header[at + 16]
        if header[at + 11 : at + 12] == b"C":
            fields.append((offset, length))
        offset += length
    rows = min(count, (len(data) - start) // width if width else 0, 50_000)
    records = np.asarray(data[start : start + rows * width]).reshape(rows, width)
    for begin, length in fields:
        cells = np.ascontiguousarray(records[:, begin : begin + length])
        foreign = cells[(cells > 127).any(axis=1)][:limit]
        texts.extend({cell.tobytes().rstrip(b" \0") for cell in foreign})
    return [text for text in texts if any(byte > 127 for byte in text)]
