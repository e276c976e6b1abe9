"""The promise of a subscriber in words: from the terms that are enforced, with the names under which topics are known."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from preferences.expectation import Terms
from preferences.promise import clauses
from preferences.store.publications import PublicationRow
from preferences.store.topics import topics
from preferences.wording import plain, sentence


def promise_in_words(
    connection: Connection, publication: PublicationRow, terms: Terms, now: datetime, language: str | None = None
) -> str:
    """The sentence as plain text, in the publication's language unless another is asked for; lines divided by breaks."""
    names = {topic.id: topic.name for topic in topics(connection, publication.id)}
    return sentence(clauses(terms, names, now), language or publication.language, plain)
