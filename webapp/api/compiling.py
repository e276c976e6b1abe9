"""Whether what a marketer wrote can be sent to anybody: compiled as it will be when it is sent."""

from __future__ import annotations

from mailer.compose import Envelope, campaign_content, check_source, compile_campaign
from preferences.errors import FieldProblem, Invalid
from preferences.store.campaign_values import CampaignValues
from preferences.store.publications import PublicationRow
from preferences.store.transactions import Transaction
from webapp.naming import check_fields, check_names


def check_ready(connection: Transaction, owner: PublicationRow, values: CampaignValues) -> None:
    """Raise the same as `check_content`, and `Invalid` for a field that nobody has: it is about to be sent."""
    check_content(connection, owner, values)
    check_fields(connection, owner.id, values)


def check_content(connection: Transaction, owner: PublicationRow, values: CampaignValues) -> None:
    """Raise `Invalid` or `TemplateError`, with the lines, for content that does not compile or uses what is not there.

    A draft may be written before the publication has its sender and address: something stands in for them.
    """
    problems = check_source(values.mjml) if values.mjml is not None else ()
    if problems:
        raise Invalid(FieldProblem(field="mjml", message=f"line {one.line}: {one.message}") for one in problems)
    envelope = Envelope(
        publication=owner.name,
        sender=values.sender or owner.sender or "sender@example.org",
        postal_address=owner.postal_address or "-",
        language=owner.language,
        reply_to=values.reply_to or owner.reply_to,
        list_id="t0.example.org",
        feedback_id="c0:t0:p0:news",
    )
    compile_campaign(campaign_content(envelope, values))
    check_names(connection, owner.id, values)
