"""Decisions, also about mails of other systems, and reports of mails that were sent."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, RootModel, SkipValidation

from preferences.decision import Outcome, Reason
from webapp.api.schemas.common import Asked, Cap, Instant, ProblemDocument, Told, ToldInstant

MOST_AT_ONCE = 1000


class EvidenceDocument(Told):
    """The cap that answered: n of n in a window, half-open: local dates, or instants where it rolls."""

    whose: str
    cap: Cap
    counted: int
    window: list[str]


class DecisionDocument(Told):
    """A decision: outcome, reason, and what it was made from."""

    outcome: Outcome
    reason: Reason
    topic: str | None
    opens_at: ToldInstant | None
    evidence: EvidenceDocument | None
    decided_at: ToldInstant
    expectation: str | None
    rules: int | None


class Question(Asked):
    """May another system send somebody a mail about these topics? With `reserve` it is counted at once."""

    email: str
    topics: list[str]
    at: Instant | None = None
    reserve: bool = False


class AnswerDocument(DecisionDocument):
    """The decision. With `reserve`, `id` names it for its outcome, and a *send* has headers to put into the mail."""

    id: str | None
    headers: dict[str, str] | None


class OutcomeOfReserved(Asked):
    """What became of a reserved mail; *not_sent* un-counts it."""

    outcome: Literal["sent", "not_sent"]


class ReservedDocument(Told):
    """Where a reserved mail stands."""

    id: str
    outcome: Literal["sent", "not_sent"]


class SentMail(Asked):
    """A mail that another system has sent without asking; `id` is that system's own, and is counted once."""

    email: str
    topics: list[str]
    sent_at: Instant
    id: Annotated[str, Field(min_length=1, max_length=255)]


class SentMails(RootModel[SkipValidation[SentMail | Annotated[list[SentMail], Field(max_length=MOST_AT_ONCE)]]]):
    """One, or up to 1,000, each of which succeeds or fails by itself: read one by one, not here."""


class ReportedDocument(Told):
    """A mail that is counted; `broken` where the terms of then did not allow it, `reason` why not."""

    id: str
    counted: bool = Field(description="False where this id was counted before")
    broken: bool
    outcome: Outcome
    reason: Reason


class ReportedResult(Told):
    """What became of one entry."""

    status: int
    id: str | None
    message: ReportedDocument | None = None
    problem: ProblemDocument | None


class ReportedResults(RootModel[list[ReportedResult]]):
    """One result per entry, in order."""
