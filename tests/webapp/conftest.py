"""Each test of the pages has an application of its own; what is the same in all of them is made once in a process."""

from __future__ import annotations

from tests.one_router import share_compiled_routes

share_compiled_routes()
