"""What an export is told with: its sections, the words and places that its rows need, and reading them page by page."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select

from preferences.store.publications import PublicationRow
from preferences.store.subscribers import SubscriberRow

_PAGE = 500
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One table of an export: its name, its columns in order, and its rows, oldest first.

    Values are texts, numbers, booleans, aware instants, None, or lists and mappings of texts. `rows` reads as it is
    gone through, in the transaction that the export was made in, and can be gone through once.
    """

    name: str
    columns: tuple[str, ...]
    rows: Iterator[Row]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exporting:
    """What the rows of an export are told with. `mails` are the places of the person's mails, by delivery."""

    connection: Connection
    publication: PublicationRow
    person: SubscriberRow
    language: str
    zone: tzinfo
    topics: Mapping[int, str]
    mails: Mapping[int, int] = field(repr=False)

    def topic(self, number: int | None) -> str | None:
        """The name of a topic; None where there is none."""
        return None if number is None else self.topics.get(number)

    def mail(self, delivery_id: int | None) -> int | None:
        """The place of a mail among all of the person's; None where it is about none."""
        return None if delivery_id is None else self.mails.get(delivery_id)

    def pages(self, chosen: Select[Any], key: ColumnElement[Any]) -> Iterator[Row]:
        """The rows of a statement by its key, page by page; the key is among them as `key`."""
        keyed = chosen.add_columns(key.label("key")).order_by(key).limit(_PAGE)
        page = self.connection.execute(keyed).mappings().all()
        while page:
            yield from (dict(row) for row in page)
            if len(page) < _PAGE:
                return
            page = self.connection.execute(keyed.where(key > page[-1]["key"])).mappings().all()


SectionOf = Callable[[Exporting], Iterator[Row]]


def listed(text: str) -> Any:
    """What stands as JSON in a column."""
    return json.loads(text or "null")
