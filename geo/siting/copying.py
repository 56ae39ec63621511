"""Copy an array in compiled code: `into[:] = source` there takes Numba seconds to compile, for the
words of an error that cannot occur."""

from __future__ import annotations

from typing import Any

from numba import njit


@njit(cache=True, nogil=True)
def copy_into(into: Any, source: Any) -> None:  # pragma: no cover - compiled
    """Number by number; both of one length."""
    for k in range(len(source)):
        into[k] = source[k]
