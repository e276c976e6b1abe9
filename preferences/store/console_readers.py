"""A campaign as somebody would read it: their language, promise and count, and what would come along in it now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from preferences.asked import Asked, AskedTopic
from preferences.count import count_of
from preferences.decision import Decision, Outcome, charged_topic, decide
from preferences.expectation import Terms
from preferences.history import EMPTY_HISTORY, History
from preferences.promise import clauses
from preferences.ranking import Verdict
from preferences.spread import NO_SPREAD
from preferences.store.campaigns import CampaignRow
from preferences.store.contents import content_of
from preferences.store.expectations import terms_asked
from preferences.store.judging import judge
from preferences.store.open_deliveries import OpenDelivery, Situation, situations
from preferences.store.planning.question import question_unlocked
from preferences.store.planning.stage import Stage
from preferences.store.prospects import schedule_of
from preferences.store.publications import PublicationRow
from preferences.store.subscribers import Scalar, SubscriberRow
from preferences.store.topics import TopicRow, topics
from preferences.wording import count_line, plain, sentence, why_line


@dataclass(frozen=True, slots=True, kw_only=True)
class AlongLine:
    """What comes along in a mail, as its reader sees it; without its link, which is signed where the mail is made."""

    title: str
    summary: str
    topic_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBy:
    """What is said to one reader beside the campaign itself.

    `person` None is an example, somebody who expects its topics and has had nothing yet. `topic` is the one that it is
    charged to; for a reader who expects none of them, the first. `decision` is what the law says about sending it to
    them now; None for an example. `lines` come along if it leaves now, in order.
    """

    person: SubscriberRow | None
    topic: TopicRow | None
    name: str
    fields: Mapping[str, Scalar]
    language: str
    promise: str
    count_line: str
    why: str
    decision: Decision | None
    lines: tuple[AlongLine, ...]


def read_by(
    connection: Connection, owner: PublicationRow, campaign: CampaignRow, subscriber_id: int | None, now: datetime
) -> ReadBy:
    """The campaign as it stands, for one subscriber or an example. Changes nothing.

    Somebody who was erased, or whose expectation cannot be read, is shown as an example is.
    """
    known = {topic.slug: topic for topic in topics(connection, owner.id)}
    named = [known[slug] for slug in campaign.values.topics if slug in known]
    found = None if subscriber_id is None else situations(connection, owner.id, [subscriber_id], now).get(subscriber_id)
    if found is None or found.subscriber.address is None:
        asked = Asked(topics=tuple(AskedTopic(topic=slug) for slug in campaign.values.topics))
        terms = terms_asked(connection, owner.id, asked, zone=owner.zone)
        return _said(owner, known, named, terms, EMPTY_HISTORY, None, None, (), now)
    decision = _decision(connection, owner.id, campaign, found, now)
    lines = _lines(connection, owner.id, campaign, found, now) if decision.outcome is Outcome.SEND else ()
    return _said(owner, known, named, found.terms, found.history, found.subscriber, decision, lines, now)


def _said(
    owner: PublicationRow,
    known: Mapping[str, TopicRow],
    named: list[TopicRow],
    terms: Terms,
    history: History,
    person: SubscriberRow | None,
    decision: Decision | None,
    lines: tuple[AlongLine, ...],
    now: datetime,
) -> ReadBy:
    language = (person and person.language) or owner.language
    charged = charged_topic(terms, [topic.id for topic in named])
    topic = next((one for one in named if charged is None or one.id == charged.topic), None)
    return ReadBy(
        person=person,
        topic=topic,
        name="Alex Example" if person is None else person.name,
        fields={} if person is None else person.fields,
        language=language,
        promise=sentence(clauses(terms, {one.id: one.name for one in known.values()}, now), language, plain),
        count_line=_count(terms, history, topic, language, now),
        why="" if topic is None else why_line(topic.name, language=language),
        decision=decision,
        lines=lines,
    )


def _count(terms: Terms, history: History, topic: TopicRow | None, language: str, now: datetime) -> str:
    """The count as it would be with this mail counted too."""
    count = count_of(terms, history, now, topic=None if topic is None else topic.id)
    return "" if count is None else count_line(min(count.number + 1, count.cap.count), count.cap, language)


def _decision(
    connection: Connection, publication_id: int, campaign: CampaignRow, found: Situation, now: datetime
) -> Decision:
    asked = replace(
        question_unlocked(connection, publication_id, campaign.id), scheduled_at=now, local_at=None, spread=NO_SPREAD
    )
    candidate = asked.candidate(0, found.terms.zone)
    return decide(found.subscriber.standing, found.terms, found.history, candidate, now)


def _lines(
    connection: Connection, publication_id: int, campaign: CampaignRow, found: Situation, now: datetime
) -> tuple[AlongLine, ...]:
    """What comes along in it, judged by what judges when it is sent."""
    asked = replace(
        question_unlocked(connection, publication_id, campaign.id), scheduled_at=now, local_at=None, spread=NO_SPREAD
    )
    others = tuple(one for one in found.open if one.campaign_id != campaign.id)
    stage = _Carried(replace(found, open=others), now)
    stage.plan(asked)
    judge(stage.situation, schedule_of(connection, publication_id), stage)
    names = {topic.id: topic.name for topic in topics(connection, publication_id)}
    lines = []
    for delivery, topic in stage.carried:
        content = content_of(connection, delivery.campaign_id or 0, delivery.revision)
        title = content.title or content.subject
        lines.append(AlongLine(title=title, summary=content.summary, topic_name=names.get(topic, "")))
    return tuple(lines)


class _Carried(Stage):
    """A stage that keeps what came along, and the topic that each of them is charged to."""

    def __init__(self, situation: Situation, now: datetime) -> None:
        super().__init__(situation, now)
        self.carried: list[tuple[OpenDelivery, int]] = []

    def comes_along(self, situation: Situation, delivery: OpenDelivery, verdict: Verdict) -> None:
        super().comes_along(situation, delivery, verdict)
        self.carried.append((delivery, verdict.decision.topic or 0))
