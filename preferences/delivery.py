"""The states of a delivery and of a campaign, and which of them are final."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a delivery stands. The counts of all states of a campaign add up to its audience."""

    DUE = "due"
    WAITING = "waiting"
    DIGEST_TO_COME = "digest_to_come"
    HANDING_OVER = "handing_over"
    DEFERRED = "deferred"
    ACCEPTED = "accepted"
    CAME_ALONG = "came_along"
    IN_DIGEST = "in_digest"
    WEB = "web"
    IN_DOUBT = "in_doubt"
    REFUSED = "refused"
    NOT_SENT = "not_sent"


OPEN = frozenset({State.DUE, State.WAITING, State.DIGEST_TO_COME, State.HANDING_OVER, State.DEFERRED})
FINAL = frozenset(State) - OPEN
# What may not happen a second time: a campaign in one of these states was had, or may have been.
HAD = frozenset({State.HANDING_OVER, State.ACCEPTED, State.CAME_ALONG, State.IN_DIGEST, State.IN_DOUBT})


class CampaignStatus(StrEnum):
    """Where a campaign stands."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    WAITING = "waiting"
    FINISHED = "finished"
    PAUSED = "paused"
    ENDED = "ended"


class AttemptOutcome(StrEnum):
    """How one try to hand over ended. `given_back` and `refused`, `deferred` un-count it; `in_doubt` stays counted."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    DEFERRED = "deferred"
    IN_DOUBT = "in_doubt"
    GIVEN_BACK = "given_back"


class RestorationAnswer(StrEnum):
    """What a person says about what left after the backup was made: that it did, as far as the law allowed it, or not."""

    WRITTEN = "written"
    NOT_WRITTEN = "not_written"


class MadeBy(StrEnum):
    """Who made a change."""

    LINK = "link"
    TOKEN = "token"
    PERSON = "person"
    IMPORT = "import"
    SYSTEM = "system"
