"""Leaving: scope, route, cause, and what it is attributed to. Unstated is never guessed."""

from __future__ import annotations

from enum import StrEnum


class Scope(StrEnum):
    """What an unsubscribe ends."""

    TOPIC = "topic"
    ALL = "all"


class Route(StrEnum):
    """By which way a change or an unsubscribe came."""

    HEADER_ONE_CLICK = "header_one_click"
    FOOTER_LINK = "footer_link"
    PREFERENCE_PAGE = "preference_page"
    MAILTO = "mailto"
    COMPLAINT = "complaint"
    HARD_BOUNCE = "hard_bounce"
    CONSOLE = "console"
    API = "api"
    IMPORT = "import"
    SIGN_UP = "sign_up"
    SYSTEM = "system"


class Cause(StrEnum):
    """Why somebody left: asked after it took effect, never required. The last three are set by machine."""

    NOT_RELEVANT = "not_relevant"
    REPETITIVE = "repetitive"
    TOO_OFTEN = "too_often"
    NEVER_ASKED = "never_asked"
    CHANGED = "changed"
    OTHER = "other"
    UNSTATED = "unstated"
    COMPLAINT = "complaint"
    BOUNCE = "bounce"
    OPERATOR = "operator"


# What a person may answer, in the order in which it is shuffled from.
ASKED = (Cause.NOT_RELEVANT, Cause.REPETITIVE, Cause.TOO_OFTEN, Cause.NEVER_ASKED, Cause.CHANGED, Cause.OTHER)
RELEVANCE_DRIVEN = frozenset({Cause.NOT_RELEVANT, Cause.REPETITIVE})


class Attribution(StrEnum):
    """How sure it is which delivery an unsubscribe belongs to."""

    EXACT = "exact"
    INFERRED = "inferred"
    NONE = "none"
