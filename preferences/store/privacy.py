"""What a publication says of the law it writes under, and how long where a consent came from is kept."""

from __future__ import annotations

from sqlalchemy import Connection, update

from preferences.errors import FieldProblem, Invalid
from preferences.store.publications import one_line
from preferences.store.tables import PUBLICATION

LEGAL_BASES = ("consent", "soft_opt_in", "contract", "legitimate_interest")
MOST_PROOF_DAYS = 3650
# The longest that a mail can wait for a cap is a year and a day; what is decided about it may be asked about until then.
LEAST_LEDGER_DAYS, MOST_LEDGER_DAYS = 400, 36_500
_LONGEST_JURISDICTION = 200


def change_ledger_days(connection: Connection, publication_id: int, days: int | None) -> None:
    """Change for how many days the ledger is kept in detail; None keeps it for ever. Raises `Invalid`.

    What was emptied does not come back with a longer time.
    """
    if days is not None and not LEAST_LEDGER_DAYS <= days <= MOST_LEDGER_DAYS:
        raise Invalid.one("ledger_days", _LEDGER_DAYS)
    connection.execute(update(PUBLICATION).where(PUBLICATION.c.id == publication_id).values(ledger_days=days))


_LEDGER_DAYS = f"must be a whole number of days from {LEAST_LEDGER_DAYS} to {MOST_LEDGER_DAYS}, or nothing for ever"


def ledger_days_typed(text: str) -> int | None:
    """The days that somebody typed, None where the ledger is to be kept for ever. Raises `Invalid`."""
    if text.strip() in ("", "forever"):
        return None
    if not (text.isascii() and text.strip().isdigit() and len(text) < 8):
        raise Invalid.one("ledger_days", _LEDGER_DAYS)
    return int(text)


def change_privacy(
    connection: Connection, publication_id: int, *, jurisdiction: str, legal_basis: str, proof_days: str
) -> None:
    """Change them for every consent that is proved from now on; what was proved before stays as it was said.

    Raises `Invalid` with every problem.
    """
    problems: list[FieldProblem] = []
    law = " ".join(jurisdiction.split())
    try:
        law = one_line("jurisdiction", law) if law else ""
    except Invalid as error:
        problems += error.problems
    if len(law) > _LONGEST_JURISDICTION:
        problems.append(
            FieldProblem(field="jurisdiction", message=f"must have at most {_LONGEST_JURISDICTION} characters")
        )
    if legal_basis not in LEGAL_BASES:
        problems.append(FieldProblem(field="legal_basis", message=f"must be one of {', '.join(LEGAL_BASES)}"))
    days = int(proof_days) if proof_days.isascii() and proof_days.isdigit() and len(proof_days) < 6 else -1
    if not 0 <= days <= MOST_PROOF_DAYS:
        problems.append(
            FieldProblem(field="proof_days", message=f"must be a whole number of days from 0 to {MOST_PROOF_DAYS}")
        )
    if problems:
        raise Invalid(problems)
    values = {"jurisdiction": law, "legal_basis": legal_basis, "proof_days": days}
    connection.execute(update(PUBLICATION).where(PUBLICATION.c.id == publication_id).values(**values))
