"""Machine code that two processes of a test run need at once is compiled by one of them.

Numba keeps what it has compiled in files, but two processes that miss the same function at the same
time both compile it: a third of the work on an empty cache. Here the second waits for the first,
and then finds the file.
"""

import contextlib
import fcntl
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from numba.core.caching import NullCache
from numba.core.compiler_lock import global_compiler_lock
from numba.core.dispatcher import Dispatcher


def install(folder: Path) -> None:
    """For this process, from now on; `folder` is where the compiled code is kept."""
    locks = folder / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    compile_ = Dispatcher.compile

    def compile_once(self: Any, sig: Any) -> Any:
        if isinstance(self._cache, NullCache):
            return compile_(self, sig)
        name = f"{self.py_func.__module__}.{self.py_func.__qualname__} {sig}"
        # This process's lock first: a thread that holds it may come for the same function.
        with global_compiler_lock:
            if self.overloads.get(tuple(sig) if isinstance(sig, list | tuple) else sig) is not None:
                return compile_(self, sig)
            with _held(locks / hashlib.sha256(name.encode()).hexdigest()[:24]):
                return compile_(self, sig)

    Dispatcher.compile = compile_once  # type: ignore[method-assign]


@contextlib.contextmanager
def _held(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
