"""The audit: every promise recomputed from the ledger alone, without the code that decided.

* ``audit_subscriber``: invariants 1 to 6 for one subscriber
* ``wrong_audiences``: invariant 5 for whole campaigns
* ``decided_differently``: invariant 7, the one that decides again with the law
* ``wrong_clauses``: invariant 8, the clauses of the sentence against what is enforced
* ``ledger``: what is read, as plain values; ``Broken`` is what is found

Windows, days, hours, pauses and caps are computed here once more, from the page of promises and nothing else, so that
a mistake in the law is found and not repeated. Must not import the law's rules but for ``again`` and ``sentence``.
"""

from preferences.audit.again import MADE_ELSEWHERE, Recorded, decided_differently
from preferences.audit.ledger import Broken, Publication, SubscriberLedger
from preferences.audit.outcomes import wrong_audiences
from preferences.audit.sentence import wrong_clauses
from preferences.audit.subscriber import audit_subscriber

__all__ = [
    "MADE_ELSEWHERE",
    "Broken",
    "Publication",
    "Recorded",
    "SubscriberLedger",
    "audit_subscriber",
    "decided_differently",
    "wrong_audiences",
    "wrong_clauses",
]
