"""What is lived through in this process waits for no disk."""

from __future__ import annotations

from tests.no_disk import wait_for_no_disk

wait_for_no_disk()
