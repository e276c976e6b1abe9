"""An issue as everybody may read it: composed as the mail was, for nobody in particular."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from flask import Blueprint, Response

from mailer.compose import ComposeError, Envelope, Recipient, campaign_content, compile_campaign
from mailer.compose.content import MailClass
from preferences.errors import NotFound
from preferences.links.public_ids import Kind
from preferences.store.contents import content_of
from preferences.store.issues import Issue, issue
from preferences.store.publications import PublicationRow, publication_named
from preferences.store.transactions import Transaction
from webapp.access import public_ids
from webapp.pages.page import mail_page, render
from webapp.site import Site


def add_routes(pages: Blueprint, site: Site) -> None:
    """`/a/<slug>/<campaign>`."""
    pages.add_url_rule("/a/<slug>/<campaign>", "issue", partial(show, site), strict_slashes=False)


def issue_path(connection: Transaction, slug: str, found: Issue) -> str:
    """Where an issue can be read, below the site's root."""
    return f"/a/{slug}/{public_ids(connection).public_id(Kind.CAMPAIGN, found.campaign_id)}"


def show(site: Site, slug: str, campaign: str) -> Response:
    """The issue, with nothing in it that belongs to one reader."""
    with site.database.read() as connection:
        sender = publication_named(connection, slug)
        number = public_ids(connection).number_of(Kind.CAMPAIGN, campaign)
        if number is None:
            raise NotFound("there is no such issue")
        found = issue(connection, sender.id, number)
        try:
            html = _html(connection, sender, found)
        except ComposeError:
            return render("sorry.html", 404, title="Only in its mail", advice="",
                          said="This issue is made for each reader, and can be read in its mail only.")  # fmt: skip
    return mail_page(html)


def _html(connection: Transaction, sender: PublicationRow, found: Issue) -> str:
    content = content_of(connection, found.campaign_id, found.revision)
    envelope = Envelope(
        publication=sender.name,
        sender=sender.sender or "nobody@example.org",
        postal_address=sender.postal_address or "-",
        language=sender.language,
        list_id="campaign.web",
        list_name=sender.name,
        feedback_id="campaign",
    )
    compiled = compile_campaign(campaign_content(envelope, content))
    reader = Recipient(email="nobody@example.org", message_token="web", date=found.scheduled_at, may_reply=False)
    # No promise and no link to leave at its end: there is nobody here to whom they would belong.
    return replace(compiled.mail, mail_class=MailClass.SERVICE).preview(reader, {}).html
