"""One row as a subscriber, or why it is refused."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from ipaddress import ip_address

from preferences.address import Address, parse_address
from preferences.asked import checked_zone
from preferences.errors import Invalid
from preferences.importing.formats import Layout
from preferences.importing.instants import instant_of
from preferences.importing.refusals import with_formula
from preferences.importing.standings import ImportedAs, cause_of, flag_of, standing_of_status
from preferences.importing.table import Refused, Row
from preferences.importing.targets import Target
from preferences.unsubscribe import Cause

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_LONGEST_NAME, _LONGEST_FIELD, _LONGEST_WORDS = 200, 2000, 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedSubscriber:
    """A row that can be taken in. Instants are in UTC; `zone` is None where the file says nothing usable.

    `consent_at` is when the reader asked, `confirmed_at` when the reader confirmed it, `left_at` when mail had to end.
    """

    line: int
    address: Address
    standing: ImportedAs
    name: str = ""
    fields: Mapping[str, str]
    language: str | None = None
    zone: str | None = None
    zone_assumed: bool = True
    consent_at: datetime | None = None
    confirmed_at: datetime | None = None
    created_at: datetime | None = None
    left_at: datetime | None = None
    network_address: str | None = None
    cause: Cause = Cause.UNSTATED
    words: str = ""


class RowReader:
    """Reads the rows of one file. `zone` is that of times without an offset, where the format does not say."""

    def __init__(self, layout: Layout, zone: tzinfo | None, now: datetime) -> None:
        self.layout = layout
        self._zone = UTC if layout.format.is_known else zone
        self._now = now
        self._index: dict[Target, int] = {column.target: column.index for column in layout.columns if not column.field}
        self._fields = [column for column in layout.columns if column.target is Target.FIELD]
        self._line_of: dict[str, tuple[int, bool]] = {}

    def read(self, rows: Iterator[Row | Refused]) -> Iterator[ImportedSubscriber | Refused]:
        """Every row, in order, read or refused. An address that stands in the file twice counts where it stands first.

        Only a later row that says that nothing may be written to it any more is read as well: it holds.
        """
        for row in rows:
            read = row if isinstance(row, Refused) else self._read_one(row)
            if isinstance(read, ImportedSubscriber):
                before = self._line_of.get(read.address.normalised)
                if before is not None and (before[1] or not read.standing.has_left):
                    read = Refused(line=row.line, reason=f"the same address as in line {before[0]}", cells=row.cells)
                else:
                    self._line_of[read.address.normalised] = (row.line, read.standing.has_left)
            yield read

    def _read_one(self, row: Row) -> ImportedSubscriber | Refused:
        if self.layout.is_of_refused_rows:
            row = Row(line=row.line, cells=tuple(with_formula(cell) for cell in row.cells))
        try:
            return self._subscriber(row)
        except Invalid as error:
            return Refused(line=row.line, reason=str(error), cells=row.cells)

    def _subscriber(self, row: Row) -> ImportedSubscriber:
        cells = row.cells
        if any("\x00" in cell for cell in cells):
            raise Invalid.one("row", "it holds NUL characters")
        reason, words = self._text(cells, Target.REASON), self._text(cells, Target.REASON_WORDS)
        zone, zone_assumed = self._zone_of(cells)
        confirmed_at = self._instant(cells, Target.CONFIRMED_AT)
        consent_at = self._instant(cells, Target.CONSENT_AT)
        standing = self._standing(cells)
        cause = cause_of(reason, words)
        if standing is ImportedAs.UNSUBSCRIBED and cause is Cause.COMPLAINT:
            standing = ImportedAs.COMPLAINED
        return ImportedSubscriber(
            line=row.line,
            address=parse_address(self._text(cells, Target.EMAIL)),
            standing=standing,
            name=self._name(cells),
            fields=self._kept_fields(cells),
            language=self._language(cells),
            zone=zone,
            zone_assumed=zone_assumed,
            consent_at=consent_at,
            confirmed_at=confirmed_at,
            created_at=self._instant(cells, Target.CREATED_AT),
            left_at=self._instant(cells, Target.LEFT_AT) or self._instant(cells, Target.DEAD_AT),
            network_address=self._network_address(cells),
            cause=Cause.COMPLAINT if standing is ImportedAs.COMPLAINED else cause,
            words=(words or (reason if cause is Cause.OTHER else ""))[:_LONGEST_WORDS],
        )

    def _text(self, cells: Sequence[str], target: Target) -> str:
        index = self._index.get(target)
        return "" if index is None else cells[index].strip()

    def _standing(self, cells: Sequence[str]) -> ImportedAs:
        """The highest standing that anything in the row says; a blank confirmation is none."""
        said = [self.layout.format.standing]
        for target, read in (
            (Target.STATUS, standing_of_status),
            (Target.UNSUBSCRIBED, lambda text: ImportedAs.UNSUBSCRIBED if flag_of(text) else ImportedAs.CONFIRMED),
            (Target.SUBSCRIBED, lambda text: ImportedAs.CONFIRMED if flag_of(text) else ImportedAs.UNSUBSCRIBED),
        ):
            if target in self._index:
                try:
                    said.append(read(self._text(cells, target)))
                except ValueError as error:
                    raise self._wrong(target, str(error)) from error
        proof = next((one for one in (Target.CONFIRMED_AT, Target.CONSENT_AT) if one in self._index), None)
        if proof is not None and not self._text(cells, proof):
            said.append(ImportedAs.UNCONFIRMED)
        if self._text(cells, Target.LEFT_AT):
            said.append(ImportedAs.UNSUBSCRIBED)
        if self._text(cells, Target.DEAD_AT):
            said.append(ImportedAs.DEAD)
        return max(said)

    def _wrong(self, target: Target, message: str) -> Invalid:
        return Invalid.one(self.layout.columns[self._index[target]].name, message)

    def _instant(self, cells: Sequence[str], target: Target) -> datetime | None:
        try:
            return instant_of(self._text(cells, target), self._zone, self._now)
        except ValueError as error:
            raise self._wrong(target, str(error)) from error

    def _zone_of(self, cells: Sequence[str]) -> tuple[str | None, bool]:
        """The zone, and whether it is assumed: a guess of the other system counts only where it names a zone."""
        text = self._text(cells, Target.ZONE)
        if text:
            return checked_zone(text, self.layout.columns[self._index[Target.ZONE]].name), False
        try:
            likely = self._text(cells, Target.LIKELY_ZONE)
            return (checked_zone(likely), True) if likely else (None, True)
        except Invalid:
            return None, True

    def _language(self, cells: Sequence[str]) -> str | None:
        text = self._text(cells, Target.LANGUAGE).replace("_", "-")
        if text and not _LANGUAGE.fullmatch(text):
            raise self._wrong(Target.LANGUAGE, f"{text!r} is no language; write it as in en or pt-BR")
        return text or None

    def _name(self, cells: Sequence[str]) -> str:
        parts = (self._text(cells, Target.FIRST_NAME), self._text(cells, Target.LAST_NAME))
        name = " ".join((self._text(cells, Target.NAME) or " ".join(parts)).split())
        name = "".join(char for char in name if unicodedata.category(char) != "Cf")  # marks that nobody sees
        if len(name) > _LONGEST_NAME or not name.isprintable():
            raise Invalid.one("name", f"must be at most {_LONGEST_NAME} characters without control characters")
        return name

    def _kept_fields(self, cells: Sequence[str]) -> dict[str, str]:
        kept = {column.field: text for column in self._fields if (text := cells[column.index].strip())}
        for name, text in kept.items():
            if len(text) > _LONGEST_FIELD:
                raise Invalid.one(f"fields.{name}", f"must be at most {_LONGEST_FIELD} characters")
        return kept

    def _network_address(self, cells: Sequence[str]) -> str | None:
        text = self._text(cells, Target.CONFIRM_IP) or self._text(cells, Target.CONSENT_IP)
        try:
            return str(ip_address(text)) if text else None
        except ValueError:
            return None  # a proof without it is a proof all the same
