"""One person's whole story: what they asked for, what was decided and why, what came, and how they left.

A change by hand has a reason, which stands in the ledger beside it. Nobody is brought back here who has left.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo

from werkzeug.wrappers import Response as Answer

from preferences.delivery import State
from preferences.errors import Conflict, FieldProblem, Invalid
from preferences.expectation import Terms
from preferences.links import Kind
from preferences.store.changes import change_expectation
from preferences.store.consents import proofs_of
from preferences.store.console_people import left_by
from preferences.store.expectations import asked_of, terms_of
from preferences.store.ledger import Kind as EntryKind
from preferences.store.ledger import ledger
from preferences.store.mail_history import HistoryEntry, mail_history, promised_since
from preferences.store.promises import promise_in_words
from preferences.store.publications import one_line
from preferences.store.reader_answers import answers
from preferences.store.referrals import count_brought
from preferences.store.subscribers import SubscriberRow, change_person, subscriber
from preferences.store.topics import TopicRow, topics
from preferences.store.unsubscribes import unsubscribe
from preferences.unsubscribe import Cause, Scope
from preferences.wording import Leaves, ShownTo, decision_in_words
from webapp.console.desk import Desk, Pages
from webapp.console.people import standing
from webapp.console.words import CAUSES, ROUTES, STATES, event_words
from webapp.forms import Filled, asked_in, filled_from, in_form
from webapp.pages.words import offered_topics

_LONGEST_REASON = 500
_EVENTS = 100
_ANSWERS = 20
# Their decision in words begins with where they stand.
_SAY_IT_ALREADY = frozenset({State.WAITING, State.DIGEST_TO_COME, State.WEB, State.NOT_SENT})
# What the form does not show goes with it as it is.
_KEPT = ("zone", "day", "hours-from", "hours-to", "digest-hour", "digest-weekday", "digest-day", "overflow")


def add_routes(pages: Pages) -> None:
    """One subscriber, and changes by hand."""
    path = "subscribers/<subscriber_id>"
    pages.show(path, "subscriber", show)
    pages.post(f"{path}/name", "subscriber_name", show, rename)
    pages.post(f"{path}/expectation", "subscriber_expectation", show, change)
    pages.post(f"{path}/unsubscribe", "subscriber_unsubscribe", show, end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One mail that was meant for somebody: what it was, and what became of it in words."""

    title: str
    at: str
    said: str


def show(desk: Desk, subscriber_id: str) -> Answer:
    """The whole story on one page."""
    person = _person(desk, subscriber_id)
    there = topics(desk.connection, desk.owner.id)
    terms = terms_of(desk.connection, desk.owner.id, [person.id]).get(person.id)
    asked = None if terms is None else asked_of(terms, {topic.id: topic.slug for topic in there})
    zone = desk.zone if terms is None else terms.zone
    filled = desk.filled
    if not desk.is_typed or not filled.one("version"):
        filled = Filled([]) if asked is None else filled_from(asked, desk.owner.zone if terms is None else _zone(terms))
    return desk.page(
        "subscriber.html",
        person=person,
        subscriber_id=subscriber_id,
        standing=standing(person),
        zone_name=None if terms is None else _zone(terms),
        promise=None if terms is None else promise_in_words(desk.connection, desk.owner, terms, desk.now),
        promised=_promised(desk, person),
        proofs=proofs_of(desk.connection, desk.owner.id, person.id),
        lines=[_line(desk, entry, zone, there) for entry in mail_history(desk.connection, desk.owner.id, person.id)],
        left=left_by(desk.connection, desk.owner.id, person.id),
        events=_events(desk, person),
        answers=answers(desk.connection, desk.owner.id, _ANSWERS, subscriber_id=person.id),
        brought=count_brought(desk.connection, person.id),
        bringer=None if person.brought_by is None else desk.id(Kind.SUBSCRIBER, person.brought_by),
        topics=offered_topics(there, "en"),
        expected=[] if terms is None else [topic for topic in there if topic.id in terms.topics],
        names={topic.id: topic.name for topic in there},
        filled=filled,
        kept=[(name, value) for name, value in filled.pairs if name in _KEPT],
        typed=desk.filled,
        problems=desk.problems,
        causes=CAUSES,
        routes=ROUTES,
    )


def _person(desk: Desk, subscriber_id: str) -> SubscriberRow:
    return subscriber(desk.connection, desk.owner.id, desk.number(Kind.SUBSCRIBER, subscriber_id))


def _zone(terms: Terms) -> str:
    return terms.expectation.zone


