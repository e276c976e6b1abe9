"""Taking in subscribers from a file, in batches that are a transaction each.

* ``orders``: what is imported onto which topic, and what somebody declared about it
* ``batches``: how far an import has come, so that it is taken up where it stopped
* ``outcomes``: what would become of each row, which a dry run counts and an import does
* ``newcomers``: rows for people who were not here; ``residents``: what changes for those who were
* ``taking``: one batch of rows, as a preview or for good
"""

from preferences.store.imports.batches import Batch, begin_import, finish_import
from preferences.store.imports.orders import DEFAULT_DECLARATION, ImportOrder, checked_order
from preferences.store.imports.outcomes import IN_WORDS, Became
from preferences.store.imports.taking import BATCH_ROWS, Overtaken, Preview, take_in

__all__ = [
    "BATCH_ROWS",
    "DEFAULT_DECLARATION",
    "IN_WORDS",
    "Batch",
    "Became",
    "ImportOrder",
    "Overtaken",
    "Preview",
    "begin_import",
    "checked_order",
    "finish_import",
    "take_in",
]
