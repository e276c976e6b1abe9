"""What a reply means: by its enhanced code (RFC 3463 and its registry), else its SMTP code, else well-known words.

The most specific wins: a code about one mailbox is never overruled by a word. What is about us and not about a reader
waits for a person; what is about our pace waits for time.
"""

from __future__ import annotations

import re

from mailer.transport.outcome import OutcomeKind, Reply, Stage

_ENHANCED = re.compile(r"([245])\.([0-9]{1,3})\.([0-9]{1,3})(?![0-9.])")
# 5.1.7 and 5.1.8 are the sender's address, 5.6.0 to 5.6.6 what the mail is made of.
_OF_SENDER = frozenset({(1, 7), (1, 8), *((6, detail) for detail in range(7))})
# Of security and policy all is about us but for what one mailbox, its owner or a closed group says: 5.7.13 disabled,
# 5.7.17 and 5.7.18 another owner (RFC 7293), and the restricted recipients of Exchange.
_OF_READER = frozenset({13, 17, 18, *range(120, 140)})
_AUTHENTICATION = frozenset({530, 534, 535, 538})
# Said with no code, or with one that says nothing.
_SENDER_WORDS = (
    "access denied",
    "authentication required",
    "authentication is required",
    "bad reputation",
    "poor reputation",
    "low reputation",
    "sender reputation",
    "blacklist",
    "black list",
    "blocklist",
    "block list",
    "blocked using",
    "spamhaus",
    "barracuda",
    "dkim",
    "dmarc",
    "spf",
    "reverse dns",
    "ptr record",
    "relay access denied",
    "relaying denied",
    "unable to relay",
    "not permitted to relay",
    "sender address rejected",
    "sender denied",
    "sender rejected",
    "policy reasons",
    "policy violation",
    "content rejected",
    "content reasons",
    "spam",
    "unsolicited",
    "bulk mail",
)
_PACE_WORDS = (
    "excessive volume",
    "message rate",
    "rate limit",
    "rate-limit",
    "ratelimit",
    "rate of",
    "reduce your",
    "server busy",
    "slow down",
    "temporarily deferred",
    "throttl",
    "too fast",
    "too many",
    "too much mail",
    "traffic",
    "try again later",
    "unexpected volume",
    "unusual",
)
_GREY_WORDS = ("greylist", "graylist", "grey list", "gray list", "grey-list", "gray-list")
# What is said of a mailbox without a code, so that no other word of the sentence is taken for one about us.
_READER_WORDS = (
    "does not exist",
    "invalid recipient",
    "mailbox full",
    "mailbox unavailable",
    "no mailbox",
    "no such user",
    "over quota",
    "recipient not found",
    "unknown recipient",
    "unknown user",
    "user unknown",
)
# Names are no words: whoever is called spam@ says nothing about us.
_ADDRESS = re.compile(r"\S+@\S+")


def is_about_sender(reply: Reply) -> bool:
    """Whether the reply says that we may not send, whoever the reader is."""
    if reply.code in _AUTHENTICATION:
        return True
    if reply.code // 100 != 5:
        return False
    enhanced = _enhanced(reply)
    if enhanced is None or enhanced[1:] == (0, 0):
        return _says(reply, _SENDER_WORDS) and not _says(reply, _READER_WORDS)
    _, subject, detail = enhanced
    return detail not in _OF_READER if subject == 7 else (subject, detail) in _OF_SENDER


def is_about_pace(stage: Stage, reply: Reply) -> bool:
    """Whether the reply says that less is wanted from us for now, where this mail goes.

    Before a reader is named, nobody knows where that is. A grey list asks for another try of the same mail, and a
    mailbox (X.1 and X.2) speaks for itself only.
    """
    if stage is Stage.MAIL or reply.code // 100 != 4 or _says(reply, _GREY_WORDS):
        return False
    enhanced = _enhanced(reply)
    if enhanced is not None and enhanced[1] in {1, 2}:
        return False
    return reply.code == 421 or (enhanced is not None and enhanced[1:] == (7, 28)) or _says(reply, _PACE_WORDS)


def classify(stage: Stage, reply: Reply) -> OutcomeKind | None:
    """What a reply means for the message at this stage; None where it says to go on.

    A reply that the command cannot have leaves the message deferred, or in doubt after the final dot. A permanent
    refusal of MAIL is about the sender, since no reader was named yet; 421 to it is the server's own rest. 552 at RCPT
    is temporary (RFC 5321, section 4.5.3.1.10).
    """
    digit = reply.code // 100
    if digit == 2 and stage is Stage.DOT:
        return OutcomeKind.ACCEPTED
    if is_about_sender(reply):
        return OutcomeKind.SENDER_REFUSED
    if digit in {4, 5}:
        return _refusal(stage, reply)
    if stage is Stage.DOT:
        return OutcomeKind.IN_DOUBT
    goes_on = digit == 3 if stage is Stage.DATA else digit == 2
    return None if goes_on else OutcomeKind.DEFERRED


def _refusal(stage: Stage, reply: Reply) -> OutcomeKind:
    if is_about_pace(stage, reply):
        return OutcomeKind.SLOWED
    if stage is Stage.MAIL and reply.code == 421:
        return OutcomeKind.RELAY_DOWN
    if reply.code // 100 == 4 or (stage is Stage.RCPT and reply.code == 552):
        return OutcomeKind.DEFERRED
    return OutcomeKind.SENDER_REFUSED if stage is Stage.MAIL else OutcomeKind.REFUSED


def _enhanced(reply: Reply) -> tuple[int, int, int] | None:
    """The enhanced code at the beginning of the text, if it is of the same class as the code (RFC 2034, section 4)."""
    found = _ENHANCED.match(reply.text)
    if found is None or int(found[1]) != reply.code // 100:
        return None
    return int(found[1]), int(found[2]), int(found[3])


def _says(reply: Reply, words: tuple[str, ...]) -> bool:
    text = _ADDRESS.sub(" ", reply.text.lower())
    return any(found is not None for found in (re.search(rf"\b{re.escape(word)}", text) for word in words))
