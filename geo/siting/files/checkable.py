"""What `nuanyi siting check` can check, read from a file and told apart by its format."""

from __future__ import annotations

import contextlib
import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from geo.errors import InvalidFile
from geo.siting.files import cases, changing, plan
from geo.siting.proofs import proof_file
from geo.siting.proofs.bounds import UNREADABLE

FORMATS: Final = (plan.FORMAT, changing.FORMAT, cases.FORMAT, proof_file.FORMAT)
GZIP: Final = b"\x1f\x8b"


@contextlib.contextmanager
def damage_told(path: Path) -> Iterator[None]:
    """Tell of what is missing or of another kind in a file that was read, while it is checked.

    Raises:
        InvalidFile: instead of what arithmetic made of it.
    """
    try:
        yield
    except UNREADABLE as error:
        raise InvalidFile(
            f"{path.name} 已损坏，读不懂（{type(error).__name__}）。 "
            f"{path.name} is damaged: it cannot be read ({type(error).__name__}).",
            remedy="重新计算，再核对新的文件。 Work it out again, and check the new file.",
            field="plan",
        ) from error


def read_checkable(path: Path) -> dict[str, Any]:
    """Read what `nuanyi siting check` can check: PLAN.json, CHANGES.json, ROBUST.json, or the
    proof.json of a saved plan; also gzipped.

    Raises:
        InvalidFile: there is no such file, it is none of these, or a proof.json of before.
    """
    try:
        content = path.read_bytes()
        told = json.loads(gzip.decompress(content) if content.startswith(GZIP) else content)
    # Bytes that only begin like gzip are an OSError too, and no matter of the disk.
    except (gzip.BadGzipFile, zlib.error, ValueError, EOFError, RecursionError):
        told = None
    except OSError as error:
        raise InvalidFile(
            f"{path} 无法读取。 {path} cannot be read: {error.strerror or error}.",
            remedy="请检查路径与权限。 Check the path and its permissions.",
        ) from error
    if isinstance(told, dict) and told.get("format") in FORMATS:
        return told
    if isinstance(told, dict) and "certificate" in told and "checker" in told:
        raise InvalidFile(
            f"{path.name} 是旧版本的 proof.json，没有写明全部条件，无法核对。 "
            f"{path.name} is a proof.json of an earlier version, without the whole question: it "
            "cannot be checked.",
            remedy="重新计算方案，再下载 proof.json。 Work the plan out again and fetch its "
            "proof.json.",
            field="format",
        )
    raise InvalidFile(
        f"{path.name} 不是本程序的 PLAN.json、CHANGES.json、ROBUST.json 或 proof.json。 "
        f"{path.name} is no PLAN.json, CHANGES.json, ROBUST.json or proof.json of this program.",
        remedy="给出 nuanyi siting solve、close、move 或 robust 写出的文件，或 "
        "/api/siting/plans/编号/proof.json。 Give a file that nuanyi siting solve, close, move or "
        "robust wrote, or /api/siting/plans/NUMBER/proof.json.",
    )
