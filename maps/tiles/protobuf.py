"""The few pieces of Protocol Buffers that Mapbox Vector Tiles 2.1 are written in."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def varint(number: int) -> bytes:
    """A whole number from 0 up, seven bits a byte, the lowest first."""
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def field(number: int, content: bytes) -> bytes:
    """A field of bytes."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def value(content: str | int | bool) -> bytes:
    """A value of a layer."""
    if isinstance(content, bool):
        return field(4, b"\x38" + varint(content))
    if isinstance(content, int):
        return field(4, b"\x28" + varint(content))
    return field(4, field(1, content.encode()))


def key(name: str) -> bytes:
    """A key of a layer."""
    return field(3, name.encode())


def layer_start(name: str, extent: int) -> npt.NDArray[np.uint8]:
    """What a layer begins with: its version, name and extent."""
    start = b"\x78\x02" + field(1, name.encode()) + b"\x28" + varint(extent)
    return np.frombuffer(start, dtype=np.uint8)


def framed(layer: bytes) -> bytes:
    """A tile of one layer; no tile without a layer."""
    return field(3, layer) if layer else b""
