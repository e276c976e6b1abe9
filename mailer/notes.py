"""What else one reader is told below a mail: that a topic may write oftener, and what came while they were away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mailer.compose import Note
from mailer.compose.wording import wording_for
from preferences.more_often import Question
from preferences.store.hand_overs import HandOver
from preferences.store.questions import open_questions
from preferences.store.topics import TopicRow
from preferences.store.transactions import Transaction
from preferences.wording import oftener_line


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasions:
    """What there is to be said to the readers of one group of mails, by subscriber; who is missing is told nothing."""

    questions: Mapping[int, tuple[Question, ...]] = field(default_factory=dict)

    def notes(self, mail: HandOver, topics: Mapping[int, TopicRow], language: str, url: str) -> tuple[Note, ...]:
        """The notes below one mail; `url` leads to the reader's preferences, where a question is answered."""
        question = _nearest(self.questions.get(mail.subscriber.id, ()), mail)
        if question is None or question.topic not in topics:
            return ()
        says = oftener_line(
            topics[question.topic].name,
            accepted=question.accepted,
            planned=question.planned,
            language=language,
        )
        return (Note(says=says, label=wording_for(language).choose, url=url),)


NOTHING_ELSE = Occasions()


def occasions(connection: Transaction, mails: Sequence[HandOver]) -> Occasions:
    """What is to be said to the readers of these mails, asked for all of them at once."""
    return Occasions(questions=open_questions(connection, {mail.subscriber.id: mail.terms for mail in mails}))


def _nearest(questions: Sequence[Question], mail: HandOver) -> Question | None:
    """One question is enough for one mail: that about its own topic, else the first in the reader's order."""
    own = [one for one in questions if one.topic == mail.topic_id]
    return next(iter([*own, *questions]), None)
