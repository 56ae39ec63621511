"""Arrays handed to compiled code by their addresses.

Handing over fifty arrays costs more than the search that reads them, and compiled code counts who
holds each one, again and again. A record of addresses and lengths is handed over as one number; the
arrays made of it in compiled code are counted by nobody. So whoever makes such a record keeps its
arrays alive and where they are: see :class:`Handle`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

carray: Any = numba.carray  # type: ignore[attr-defined]
__all__ = ["Handle", "carray", "copy_bytes", "pointer", "record_of"]


@intrinsic
def _pointer(_typing: Any, address: Any) -> Any:
    """An address as a pointer, in compiled code."""

    def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], cgutils.voidptr_t)

    del address
    return types.voidptr(types.intp), code


@intrinsic
def _copy_bytes(_typing: Any, to: Any, source: Any, count: Any) -> Any:
    """So many bytes from one address to another, in compiled code; returns how many."""

    def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        there, here = (builder.inttoptr(one, cgutils.voidptr_t) for one in arguments[:2])
        cgutils.raw_memcpy(builder, there, here, arguments[2], 1)  # type: ignore[no-untyped-call]
        return arguments[2]

    del to, source, count
    return types.intp(types.intp, types.intp, types.intp), code


pointer: Any = _pointer  # compiled code knows its first argument itself
copy_bytes: Any = _copy_bytes


def record_of(arrays: Mapping[str, Any], numbers: Mapping[str, Any]) -> np.dtype[Any]:
    """The type of a record with the address and the size of each array, `name` and `name_size`, and
    with numbers."""
    fields: list[tuple[str, Any]] = []
    for name in arrays:
        fields += [(name, np.intp), (f"{name}_size", np.intp)]
    return np.dtype(fields + list(numbers.items()))


class Handle:
    """A record of addresses, and what keeps the arrays there alive. `number` is what compiled code
    takes: the address of the record itself.

    Args:
        kind: of the record, see :func:`record_of`.
        arrays: the types of its arrays.
        values: its arrays. One that is not contiguous, or of another type, is refused: what
            compiled code writes must not go into a copy.
        numbers: its numbers.
    """

    __slots__ = ("_kept", "number", "record")

    def __init__(
        self,
        kind: np.dtype[Any],
        arrays: Mapping[str, Any],
        values: Mapping[str, npt.NDArray[Any]],
        **numbers: float,
    ) -> None:
        self._kept = tuple(values[name] for name in arrays)
        fields: list[float] = []
        for (name, wanted), value in zip(arrays.items(), self._kept, strict=True):
            if value.dtype != wanted or not value.flags.c_contiguous:
                raise TypeError(f"{name} is {value.dtype} of {value.strides}.")
            fields += (value.ctypes.data, value.size)
        fields += (numbers[name] for name in list(kind.fields or ())[len(fields) :])
        self.record = np.array([tuple(fields)], kind)
        self.number: int = self.record.ctypes.data

    def __reduce__(self) -> Any:
        """Refused: addresses hold in this process only, and as long as the arrays live."""
        raise TypeError("A handle cannot be copied or sent to another process.")
