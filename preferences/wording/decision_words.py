"""The words of decisions: to the reader they are about, in the reader's language; of a reader to others, in English."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from gettext import NullTranslations

from preferences.decision import Outcome, Reason
from preferences.wording.catalogue import DecisionWords


def to_reader(words: NullTranslations) -> DecisionWords:
    """Decisions as their reader is told."""
    return DecisionWords(
        outcome={
            # Translators: of a message to a reader; {why} is a clause, such as "you asked for Letter".
            Outcome.SEND: words.gettext("goes out: {why}"),
            Outcome.WAIT: words.gettext("waits: {why}"),
            Outcome.DIGEST: words.gettext("goes into a digest: {why}"),
            Outcome.WEB: words.gettext("on the web, not by mail: {why}"),
            Outcome.NOT_SENT: words.gettext("not sent: {why}"),
        },
        reason=_standing(words) | _asked(words) | _circumstances(words),
        # Translators: {cap} is "at most one mail a week", {came} "one came on Tuesday 24 November".
        full=words.gettext("{cap}, and {came}"),
        in_doubt=words.gettext("{reason} ({doubt})"),
        came_on=lambda number: words.ngettext("one came on {date}", "{count} came on {date}", number),
        came_since=lambda number: words.ngettext("one came since {date}", "{count} came since {date}", number),
        came_in_week=lambda number: words.ngettext(
            "one came in the week from {date}", "{count} came in the week from {date}", number
        ),
        came_in_month=lambda number: words.ngettext("one came in {month}", "{count} came in {month}", number),
        came_in_year=lambda number: words.ngettext("one came in {year}", "{count} came in {year}", number),
        last_came_on=lambda number: words.ngettext(
            "{count} came, the last on {date}", "{count} came, the last on {date}", number
        ),
        along=words.gettext("it comes along in your next mail"),
        not_before=words.gettext("it comes along in your next mail, {instant} at the earliest"),
        alone_at=words.gettext("it leaves on {instant}"),
        digest=words.gettext("what is in it comes along in your next mail, or in the next digest"),
        next_digest=words.gettext("the next one is due on {instant}"),
        carried=words.gettext("it comes along in another mail"),
        zone="{line} (times in {zone})",
    )


def _standing(words: NullTranslations) -> dict[Reason, str]:
    return {
        Reason.SUPPRESSED_DEAD_ADDRESS: words.gettext("mail to your address came back for good"),
        Reason.SUPPRESSED_COMPLAINT: words.gettext("you reported a mail as unwanted"),
        Reason.SUPPRESSED_ERASED: words.gettext("your data was erased"),
        Reason.SUPPRESSED_OPERATOR: words.gettext("your address was blocked by the people who run this"),
        Reason.UNCONFIRMED: words.gettext("your address was not confirmed"),
        Reason.CONSENT_EXPIRED: words.gettext("your consent has ended"),
        Reason.UNSUBSCRIBED: words.gettext("you unsubscribed"),
    }


def _asked(words: NullTranslations) -> dict[Reason, str]:
    return {
        Reason.OFF_TOPIC: words.gettext("it is about nothing you asked for"),
        Reason.WEB_ONLY: words.gettext("you read {topic} on the web or in your private feed"),
        Reason.DIGEST_DAILY: words.gettext("you get {topic} in one mail a day"),
        Reason.DIGEST_WEEKLY: words.gettext("you get {topic} in one mail a week"),
        Reason.DIGEST_MONTHLY: words.gettext("you get {topic} in one mail a month"),
        Reason.PAUSED: words.gettext("your mail is paused"),
        Reason.TOPIC_CAP: words.gettext("as much about {topic} came as you asked for"),
        Reason.TOTAL_CAP: words.gettext("as many mails came as you asked for"),
        # Translators: {on_days} is as in "on Sundays".
        Reason.QUIET_DAY: words.gettext("you chose no mail {on_days}"),
        Reason.QUIET_HOURS: words.gettext("you chose no mail at this hour"),
        Reason.EXPECTED: words.gettext("you asked for {topic}"),
        Reason.READ_ON_WEB: words.gettext("you read it on the web, and left it out of the mail"),
    }


def _circumstances(words: NullTranslations) -> dict[Reason, str]:
    return {
        Reason.DUPLICATE: words.gettext("you have it already"),
        Reason.EXPIRED: words.gettext("it was not worth sending any more"),
        Reason.NEXT_MAIL: words.gettext("another mail is to come"),
        Reason.WOULD_EXPIRE: words.gettext("it would be out of date before it could leave"),
        Reason.CAMPAIGN_ENDED: words.gettext("its sender ended it"),
        Reason.TEMPLATE_FAILED: words.gettext("its text could not be made for you"),
        Reason.NOT_DELIVERABLE_HERE: words.gettext("your address cannot be reached from here"),
        Reason.RANKED_LOWER: words.gettext("another mail went first"),
        Reason.ANY_DOUBT: words.gettext("something was in doubt"),
        Reason.HELD_FOR_A_PERSON: words.gettext("a person has to look at it first"),
    }


def of_others(words: NullTranslations) -> DecisionWords:
    """Decisions as a marketer is told about a reader; what is not about anybody is said as to the reader."""
    said = to_reader(words)
    return dataclasses.replace(
        said,
        reason={**said.reason, **_REASONS_OF_OTHERS},
        along="it comes along in their next mail",
        not_before="it comes along in their next mail, {instant} at the earliest",
        digest="what is in it comes along in their next mail, or in the next digest",
    )


# The console is in English.
_REASONS_OF_OTHERS: Mapping[Reason, str] = {
    Reason.SUPPRESSED_DEAD_ADDRESS: "mail to their address came back for good",
    Reason.SUPPRESSED_COMPLAINT: "they reported a mail as unwanted",
    Reason.SUPPRESSED_ERASED: "their data was erased",
    Reason.SUPPRESSED_OPERATOR: "their address was blocked by the people who run this",
    Reason.UNCONFIRMED: "their address was not confirmed",
    Reason.CONSENT_EXPIRED: "their consent has ended",
    Reason.UNSUBSCRIBED: "they unsubscribed",
    Reason.OFF_TOPIC: "it is about nothing they asked for",
    Reason.WEB_ONLY: "they read {topic} on the web or in their private feed",
    Reason.DIGEST_DAILY: "they get {topic} in one mail a day",
    Reason.DIGEST_WEEKLY: "they get {topic} in one mail a week",
    Reason.DIGEST_MONTHLY: "they get {topic} in one mail a month",
    Reason.PAUSED: "their mail is paused",
    Reason.TOPIC_CAP: "as much about {topic} came as they asked for",
    Reason.TOTAL_CAP: "as many mails came as they asked for",
    Reason.QUIET_DAY: "they chose no mail {on_days}",
    Reason.QUIET_HOURS: "they chose no mail at this hour",
    Reason.EXPECTED: "they asked for {topic}",
    Reason.READ_ON_WEB: "they read it on the web, and left it out of the mail",
    Reason.DUPLICATE: "they have it already",
    Reason.TEMPLATE_FAILED: "its text could not be made for them",
    Reason.NOT_DELIVERABLE_HERE: "their address cannot be reached from here",
}
