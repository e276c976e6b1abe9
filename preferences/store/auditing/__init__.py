"""Reading the ledger for the audit, some subscribers and some decisions at a time.

* ``Audit(database, publication).broken(now)``: everything that is broken, as it is found, and what was checked
* ``Checked``: how much that was

Each part is read in a snapshot of its own, so that a mail under way is seen whole or not at all.
"""

from preferences.store.auditing.audit import Audit, Checked

__all__ = ["Audit", "Checked"]
