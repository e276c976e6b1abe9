"""Where refused rows go: counted, the first of them kept to be shown, all of them in a file."""

from __future__ import annotations

import csv
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any

from preferences.errors import Invalid
from preferences.importing.refusals import refused_header, refused_row
from preferences.importing.table import Refused

SHOWN = 20


@dataclass(slots=True, kw_only=True)
class RefusedFile:
    """The refused rows of one import. The file is made with the first of them, readable by who imports alone.

    `only_chosen`: no file is made unless it was asked for by name, as in a dry run.
    """

    source: Path
    chosen: Path | None
    header: tuple[str, ...]
    only_chosen: bool
    total: int = 0
    first: list[Refused] = field(default_factory=list)
    _beside: Path = field(init=False)
    _writer: Any = None
    _open: ExitStack = field(default_factory=ExitStack)

    def __post_init__(self) -> None:
        if self.chosen is not None and self.chosen.exists() and self.chosen.samefile(self.source):
            raise Invalid.one("--refused", "name another file than the one that is imported")
        self._beside = _free_name(self.source)

    @property
    def path(self) -> Path | None:
        """Where they go; None where they are only counted."""
        if self.chosen is None and self.only_chosen:
            return None
        return self.chosen or self._beside

    def __enter__(self) -> RefusedFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def add(self, refused: Refused) -> None:
        """Keep one more refused row. Raises `OSError` where the file cannot be written."""
        self.total += 1
        if len(self.first) < SHOWN:
            self.first.append(refused)
        if self.path is None:
            return
        if self._writer is None:
            self.path.touch(mode=0o600)
            stream = self._open.enter_context(self.path.open("w", encoding="utf-8", newline=""))
            self._writer = csv.writer(stream)
            self._writer.writerow(refused_header(self.header))
        self._writer.writerow(refused_row(refused))


def _free_name(source: Path) -> Path:
    """A name beside the file that nothing has: in an earlier one, somebody may be correcting rows."""
    names = (f"{source.stem}.refused{f'-{number}' if number > 1 else ''}.csv" for number in count(1))
    return next(path for name in names if not (path := source.with_name(name)).exists())
