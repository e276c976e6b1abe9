"""Files that a command is given: a file that may not be looked at is not a file that is not there."""

from __future__ import annotations

import os
import pwd
from pathlib import Path
from typing import Any

import click


class GivenFile(click.Path):
    """A file that is there and can be read, as a `Path`."""

    def __init__(self) -> None:
        super().__init__(exists=True, dir_okay=False, readable=True, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path. Fails where the file cannot be read, and says why."""
        try:
            with Path(os.fspath(value)).open("rb"):
                pass
        except PermissionError:
            self.fail(f"the user {_user()} may not read {value}: put it where that user may, /tmp say", param, ctx)
        except OSError:
            # What else is wrong, click says.
            pass
        return super().convert(value, param, ctx)


def _user() -> str:
    """Who this process is where files are opened. In a container it may be a number that has no name."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())
