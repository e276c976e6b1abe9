"""Each test of the pages has an application of its own; what is the same in all of them is made once in a process.

Nothing waits for a disk, from the first test on.
"""

from __future__ import annotations

from tests.no_disk import wait_for_no_disk
from tests.one_compiler import share_what_is_compiled
from tests.one_router import share_compiled_routes

share_compiled_routes()
share_what_is_compiled()
wait_for_no_disk()
