"""What is imported: onto which topic, arriving how, and what was declared about the consent of those in the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from preferences.asked import checked_zone
from preferences.delivery import MadeBy
from preferences.errors import Invalid
from preferences.expectation import Arrives
from preferences.store.events import By
from preferences.store.publications import PublicationRow, one_line
from preferences.store.topics import TopicRow
from preferences.unsubscribe import Route

BY_IMPORT = By(made_by=MadeBy.IMPORT, route=Route.IMPORT)
# What whoever imports declares by importing, unless they say it in their own words.
DEFAULT_DECLARATION = "Everybody in this file who is not marked otherwise agreed to receive this."


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOrder:
    """One import. `zone` is that of readers whose row names none; `mapped` is what --map said."""

    publication: PublicationRow
    topic: TopicRow
    arrives: Arrives
    zone: str
    file_name: str
    file_hash: str
    format: str
    declaration: str
    mapped: Mapping[str, str] = field(default_factory=dict)

    def declared(self) -> dict[str, object]:
        """What stands with the batch; an import is taken up again only where all of it is the same."""
        return {
            "topic": self.topic.slug,
            "arrives": self.arrives.value,
            "zone": self.zone,
            "format": self.format,
            "declaration": self.declaration,
            "mapped": dict(self.mapped),
        }


def checked_order(
    publication: PublicationRow,
    topic: TopicRow,
    arrives: str,
    *,
    zone: str | None,
    file_name: str,
    file_hash: str,
    format_name: str,
    declaration: str | None,
    mapped: Mapping[str, str],
) -> ImportOrder:
    """The order, with what is absent as the publication has it. Raises `Invalid`."""
    if arrives not in set(Arrives):
        raise Invalid.one("--arrives", f"must be one of {', '.join(Arrives)}")
    if topic.is_notice and arrives != Arrives.EACH:
        raise Invalid.one("--arrives", "what cannot wait always arrives as each message")
    return ImportOrder(
        publication=publication,
        topic=topic,
        arrives=Arrives(arrives),
        zone=publication.zone if zone is None else checked_zone(zone, "--zone"),
        file_name=file_name,
        file_hash=file_hash,
        format=format_name,
        declaration=DEFAULT_DECLARATION if declaration is None else one_line("--declare", declaration),
        mapped=mapped,
    )
