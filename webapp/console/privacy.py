"""Privacy: the law that consents are given under, and how long the proof says where they came from."""

from __future__ import annotations

from werkzeug.wrappers import Response as Answer

from preferences.store.privacy import change_ledger_days, change_privacy, ledger_days_typed
from webapp.console.desk import Desk, Pages
from webapp.forms import Filled

_FIELDS = ("jurisdiction", "legal_basis", "proof_days")
BASES = {
    "consent": "consent: they have asked for it",
    "soft_opt_in": "soft opt-in: they are customers, and may be written to about the like until they object",
    "contract": "contract: the mail is what they have paid for",
    "legitimate_interest": "legitimate interest",
}


def add_routes(pages: Pages) -> None:
    """`settings/privacy`."""
    pages.form("settings/privacy", "privacy", show, save)


def show(desk: Desk) -> Answer:
    """What is said now."""
    values = [(name, str(getattr(desk.owner, name))) for name in _FIELDS]
    values.append(("ledger_days", str(desk.owner.ledger_days or "")))
    return desk.page("privacy.html", filled=desk.filled if desk.is_typed else Filled(values), bases=BASES)


def save(desk: Desk) -> Answer:
    """Say something else, from now on."""
    filled = desk.filled
    change_privacy(
        desk.connection,
        desk.owner.id,
        jurisdiction=filled.one("jurisdiction"),
        legal_basis=filled.one("legal_basis"),
        proof_days=filled.one("proof_days"),
    )
    change_ledger_days(desk.connection, desk.owner.id, ledger_days_typed(filled.one("ledger_days")))
    return desk.see("settings/privacy")
