"""Invariant 1: topic and way of arriving, for everything in a mail."""

from __future__ import annotations

from collections.abc import Iterator

from preferences.audit.ledger import (
    COME_ALONG,
    EACH,
    RHYTHMS,
    WEB,
    Campaign,
    Choice,
    Expectation,
    Publication,
)
from preferences.audit.mails import Mail
from preferences.audit.terms import charged_choice


def unasked(publication: Publication, mail: Mail, expectation: Expectation) -> Iterator[str]:
    """What of a mail was not asked for, or was not to arrive in this way, one reason each."""
    is_notice = any(publication.topics[topic].is_notice for topic in mail.charged)
    if is_notice and (mail.items or len(mail.rows) > 1):
        yield "something came along in a notice"
    if mail.rhythm is None:
        yield from _wrongly_charged(publication, mail, expectation)
    else:
        for topic in mail.charged:
            choice = expectation.choices.get(topic)
            if choice is None or choice.arrives != mail.rhythm:
                yield f"{_name(publication, topic)} {_way(choice)}, and not in a {mail.rhythm} digest"
    for topic in mail.along:
        yield from _may_not_come_along(publication, expectation, topic)
    for item in mail.items:
        yield from _item_unasked(publication, mail, expectation, item)


def _wrongly_charged(publication: Publication, mail: Mail, expectation: Expectation) -> Iterator[str]:
    """A campaign by itself is charged to the first of its topics that is expected as each message, and to no other."""
    topics: tuple[int, ...] = ()
    if mail.campaign is not None:
        topics = mail.campaign.topics
    elif mail.foreign is not None:
        topics = mail.foreign.topics
    choice = charged_choice(expectation, topics)
    if choice is None or choice.arrives != EACH:
        yield f"{_names(publication, topics)} {_way(choice)}, and not as a message of its own"
    elif mail.charged != (choice.topic,):
        charged = _names(publication, mail.charged)
        yield f"charged to {charged} instead of {_name(publication, choice.topic)}"


def _may_not_come_along(publication: Publication, expectation: Expectation, topic: int) -> Iterator[str]:
    """Coming along is for topics by mail, unless their reader leaves out; digest items always may; notices never."""
    choice, name = expectation.choices.get(topic), _name(publication, topic)
    if choice is None or (choice.arrives != EACH and choice.arrives not in RHYTHMS):
        yield f"{name} {_way(choice)}, and came along"
    elif publication.topics[topic].is_notice:
        yield f"{name} is for what cannot wait, and came along"
    elif choice.arrives == EACH and expectation.overflow != COME_ALONG:
        yield f"{name} came along, but what does not fit was to be left out"


def _item_unasked(publication: Publication, mail: Mail, expectation: Expectation, item: Campaign) -> Iterator[str]:
    choice = charged_choice(expectation, item.topics)
    if choice is None:
        yield f"{item.name!r} stood in it, and {_names(publication, item.topics)} {_way(None)}"
        return
    if choice.topic not in (*mail.charged, *mail.along):
        yield f"{item.name!r} stood in it, and {_name(publication, choice.topic)} was not counted"
    if choice.topic not in mail.along and (mail.rhythm is None or choice.arrives != mail.rhythm):
        for why in _may_not_come_along(publication, expectation, choice.topic):
            yield f"{item.name!r} stood in it: {why}"


def _name(publication: Publication, topic: int) -> str:
    return publication.topics[topic].name


def _names(publication: Publication, topics: tuple[int, ...]) -> str:
    return ", ".join(_name(publication, topic) for topic in topics) or "no topic"


def _way(choice: Choice | None) -> str:
    if choice is None:
        return "was not asked for"
    words = {EACH: "as each message", WEB: "on the web only"}
    return f"was asked for {words.get(choice.arrives, f'in a {choice.arrives} digest')}"
