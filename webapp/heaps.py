"""How the C library deals out memory: said before any thread begins, since it cannot be changed for heaps that are there."""

from __future__ import annotations

import ctypes
import os

# mallopt(3): how many heaps threads may have between them.
_M_ARENA_MAX = -8
_HEAPS = 2


def share_heaps() -> None:
    """Let all threads of this process and of its children share two heaps, where the C library is GNU's.

    By default each of a dozen threads has one of its own, which keeps most of what that thread has ever freed: a group of
    mails is some megabytes, and the next is made by another thread. Where MALLOC_ARENA_MAX is set, that counts.
    """
    library = ctypes.CDLL(None)
    if hasattr(library, "gnu_get_libc_version") and "MALLOC_ARENA_MAX" not in os.environ:
        library.mallopt(_M_ARENA_MAX, _HEAPS)
