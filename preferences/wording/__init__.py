"""The words: how a language says a promise, a decision, a count. Every word stands in a catalogue.

* ``sentence``, ``sentence_lines``: the promise, from its clauses
* ``decision_in_words``: why something was sent, waits or was not sent
* ``count_line``, ``oftener_line``, ``why_line``, ``why_along_line``, ``why_carried_line``: what
  the footer of a mail says beside the promise
* ``date_in_words``, ``instant_in_words``: local dates and times
* ``how_often``: a cadence
* ``catalogue``, ``filling``: what a language has to say, and where it stands in English for the translations

A language that is not known is said in English; so is what a catalogue lacks.
"""

from preferences.wording.dates import date_in_words, instant_in_words
from preferences.wording.decisions import Leaves, ShownTo, decision_in_words
from preferences.wording.footer import count_line, oftener_line, why_along_line, why_carried_line, why_line
from preferences.wording.sentences import SENTENCE_VERSION, at_most, how_often, plain, sentence, sentence_lines, starred

__all__ = [
    "SENTENCE_VERSION",
    "Leaves",
    "ShownTo",
    "at_most",
    "count_line",
    "date_in_words",
    "decision_in_words",
    "how_often",
    "instant_in_words",
    "oftener_line",
    "plain",
    "sentence",
    "sentence_lines",
    "starred",
    "why_along_line",
    "why_carried_line",
    "why_line",
]
