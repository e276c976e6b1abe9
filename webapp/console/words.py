"""What the console says about states, reasons, causes and events, for many readers at once."""

from __future__ import annotations

from preferences.cadence import Cadence
from preferences.decision import Reason
from preferences.delivery import CampaignStatus, State
from preferences.unsubscribe import Cause, Route
from preferences.vote import Vote
from preferences.wording import how_often

STATUSES = {
    CampaignStatus.DRAFT: "draft",
    CampaignStatus.SCHEDULED: "scheduled",
    CampaignStatus.SENDING: "being sent",
    CampaignStatus.WAITING: "some still wait",
    CampaignStatus.FINISHED: "finished",
    CampaignStatus.PAUSED: "paused",
    CampaignStatus.ENDED: "ended",
}

STATES = {
    State.ACCEPTED: "sent",
    State.CAME_ALONG: "came along in another mail",
    State.IN_DIGEST: "came in a digest",
    State.WEB: "on the web",
    State.WAITING: "waiting",
    State.DIGEST_TO_COME: "waiting for a digest",
    State.DUE: "about to be sent",
    State.HANDING_OVER: "being handed over",
    State.DEFERRED: "to be tried again",
    State.IN_DOUBT: "in doubt",
    State.REFUSED: "refused by the mailbox",
    State.NOT_SENT: "not sent",
}

REASONS = {
    Reason.SUPPRESSED_DEAD_ADDRESS: "their address is dead",
    Reason.SUPPRESSED_COMPLAINT: "they complained, and are never written to",
    Reason.SUPPRESSED_ERASED: "they were erased",
    Reason.SUPPRESSED_OPERATOR: "they were blocked by an operator",
    Reason.UNCONFIRMED: "they have not confirmed",
    Reason.CONSENT_EXPIRED: "their consent has ended",
    Reason.UNSUBSCRIBED: "they unsubscribed",
    Reason.DUPLICATE: "they have it already",
    Reason.OFF_TOPIC: "they do not expect its topics",
    Reason.EXPIRED: "it is past the time until which it was worth sending",
    Reason.WEB_ONLY: "they read this topic on the web",
    Reason.DIGEST_DAILY: "they asked for one mail a day",
    Reason.DIGEST_WEEKLY: "they asked for one mail a week",
    Reason.DIGEST_MONTHLY: "they asked for one mail a month",
    Reason.PAUSED: "they paused their mail",
    Reason.TOPIC_CAP: "they have had as much of this topic as was promised",
    Reason.TOTAL_CAP: "they have had as many mails as they asked for",
    Reason.NEXT_MAIL: "it comes along in the next mail they get",
    Reason.QUIET_DAY: "it is not one of their days",
    Reason.QUIET_HOURS: "it is not one of their hours",
    Reason.EXPECTED: "they expect it, and nothing stands against it",
    Reason.WOULD_EXPIRE: "it would be over before it may reach them",
    Reason.CAMPAIGN_ENDED: "the campaign was ended",
    Reason.TEMPLATE_FAILED: "the mail could not be made for them",
    Reason.NOT_DELIVERABLE_HERE: "their address cannot be written to from here",
    Reason.RANKED_LOWER: "something else went first",
    Reason.ANY_DOUBT: "something was not certain",
    Reason.HELD_FOR_A_PERSON: "somebody has to decide",
    Reason.READ_ON_WEB: "they read it on the web and left it out of their mail",
}

CAUSES = {
    Cause.NOT_RELEVANT: "not relevant",
    Cause.REPETITIVE: "repetitive",
    Cause.TOO_OFTEN: "too often",
    Cause.NEVER_ASKED: "never asked for it",
    Cause.CHANGED: "something has changed for them",
    Cause.OTHER: "something else",
    Cause.UNSTATED: "gave no reason",
    Cause.COMPLAINT: "complained",
    Cause.BOUNCE: "address is dead",
    Cause.OPERATOR: "ended by an operator",
}

VOTES = {
    Vote.MORE_LIKE_THIS: "More like this",
    Vote.LESS_LIKE_THIS: "Less like this",
    Vote.TOO_OFTEN: "Too often",
}

ROUTES = {
    Route.HEADER_ONE_CLICK: "by the button of the mail program",
    Route.FOOTER_LINK: "by the link in a mail",
    Route.PREFERENCE_PAGE: "on the preference page",
    Route.MAILTO: "by mail",
    Route.COMPLAINT: "by a complaint",
    Route.HARD_BOUNCE: "because the address is dead",
    Route.CONSOLE: "in this console",
    Route.API: "through the API",
    Route.IMPORT: "by an import",
    Route.SIGN_UP: "by signing up",
    Route.SYSTEM: "by itself",
}


def event_words(kind: str) -> str:
    """The name of an event as people read it."""
    return kind.replace("_", " ")


def at_most(cadence: Cadence) -> str:
    """A cadence in words, as what it holds at most."""
    often = how_often(cadence, "en")
    return often if often.startswith("at most") else f"at most {often}"


def people(count: int) -> str:
    """How many readers."""
    return f"{count:,} reader" if count == 1 else f"{count:,} readers"


def times(count: int) -> str:
    """How often: never, once, n times."""
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")


def span_in_words(minutes: int) -> str:
    """A span such as a send is spread over: 45 minutes, 2 hours, a day."""
    if minutes == 24 * 60:
        return "a day"
    if minutes % 60 == 0:
        return "an hour" if minutes == 60 else f"{minutes // 60} hours"
    return "a minute" if minutes == 1 else f"{minutes} minutes"
