"""What the bases of everybody of one pattern have in common, written by `preferences.basis` itself and cut into pieces.

The format stays there: a basis of a reader that nobody is is written, and cut at that reader's numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo

from preferences.basis import Basis, Counted, to_json
from preferences.calendar import zone_data_version
from preferences.decision import RULES_VERSION
from preferences.expectation import Standing
from preferences.store.planning.question import Question

# Numbers that no row has: where they stand in the text, SQL puts the reader's own.
_EXPECTATION, _DELIVERY = -7_777_771, -7_777_772


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The pieces of a basis that do not differ between readers of one pattern, in order."""

    before_expectation: str
    before_delivery: str
    after_delivery: str


def written(asked: Question, zone: tzinfo, judged_at: datetime) -> Written:
    """The pieces for everybody in a zone who is judged then; `basis_text` puts in the rest."""
    basis = Basis(
        rules=RULES_VERSION,
        zone_data=zone_data_version(),
        now=judged_at,
        expectation=_EXPECTATION,
        cadences=(),
        standing=Standing(confirmed=True),
        subject=asked.candidate(_DELIVERY, zone),
        counted=Counted(),
    )
    before_expectation, _, rest = to_json(basis).partition(str(_EXPECTATION))
    before_cadences, _, rest = rest.partition('"cadences":[]')
    before_standing, _, rest = rest.partition('"standing":{"confirmed":true}')
    before_delivery, _, rest = rest.partition(str(_DELIVERY))
    after_delivery, _, end = rest.partition('"counted":{}')
    if (before_cadences, before_standing, end) != (",", ",", "}"):
        raise AssertionError("a basis is written in another order than its pieces are put together in")
    return Written(
        before_expectation=before_expectation, before_delivery=before_delivery, after_delivery=after_delivery
    )
