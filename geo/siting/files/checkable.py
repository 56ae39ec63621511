"""What `nuanyi siting check` can check, read from a file and told apart by its format."""

from __future__ import annotations

import gzip
import json
import zlib
from pathlib import Path
from typing import Any, Final

from geo.errors import InvalidFile
from geo.siting import proof_file
from geo.siting.files import cases, changing, plan

FORMATS: Final = (plan.FORMAT, changing.FORMAT, cases.FORMAT, proof_file.FORMAT)
GZIP: Final = b"\x1f\x8b"


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
        f"{path.name} 既不是 PLAN.json 也不是 proof.json。 "
        f"{path.name} is neither a PLAN.json nor a proof.json of this program.",
        remedy="给出 nuanyi siting solve、close、move 或 robust 写出的文件，或 "
        "/api/siting/plans/编号/proof.json。 Give a file that nuanyi siting solve, close, move or "
        "robust wrote, or /api/siting/plans/NUMBER/proof.json.",
    )
