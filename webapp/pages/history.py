"""The mail history: what was promised since when, and what became of everything, each with its reason in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from functools import partial

from flask import Blueprint, Response

from preferences.calendar import zone_named
from preferences.delivery import State
from preferences.errors import NotFound
from preferences.links import Purpose, Right
from preferences.store.mail_history import HistoryEntry, broken_promises, mail_history, promised_since
from preferences.store.promises import promise_in_words
from preferences.store.topics import topics
from preferences.store.transactions import Transaction
from preferences.wording import Leaves, decision_in_words
from webapp.pages.access import OF_MAILS, Visit, sibling, visit
from webapp.pages.page import render
from webapp.pages.words import when
from webapp.site import Site

_PURPOSES = (*OF_MAILS, Purpose.FRESH)


def add_routes(pages: Blueprint, site: Site) -> None:
    """`/h/<token>`."""
    pages.add_url_rule("/h/<token>", "mail_history", partial(show, site), strict_slashes=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One mail in the list. `state` chooses the words around `why`; the link is to its web version."""

    at: str
    title: str
    topic: str
    state: State
    why: str
    read_token: str


def show(site: Site, token: str) -> Response:
    """Everything; a link that is older than 30 days shows the mail it came with, and nothing else."""
    with site.database.read() as connection:
        seen = visit(site, connection, token, *_PURPOSES)
        if not seen.rights & {Right.SEE_HISTORY, Right.SEE_DELIVERY}:
            raise NotFound("this link is over")
        shows_all = seen.may(Right.SEE_HISTORY)
        entries = _entries(connection, seen)
        promised = promised_since(connection, seen.publication.id, seen.person.id) if shows_all else []
        zone = zone_named(promised[0][2].expectation.zone if promised else seen.publication.zone)
        names = {topic.id: topic.name for topic in topics(connection, seen.publication.id)}
        language = seen.person.language or seen.publication.language
        told = [
            (when(since, zone, seen.now, language), promise_in_words(connection, seen.publication, terms, since))
            for since, _, terms in promised
        ]
        broken = broken_promises(connection, seen.publication.id, seen.person.id) if shows_all else []
    return render(
        "history.html",
        publication=seen.publication,
        shows_all=shows_all,
        promised=told,
        has_left=seen.person.unsubscribed_at is not None,
        broken=[when(at, zone, seen.now, language) for at in broken],
        lines=[_line(site, seen, entry, zone, names, language) for entry in entries],
        zone=str(zone),
    )


def _line(site: Site, seen: Visit, entry: HistoryEntry, zone: tzinfo, names: Mapping[int, str], language: str) -> Line:
    topic = names.get(entry.topic_id or 0)
    return Line(
        at=when(entry.scheduled_at, zone, seen.now, language),
        title=entry.title or seen.publication.name,
        topic=topic or "",
        state=entry.state,
        why=decision_in_words(
            entry.decision,
            zone=zone,
            at=entry.decided_at,
            topic=topic,
            leaves=Leaves.ALONG if entry.rhythm is None else Leaves.DIGEST,
            language=language,
        ),
        read_token=sibling(site, seen, Purpose.READ, entry.delivery_id),
    )


def _entries(connection: Transaction, seen: Visit) -> list[HistoryEntry]:
    if seen.may(Right.SEE_HISTORY):
        return mail_history(connection, seen.publication.id, seen.person.id)
    if seen.claim.delivery is None:
        return []
    return mail_history(connection, seen.publication.id, seen.person.id, delivery_id=seen.claim.delivery)
