"""What the footer of a mail says beside the promise: its count, and why it came."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from preferences.cadence import Cadence, Cap
from preferences.expectation import Arrives
from preferences.wording.dates import date_in_words
from preferences.wording.languages import catalogue_of
from preferences.wording.sentences import how_often


def count_line(count: int, cap: Cap, language: str = "en") -> str:
    """As in "1 of at most 1 this week": `count` mails, this one among them, in the cap's period that contains it."""
    return catalogue_of(language).caps.count[cap.per].format(count=count, most=cap.count)


def why_line(topic_name: str, *more: str, arrives: Arrives = Arrives.EACH, language: str = "en") -> str:
    """Why this mail came: "You asked for Letter, each message." A digest names all of its topics."""
    catalogue = catalogue_of(language)
    topics = catalogue.all_of([topic_name, *more])
    return catalogue.footer.why[arrives].format(topics=topics)


def why_carried_line(
    topic_name: str, *more: str, publication: str, since: date, today: date, language: str = "en"
) -> str:
    """Why the first mail came to somebody who was carried over from another system; `since` and `today` are local."""
    catalogue = catalogue_of(language)
    return catalogue.footer.why_carried.format(
        since=date_in_words(since, today, language),
        publication=publication,
        topics=catalogue.all_of([topic_name, *more]),
    )


def oftener_line(topic_name: str, *, accepted: Cadence, planned: Cadence, language: str = "en") -> str:
    """That a sender plans to write oftener than this reader accepted, and that nothing changes for them by itself."""
    before, after = (how_often(replace(one, days=frozenset()), language) for one in (accepted, planned))
    return catalogue_of(language).footer.oftener.format(topic=topic_name, planned=after, accepted=before)


def why_along_line(topic_name: str, language: str = "en") -> str:
    """Why something came along in a mail about something else."""
    return catalogue_of(language).footer.why_along.format(topics=topic_name)
