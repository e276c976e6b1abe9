"""What else one reader is told below a mail: that a topic may write oftener, and what came while they were away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mailer.compose import Note
from mailer.compose.wording import wording_for
from preferences.more_often import Question
from preferences.store.away import Away, left_out_while_away
from preferences.store.hand_overs import HandOver
from preferences.store.questions import open_questions
from preferences.store.topics import TopicRow
from preferences.store.transactions import Transaction
from preferences.wording import oftener_line


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasions:
    """What there is to be said to the readers of one group of mails, by subscriber; who is missing is told nothing."""

    questions: Mapping[int, tuple[Question, ...]] = field(default_factory=dict)
    away: Mapping[int, Away] = field(default_factory=dict)

    def is_there_for(self, subscriber: int) -> bool:
        """Whether there may be something to be said to a subscriber."""
        return subscriber in self.questions or subscriber in self.away

    def notes(
        self, mail: HandOver, topics: Mapping[int, TopicRow], language: str, *, choose: str, missed: str
    ) -> tuple[Note, ...]:
        """The notes below one mail; `choose` is where a question is answered, `missed` where a pause's texts are."""
        wording = wording_for(language)
        told = []
        away = self.away.get(mail.subscriber.id)
        if away is not None and _is_first_since(mail, away):
            says = wording.away(away.texts).format(count=away.texts)
            told.append(Note(says=says, label=wording.see_missed, url=missed))
        question = _nearest(self.questions.get(mail.subscriber.id, ()), mail)
        if question is not None and question.topic in topics:
            name, accepted, planned = topics[question.topic].name, question.accepted, question.planned
            says = oftener_line(name, accepted=accepted, planned=planned, language=language)
            told.append(Note(says=says, label=wording.choose, url=choose))
        return tuple(told)


NOTHING_ELSE = Occasions()


def occasions(connection: Transaction, publication_id: int, mails: Sequence[HandOver]) -> Occasions:
    """What is to be said to the readers of these mails, asked for all of them at once."""
    if not mails:
        return NOTHING_ELSE
    now = max(mail.committed_at for mail in mails)
    terms = {mail.subscriber.id: mail.terms for mail in mails}
    return Occasions(
        questions=open_questions(connection, terms),
        away=left_out_while_away(connection, publication_id, terms, now),
    )


def _is_first_since(mail: HandOver, away: Away) -> bool:
    """Whether nothing was counted between the end of the pause and this mail."""
    if mail.committed_at < away.until:
        return False
    return not any(away.until <= at < mail.committed_at for at in mail.history.total)


def _nearest(questions: Sequence[Question], mail: HandOver) -> Question | None:
    """One question is enough for one mail: that about its own topic, else the first in the reader's order."""
    own = [one for one in questions if one.topic == mail.topic_id]
    return next(iter([*own, *questions]), None)