def _promised(desk: Desk, person: SubscriberRow) -> list[tuple[str, str, str]]:
    """What was promised since when and until when, newest first; an empty end is still in force."""
    found = promised_since(desk.connection, desk.owner.id, person.id)
    return [
        (desk.when(since), desk.when(until), promise_in_words(desk.connection, desk.owner, terms, since))
        for since, until, terms in found
    ]


def _line(desk: Desk, entry: HistoryEntry, zone: tzinfo, there: list[TopicRow]) -> Line:
    why = decision_in_words(
        entry.decision,
        zone=zone,
        at=entry.decided_at,
        topic=next((topic.name for topic in there if topic.id == entry.topic_id), None),
        leaves=Leaves.ALONG if entry.rhythm is None else Leaves.DIGEST,
        shown_to=ShownTo.MARKETER,
    )
    if entry.state not in _SAY_IT_ALREADY:
        why = f"{STATES[entry.state]}: {why.removeprefix('goes out: ')}"
    title = entry.title or f"{desk.owner.name}, {'' if entry.rhythm is None else entry.rhythm.value} digest"
    return Line(title=title, at=desk.when(entry.decided_at), said=why[:1].upper() + why[1:])


def _events(desk: Desk, person: SubscriberRow) -> list[tuple[str, str, str]]:
    """Whatever else was recorded: when, what with its reason where one was given, and by whom."""
    said = []
    for entry in ledger(desk.connection, person.id, _EVENTS):
        if entry.place.kind != EntryKind.EVENT:
            continue
        details = entry.values["details"]
        told = [str(details[name]).replace("_", " ") for name in ("reason", "words") if details.get(name)]
        if details.get("mail_received_on"):
            told.append(f"their mail of {details['mail_received_on']}")
        what = ": ".join([event_words(entry.values["kind"]), *([", ".join(told)] if told else [])])
        said.append(
            (desk.when(entry.place.at), what, f"{entry.values['made_by']}, {event_words(entry.values['route'])}")
        )
    return said


def rename(desk: Desk, subscriber_id: str) -> Answer:
    """Change the name."""
    change_person(desk.connection, _person(desk, subscriber_id).id, {"name": desk.filled.one("name")})
    return desk.see(f"subscribers/{subscriber_id}")


def change(desk: Desk, subscriber_id: str) -> Answer:
    """Change what somebody expects, as they asked for it in some other way."""
    person, filled = _person(desk, subscriber_id), desk.filled
    reason = reason_in(filled)
    there = topics(desk.connection, desk.owner.id)
    terms = terms_of(desk.connection, desk.owner.id, [person.id]).get(person.id)
    if terms is None or person.unsubscribed_at is not None:
        raise Conflict("they have left: only a sign-up that they confirm themselves brings them back")
    slugs = [topic.slug for topic in there]
    try:
        change_expectation(
            desk.connection,
            desk.owner.id,
            person.id,
            asked_in(filled, slugs),
            desk.by,
            desk.now,
            expected_version=filled.number("version"),
            details={"reason": reason},
        )
    except Invalid as error:
        raise Invalid(in_form(error.problems, filled, slugs)) from error
    return desk.see(f"subscribers/{subscriber_id}")


def reason_in(filled: Filled) -> str:
    """Why somebody changes this by hand. Raises `Invalid` without one."""
    reason = filled.one("reason")
    if not reason or len(reason) > _LONGEST_REASON:
        raise Invalid.one("reason", f"say why, in at most {_LONGEST_REASON} characters; it is kept with the change")
    if "@" in reason:
        raise Invalid.one("reason", "leave addresses out: the reason stays when a person is erased")
    return one_line("reason", " ".join(reason.split()))


def end(desk: Desk, subscriber_id: str) -> Answer:
    """Unsubscribe somebody who asked for it in some other way, from a topic or everything."""
    person = _person(desk, subscriber_id)
    reason, scope = reason_in(desk.filled), desk.filled.one("scope")
    known = {topic.slug: topic.id for topic in topics(desk.connection, desk.owner.id)}
    if scope != "all" and scope not in known:
        raise Invalid([FieldProblem(field="scope", message="choose a topic, or everything")])
    unsubscribe(
        desk.connection,
        desk.owner.id,
        person.id,
        Scope.ALL if scope == "all" else Scope.TOPIC,
        desk.by,
        desk.now,
        topic_id=known.get(scope),
        cause=Cause.OPERATOR,
        words=reason,
    )
    return desk.see(f"subscribers/{subscriber_id}")
