"""`troth answer`: what a person found out about a mail in doubt, or trying a refused one again."""

from __future__ import annotations

import click

from preferences.address import parse_address
from preferences.store.doubts import it_arrived, it_did_not_arrive, try_refused_again
from preferences.store.explaining import campaign_called, mail_of
from preferences.store.publications import publication_named
from webapp.cli.audit import public_ids
from webapp.cli.installation import BY_COMMAND, installation, publication_option

_ANSWERS = {
    "arrived": it_arrived,
    "did-not-arrive": it_did_not_arrive,
    "try-again": try_refused_again,
}
_SAID = {
    "arrived": "noted: it arrived, and stays counted",
    "did-not-arrive": "noted: it did not arrive; it counts no longer, and is decided again",
    "try-again": "noted: it is tried again, decided first",
}


@click.command("answer")
@click.argument("email")
@click.argument("campaign")
@click.argument("answer", type=click.Choice(tuple(_ANSWERS)))
@publication_option
def command(email: str, campaign: str, answer: str, publication_slug: str | None) -> None:
    """Say what became of CAMPAIGN for EMAIL where nobody knows: it arrived, or it did not.

    A mail in doubt is never sent again by itself. `try-again` is for one that the mail server refused.
    """
    address = parse_address(email, "EMAIL")
    with installation(publication_slug) as here:
        ids = public_ids(here.database)
        with here.database.write() as connection:
            row = publication_named(connection, publication_slug)
            number = campaign_called(connection, row.id, campaign, ids)
            delivery = mail_of(connection, row.id, address, number)
            _ANSWERS[answer](connection, row.id, delivery, BY_COMMAND, here.now())
    click.echo(_SAID[answer])
