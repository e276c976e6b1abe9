"""What a status, a flag, or a reason for leaving means here. What is not known is refused rather than guessed."""

from __future__ import annotations

from enum import IntEnum

from preferences.importing.targets import plain_name
from preferences.unsubscribe import Cause


class ImportedAs(IntEnum):
    """How a row arrives; of two that a row says, the higher one holds. Only the first is ever written to."""

    CONFIRMED = 0
    UNCONFIRMED = 1
    UNSUBSCRIBED = 2
    DEAD = 3
    COMPLAINED = 4

    @property
    def has_left(self) -> bool:
        """Whether nothing may be written to this address any more."""
        return self >= ImportedAs.UNSUBSCRIBED


_STATUSES = {
    name: standing
    for standing, names in {
        ImportedAs.CONFIRMED: "subscribed active enabled confirmed regular premium gifted trialed free paid comped",
        ImportedAs.UNCONFIRMED: "unconfirmed pending unactivated validating requires_verification not_confirmed",
        ImportedAs.UNSUBSCRIBED: "unsubscribed inactive disabled blocklisted blacklisted blocked removed archived"
        " deleted opted_out paused non_subscribed nonsubscribed transactional",
        ImportedAs.DEAD: "cleaned bounced undeliverable invalid invalid_email hard_bounced",
        ImportedAs.COMPLAINED: "complained complaint spam abuse spam_complaint",
    }.items()
    for name in names.split()
}
_YES, _NO = frozenset({"true", "yes", "y", "1", "t", "on"}), frozenset({"false", "no", "n", "0", "f", "off", ""})


def standing_of_status(text: str) -> ImportedAs:
    """How a row of that status arrives. Raises ValueError for one that is not known."""
    standing = _STATUSES.get(plain_name(text))
    if standing is None:
        raise ValueError(
            f"{text!r} is no status that is known; where it means something else, say --map COLUMN=fields.NAME"
        )
    return standing


def flag_of(text: str) -> bool:
    """Whether a flag is set; an empty one is not. Raises ValueError for what is no flag."""
    value = text.strip().lower()
    if value not in _YES | _NO:
        raise ValueError(
            f"{text!r} is neither true nor false; where it means something else, say --map COLUMN=fields.NAME"
        )
    return value in _YES


# Codes and sentences of the survey that Mailchimp shows to who leaves, and words that others use for the same.
_CAUSES = (
    (("spam", "abuse", "complain"), Cause.COMPLAINT),
    (("nosignup", "never signed up", "never subscribed", "never asked", "did not sign up"), Cause.NEVER_ASKED),
    (("too many", "too often", "frequen"), Cause.TOO_OFTEN),
    (("repetitive", "repeat"), Cause.REPETITIVE),
    (("relevan", "no longer interested", "not interested"), Cause.NOT_RELEVANT),
    (("by admin", "by an admin"), Cause.OPERATOR),
    (("bounce", "undeliver"), Cause.BOUNCE),
)
_NOTHING_SAID = frozenset({"", "none", "none given", "n/a", "normal"})


def cause_of(reason: str, words: str) -> Cause:
    """The cause that a reason for leaving states. What says nothing stays unstated, what fits none is `other`."""
    said = reason.strip().lower()
    for parts, cause in _CAUSES:
        if any(part in said for part in parts):
            return cause
    return Cause.UNSTATED if said in _NOTHING_SAID and not words.strip() else Cause.OTHER
