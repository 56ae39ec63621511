"""Certificates of maximum coverage in a tenth of their room, for those that wait in memory.

The prices of a part of the tree are mostly those of the one it was split from: of each vector only
the words that are others are kept, and where they are. Bit by bit the certificate comes back as it
was.
"""

from __future__ import annotations

import base64
import pickle
import zlib
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt

KIND: Final = 3
"""Letters before the numbers of levels, see :mod:`geo.siting.max_cover.proof`."""
HALVES: Final = ("opened", "shut")
SMALL_BYTES: Final = 100_000
"""What else it tells is not worth compressing."""

Words = npt.NDArray[np.uint32]


def packed(certificate: dict[str, Any]) -> bytes:
    """A certificate of :func:`geo.siting.max_cover.certificate.certificate`, or one with capacities
    that holds such a one, small.

    Cost: some 50 μs a vector of thousands of levels.
    """
    nodes: list[tuple[dict[str, Any], list[tuple[dict[str, Any], str, int, int, int]]]] = []
    changed = [np.empty(0, np.uint8)]
    words = [np.empty(0, np.uint32)]
    inner, others = _with_tree(certificate)
    waiting = [] if inner is None else [(inner["tree"], np.empty(0, np.uint32))]
    while waiting:
        node, before = waiting.pop()
        vectors = []
        for vector in node["vectors"]:
            known = dict(vector)
            kind, level = _words_of(known.pop("level"))
            row = np.array(known.pop("row"), np.float64).view(np.uint32)
            floor = np.array(known.pop("floor"), np.float64).view(np.uint32)
            here = np.concatenate((level, row, floor))
            differs = here != before if len(here) == len(before) else np.ones(len(here), np.bool_)
            changed.append(np.packbits(differs))
            words.append(here[differs])
            vectors.append((known, kind, len(level), len(row), len(floor)))
            before = here
        nodes.append(({k: v for k, v in node.items() if k not in ("vectors", *HALVES)}, vectors))
        if "site" in node:
            waiting += [(node[half], before) for half in reversed(HALVES)]
    rest = pickle.dumps(others, protocol=5)
    large = len(rest) > SMALL_BYTES
    told = zlib.compress(rest, 1) if large else rest
    return pickle.dumps((told, large, nodes, np.concatenate(changed), np.concatenate(words)), 5)


def unpacked(small: bytes) -> dict[str, Any]:
    """The certificate that was packed.

    Cost: some 30 μs a vector of thousands of levels.
    """
    told, large, nodes, changed, words = pickle.loads(small)  # noqa: S301  our own
    certificate: dict[str, Any] = pickle.loads(zlib.decompress(told) if large else told)  # noqa: S301
    tree: dict[str, Any] = {}
    bits, word = 0, 0
    inner, _ = _with_tree(certificate)
    waiting: list[tuple[dict[str, Any], Words]] = []
    if inner is not None:
        inner["tree"] = tree
        waiting.append((tree, np.empty(0, np.uint32)))
    coming: Iterator[Any] = iter(nodes)
    while waiting:
        node, before = waiting.pop()
        others, vectors = next(coming)
        node["vectors"] = []
        for known, kind, levels, rows, floors in vectors:
            count, since = levels + rows + floors, levels + rows
            length = -(-count // 8)
            differs = np.unpackbits(changed[bits : bits + length], count=count).view(np.bool_)
            here = before.copy() if len(before) == count else np.empty(count, np.uint32)
            new = int(np.count_nonzero(differs))
            here[differs] = words[word : word + new]
            bits, word = bits + length, word + new
            node["vectors"].append(
                {
                    "level": kind + base64.b64encode(here[:levels].tobytes()).decode(),
                    "row": here[levels:since].view(np.float64).tolist(),
                    "floor": here[since:].view(np.float64).tolist(),
                    **known,
                }
            )
            before = here
        node |= others
        if "site" in others:
            halves: list[dict[str, Any]] = [{}, {}]
            node |= dict(zip(HALVES, halves, strict=True))
            waiting += [(half, before) for half in reversed(halves)]
    return certificate


def _with_tree(certificate: dict[str, Any]) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    """The part of a certificate that has a tree, and all of it without that tree."""
    if "tree" in certificate:
        return certificate, {**certificate, "tree": None}
    if "roomy" in certificate:
        roomy = certificate["roomy"]
        return roomy, {**certificate, "roomy": {**roomy, "tree": None}}
    return None, certificate


def _words_of(level: str) -> tuple[str, Words]:
    return level[:KIND], np.frombuffer(base64.b64decode(level[KIND:]), np.uint32)


__all__ = ["packed", "unpacked"]
