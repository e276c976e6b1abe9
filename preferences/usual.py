"""The usual case: somebody in good standing, a campaign that nothing held before, and caps that are surely open.

What `decide` answers then hangs on no history, and on the instant by its minute only: days and hours are in whole local
minutes, and so are the offsets of zones. So the law is asked once for everybody who is alike, and not for each of them.
Whatever is not surely the usual case is decided by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from preferences.campaign import Candidate
from preferences.case import charged_topic
from preferences.decision import decide
from preferences.expectation import Arrives, Standing, Terms, TopicTerms
from preferences.history import EMPTY_HISTORY, History
from preferences.outcome import Outcome
from preferences.reach import Reach


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """What goes to everybody whose terms are alike, within one minute, where their caps are surely open.

    `topic` is the charged one.
    """

    topic: TopicTerms
    total_reach: Reach

    def has_room(self, history: History, now: datetime) -> bool:
        """Whether every cap that is asked is surely open, and nothing was had before; False says nothing about them."""
        charged = history.charged.get(self.topic.topic, ())
        if history.had:
            return False
        return self.topic.reach.are_surely_open(charged, now) and (
            self.topic.notice or self.total_reach.are_surely_open(history.total, now)
        )


def usual_case(terms: Terms, candidate: Candidate, now: datetime) -> Usual | None:
    """What goes to everybody in good standing with terms like these; None where it is not sent now, or hangs on more.

    Where it answers something, `has_room` says for whom: to them `decide` sends this campaign, too, at any instant of
    this minute until it expires.
    """
    topic = charged_topic(terms, candidate.topics)
    if topic is None or topic.arrives is not Arrives.EACH or terms.pause is not None or candidate.has_waited:
        return None
    if decide(Standing(confirmed=True), terms, EMPTY_HISTORY, candidate, now).outcome is not Outcome.SEND:
        return None
    return Usual(topic=topic, total_reach=terms.total_reach)
