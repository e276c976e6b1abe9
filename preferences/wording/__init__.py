"""The words: how a language says a promise, a decision, a count. Every word stands in a catalogue.

* ``sentence``, ``sentence_lines``: the promise, from its clauses
* ``decision_in_words``: why something was sent, waits or was not sent
* ``count_line``, ``why_line``, ``why_along_line``, ``why_carried_line``: what the footer of a mail says beside the promise
* ``date_in_words``, ``instant_in_words``: local dates and times
* ``catalogue``, ``english``: what a language has to say, and how English says it

A language that is not known is said in English.
"""

from preferences.wording.dates import date_in_words, instant_in_words
from preferences.wording.decisions import Leaves, ShownTo, decision_in_words
from preferences.wording.footer import count_line, why_along_line, why_carried_line, why_line
from preferences.wording.languages import LANGUAGES
from preferences.wording.sentences import SENTENCE_VERSION, plain, sentence, sentence_lines, starred

__all__ = [
    "LANGUAGES",
    "SENTENCE_VERSION",
    "Leaves",
    "ShownTo",
    "count_line",
    "date_in_words",
    "decision_in_words",
    "instant_in_words",
    "plain",
    "sentence",
    "sentence_lines",
    "starred",
    "why_along_line",
    "why_carried_line",
    "why_line",
]
