"""The tables, by what they are about. Rows only carry: values validate, constraints guard.

Every table belongs to a publication, through composite foreign keys, so that no row can point across; the exceptions
are the installation itself, the leases of its processes, its restorations, the keys of its senders and its list of
dead addresses. Instants are UTC and aware.
"""

from typing import cast

from sqlalchemy import Table
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import UTCDateTime

from preferences.store.columns import Instant
from preferences.store.tables.campaigns import Campaign, CampaignContent, CampaignTopic, Delivery
from preferences.store.tables.ledger import (
    ATTEMPT_STANDS,
    Attempt,
    Counted,
    Decided,
    Event,
    ForeignMail,
    Observation,
    Opening,
    Uncounted,
    Unsubscribe,
)
from preferences.store.tables.operations import (
    ApiToken,
    CapturedMail,
    ConsoleSession,
    Destination,
    DkimKey,
    Emptied,
    IdempotentAnswer,
    ImportBatch,
    Installation,
    Lease,
    Outbox,
    Restoration,
    ServiceMail,
    WarmUp,
)
from preferences.store.tables.people import (
    Consent,
    DeadAddress,
    ExpectationRow,
    ExpectationTopic,
    Pattern,
    SignUpRequest,
    Subscriber,
    Suppressed,
)
from preferences.store.tables.publications import Appearance, CadenceRow, Publication, Topic, TopicSample
from preferences.store.tables.readers import AddressChange, AnswerRow, Referral, VoteRow


def _table(model: type[SQLModel]) -> Table:
    table = cast(Table, model.__table__)  # type: ignore[attr-defined]
    for column in table.columns:
        if isinstance(column.type, UTCDateTime):
            column.type = Instant()
    return table


# The tables as statements name them: everything reads and writes through these.
ADDRESS_CHANGE = _table(AddressChange)
ANSWER = _table(AnswerRow)
API_TOKEN = _table(ApiToken)
APPEARANCE = _table(Appearance)
ATTEMPT = _table(Attempt)
CADENCE = _table(CadenceRow)
CAMPAIGN = _table(Campaign)
CAMPAIGN_CONTENT = _table(CampaignContent)
CAMPAIGN_TOPIC = _table(CampaignTopic)
CAPTURED_MAIL = _table(CapturedMail)
CONSENT = _table(Consent)
CONSOLE_SESSION = _table(ConsoleSession)
COUNTED = _table(Counted)
DEAD_ADDRESS = _table(DeadAddress)
DECISION = _table(Decided)
DELIVERY = _table(Delivery)
DESTINATION = _table(Destination)
DKIM_KEY = _table(DkimKey)
EMPTIED = _table(Emptied)
EVENT = _table(Event)
EXPECTATION = _table(ExpectationRow)
EXPECTATION_TOPIC = _table(ExpectationTopic)
FOREIGN_MAIL = _table(ForeignMail)
IDEMPOTENT_ANSWER = _table(IdempotentAnswer)
IMPORT_BATCH = _table(ImportBatch)
INSTALLATION = _table(Installation)
LEASE = _table(Lease)
OBSERVATION = _table(Observation)
OPENING = _table(Opening)
OUTBOX = _table(Outbox)
PATTERN = _table(Pattern)
PUBLICATION = _table(Publication)
REFERRAL = _table(Referral)
RESTORATION = _table(Restoration)
SERVICE_MAIL = _table(ServiceMail)
SIGN_UP_REQUEST = _table(SignUpRequest)
SUBSCRIBER = _table(Subscriber)
SUPPRESSED = _table(Suppressed)
TOPIC = _table(Topic)
TOPIC_SAMPLE = _table(TopicSample)
UNCOUNTED = _table(Uncounted)
UNSUBSCRIBE = _table(Unsubscribe)
VOTE = _table(VoteRow)
WARM_UP = _table(WarmUp)

__all__ = [
    "ADDRESS_CHANGE",
    "ANSWER",
    "API_TOKEN",
    "APPEARANCE",
    "ATTEMPT",
    "ATTEMPT_STANDS",
    "CADENCE",
    "CAMPAIGN",
    "CAMPAIGN_CONTENT",
    "CAMPAIGN_TOPIC",
    "CAPTURED_MAIL",
    "CONSENT",
    "CONSOLE_SESSION",
    "COUNTED",
    "DEAD_ADDRESS",
    "DECISION",
    "DELIVERY",
    "DESTINATION",
    "DKIM_KEY",
    "EMPTIED",
    "EVENT",
    "EXPECTATION",
    "EXPECTATION_TOPIC",
    "FOREIGN_MAIL",
    "IDEMPOTENT_ANSWER",
    "IMPORT_BATCH",
    "INSTALLATION",
    "LEASE",
    "OBSERVATION",
    "OPENING",
    "OUTBOX",
    "PATTERN",
    "PUBLICATION",
    "REFERRAL",
    "RESTORATION",
    "SERVICE_MAIL",
    "SIGN_UP_REQUEST",
    "SUBSCRIBER",
    "SUPPRESSED",
    "TOPIC",
    "TOPIC_SAMPLE",
    "UNCOUNTED",
    "UNSUBSCRIBE",
    "VOTE",
    "WARM_UP",
    "AddressChange",
    "AnswerRow",
    "ApiToken",
    "Appearance",
    "Attempt",
    "CadenceRow",
    "Campaign",
    "CampaignContent",
    "CampaignTopic",
    "CapturedMail",
    "Consent",
    "ConsoleSession",
    "Counted",
    "DeadAddress",
    "Decided",
    "Delivery",
    "Destination",
    "DkimKey",
    "Emptied",
    "Event",
    "ExpectationRow",
    "ExpectationTopic",
    "ForeignMail",
    "IdempotentAnswer",
    "ImportBatch",
    "Installation",
    "Lease",
    "Observation",
    "Opening",
    "Outbox",
    "Pattern",
    "Publication",
    "Referral",
    "Restoration",
    "ServiceMail",
    "SignUpRequest",
    "Subscriber",
    "Suppressed",
    "Topic",
    "TopicSample",
    "Uncounted",
    "Unsubscribe",
    "VoteRow",
    "WarmUp",
]
