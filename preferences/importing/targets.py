"""What a column of an export can be, and the words by which exports name it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Target(StrEnum):
    """What the cells of a column are. All but FIELD and IGNORED may belong to one column only."""

    EMAIL = "email"
    NAME = "name"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    CONSENT_AT = "consent_at"
    CONFIRMED_AT = "confirmed_at"
    CREATED_AT = "created_at"
    ZONE = "zone"
    LIKELY_ZONE = "likely_zone"
    LANGUAGE = "language"
    CONSENT_IP = "consent_ip"
    CONFIRM_IP = "confirm_ip"
    STATUS = "status"
    SUBSCRIBED = "subscribed"
    UNSUBSCRIBED = "unsubscribed"
    LEFT_AT = "left_at"
    DEAD_AT = "dead_at"
    REASON = "reason"
    REASON_WORDS = "reason_words"
    FIELD = "fields"
    IGNORED = "ignore"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: where it stands, its name in the file, what it is, and under which name a field is kept."""

    index: int
    name: str
    target: Target
    field: str = ""

    @property
    def becomes(self) -> str:
        """What it becomes, as --map says it."""
        return f"{self.target}.{self.field}" if self.target is Target.FIELD else self.target.value


# By the name of a column in small letters, with anything but letters and digits as one underscore.
USUAL_NAMES = {
    name: target
    for target, names in {
        Target.EMAIL: "email e_mail email_address e_mail_address mail subscriber_email contact_email user_email",
        Target.NAME: "name full_name fullname display_name subscriber_name",
        Target.FIRST_NAME: "first_name firstname given_name fname",
        Target.LAST_NAME: "last_name lastname surname family_name lname",
        Target.CONSENT_AT: "consent_at consent_time optin_time opt_in_time opted_in_at subscribed_at subscription_date",
        Target.CONFIRMED_AT: "confirmed_at confirm_time confirmation_time",
        Target.CREATED_AT: "created_at created creation_date joined_at date_added",
        Target.ZONE: "zone timezone time_zone",
        Target.LANGUAGE: "language lang locale",
        Target.CONSENT_IP: "consent_ip optin_ip opt_in_ip ip_address ip",
        Target.CONFIRM_IP: "confirm_ip",
        Target.STATUS: "status subscriber_status subscription_status email_status",
        Target.SUBSCRIBED: "subscribed is_subscribed subscribed_to_emails is_active",
        Target.UNSUBSCRIBED: "unsubscribed is_unsubscribed email_disabled opted_out",
        Target.LEFT_AT: "unsubscribed_at left_at unsub_time unsubscribe_date unsubscription_date opted_out_at",
        Target.DEAD_AT: "clean_time bounced_at undeliverability_date undeliverable_at",
        Target.REASON: "unsub_reason unsubscribe_reason unsubscription_reason",
        Target.REASON_WORDS: "unsub_reason_other",
    }.items()
    for name in names.split()
}


def plain_name(name: str) -> str:
    """The name of a column in small letters, with anything but letters and digits as one underscore."""
    return re.sub(r"[\W_]+", "_", name.strip().lower()).strip("_")


def field_name(name: str, index: int) -> str:
    """The name under which a column that is nothing else is kept as a field."""
    return plain_name(name)[:100] or f"column_{index + 1}"
