"""What a reader says of one mail with one tap: a signal of relevance, long before anybody leaves."""

from __future__ import annotations

from enum import StrEnum


class Vote(StrEnum):
    """The three answers of the quiet line. Two of them ask for a change, which the page then offers."""

    MORE_LIKE_THIS = "more_like_this"
    LESS_LIKE_THIS = "less_like_this"
    TOO_OFTEN = "too_often"
