"""Identities that stay: of a row by its natural key, of a file by its bytes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit
from numpy.typing import NDArray

from geo.errors import InvalidFile

_OFFSET_BASIS: Final = np.uint64(0xCBF29CE484222325)
_PRIME: Final = np.uint64(0x100000001B3)
# Bytes that UTF-8 never has: no text can look like a missing one, or like two.
_MISSING: Final = np.uint64(0xFF)
_END: Final = np.uint64(0xFE)
_KEEP: Final = np.uint64(11)  # 64 - 53 bits: a number that JSON and JavaScript hold exactly
_BLOCK = 1 << 20
_SHAPEFILE = (".shx", ".dbf", ".prj", ".cpg")


def stable_ids(*columns: Any) -> NDArray[np.int64]:
    """A number from 0 to 2^53 - 1 for each row, the same for the same key in any run, anywhere.

    Each column has n cells: text (Series, arrow array, numpy), whole numbers, or floats that count
    to the seventh decimal (a centimetre, in degrees). Missing is a value of its own, unlike the
    empty text; ("ab", "") and ("a", "b") differ. Cells are taken as they are: trim and normalise
    before.

    Method: FNV-1a with 64 bits (Fowler, Noll, Vo) over the UTF-8 bytes of the cells, byte 0xFE
    behind each, 0xFF for a missing one, then MurmurHash3's 64-bit finaliser, upper 53 bits. Among
    1,000,000 rows two share a number with a chance of 0.006 %. About 0.1 s for 1,000,000 names; the
    first call of a process loads compiled code.
    """
    if not columns:
        raise ValueError("an identity needs a column")
    state: NDArray[np.uint64] | None = None
    for column in columns:
        cells = _as_text(column)
        if state is None:
            state = np.full(len(cells), _OFFSET_BASIS, dtype=np.uint64)
        if len(state) != len(cells):
            raise ValueError("columns of different length")
        if len(cells):
            offsets = np.frombuffer(cells.buffers()[1], dtype=np.int64)[
                cells.offset : cells.offset + len(cells) + 1
            ]
            data = cells.buffers()[2]
            octets = np.frombuffer(data, dtype=np.uint8) if data else np.zeros(0, np.uint8)
            known = pc.is_valid(cells).to_numpy(zero_copy_only=False)
            _fold(octets, offsets, known, state)
    assert state is not None
    return _finish(state)


def content_hash(paths: Iterable[Path], options: Mapping[str, Any]) -> str:
    """SHA-256 (64 hexadecimal digits) of the bytes of files and of what was said on reading them.

    The name of a file does not count, its parts do: a Shapefile brings its .dbf, .shx, .prj and
    .cpg. `options` may hold anything JSON or `str` can write; order does not matter.
    """
    digest = hashlib.sha256()
    for path in paths:
        for part in _parts(path):
            digest.update(f"{part.suffix.lower() if part != path else ''}\0".encode())
            try:
                digest.update(f"{part.stat().st_size}\0".encode())
                with part.open("rb") as stream:
                    while block := stream.read(_BLOCK):
                        digest.update(block)
            except OSError as error:
                raise InvalidFile(
                    f"文件 {part} 无法读取。 The file {part} cannot be read: {error.strerror}.",
                    remedy="请检查路径与权限。 Check the path and its permissions.",
                ) from error
    told = json.dumps(dict(options), sort_keys=True, ensure_ascii=False, default=str)
    digest.update(told.encode())
    return digest.hexdigest()


def _parts(path: Path) -> list[Path]:
    if path.suffix.lower() != ".shp":
        return [path]
    beside = {
        other.suffix.lower(): other
        for other in sorted(path.parent.glob("*"))
        if other.stem == path.stem and other.suffix.lower() in _SHAPEFILE
    }
    return [path, *(beside[suffix] for suffix in _SHAPEFILE if suffix in beside)]


def _as_text(column: Any) -> Any:
    """Any column as one arrow array of UTF-8 text."""
    source = getattr(column, "array", column) if hasattr(column, "iloc") else column
    cells = (
        source
        if isinstance(source, (pa.Array, pa.ChunkedArray))
        else pa.array(source, from_pandas=True)
    )
    if isinstance(cells, pa.ChunkedArray):
        cells = cells.combine_chunks()
    if pa.types.is_floating(cells.type):
        numbers = cells.cast(pa.float64()).to_numpy(zero_copy_only=False)
        missing = ~np.isfinite(numbers)
        rounded = np.rint(np.where(missing, 0.0, numbers) * 1e7).astype(np.int64)
        cells = pa.array(rounded, mask=missing)
    return cells.cast(pa.large_string())


@njit(cache=True, nogil=True)
def _fold(octets: Any, offsets: Any, known: Any, state: Any) -> None:
    for row in range(state.shape[0]):
        value = state[row]
        if known[row]:
            for at in range(offsets[row], offsets[row + 1]):
                value = (value ^ np.uint64(octets[at])) * _PRIME
        else:
            value = (value ^ _MISSING) * _PRIME
        state[row] = (value ^ _END) * _PRIME


def _finish(state: NDArray[np.uint64]) -> NDArray[np.int64]:
    with np.errstate(over="ignore"):
        mixed = state ^ (state >> np.uint64(33))
        mixed *= np.uint64(0xFF51AFD7ED558CCD)
        mixed ^= mixed >> np.uint64(33)
        mixed *= np.uint64(0xC4CEB9FE1A85EC53)
        mixed ^= mixed >> np.uint64(33)
    return (mixed >> _KEEP).astype(np.int64)
