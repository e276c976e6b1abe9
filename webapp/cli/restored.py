"""`troth restored`: what a person says about a database that was restored from a backup."""

from __future__ import annotations

from collections.abc import Iterator

import click

from preferences.calendar import zone_named
from preferences.delivery import RestorationAnswer
from preferences.store.publications import publications
from preferences.store.restorations import (
    Restoration,
    answer_restoration,
    note_restored,
    open_restoration,
)
from webapp.cli.explain import instant
from webapp.cli.group import FAILED
from webapp.cli.installation import Installation, installation

ASK = "ask"
_ANSWERS = {
    "written": RestorationAnswer.WRITTEN,
    "not-written": RestorationAnswer.NOT_WRITTEN,
}
_SAID = {
    "written": "noted: what was to leave by then is counted and in doubt, and is not sent again; mail leaves again",
    "not-written": "noted: what was to leave by then is sent; mail leaves again",
}


@click.command("restored")
@click.argument("answer", required=False, type=click.Choice((*_ANSWERS, ASK)))
def command(answer: str | None) -> None:
    """Say what became of mails that a database restored from a backup does not know of. Until then nothing is sent.

    Without an answer: whether one is needed, and what is known. `written`: they may have got it, which is right wherever
    nobody knows. `not-written`: they surely did not. `ask`: a backup was restored and Troth cannot have noticed, because
    no data directory outlived it; then nothing is sent until one of the two is said.
    """
    with installation() as here:
        if answer is None:
            _show(here)
        elif answer == ASK:
            _ask(here)
        else:
            with here.database.write() as connection:
                answer_restoration(connection, _ANSWERS[answer], here.now())
            click.echo(_SAID[answer])


def _ask(here: Installation) -> None:
    with here.database.write() as connection:
        is_noted = note_restored(connection, None, here.now())
    click.echo(
        "noted: nothing is sent until you answer" if is_noted else "it is noted already, and waits for an answer"
    )


def _show(here: Installation) -> None:
    with here.database.read() as connection:
        found = open_restoration(connection)
        zone = next(iter(publications(connection))).zone
    if found is None:
        click.echo("Nothing is to be answered: the database knows everything that was handed over.")
        return
    for line in lines(found, zone):
        click.echo(line)
    raise SystemExit(FAILED)


def lines(found: Restoration, zone_name: str) -> Iterator[str]:
    """What is known about a restoration, and what can be answered; instants in a zone."""
    zone = zone_named(zone_name)
    known = "nothing" if found.known_at is None else instant(found.known_at, zone, zone_name)
    yield "The database was restored from a backup. Nothing is sent until you have answered."
    yield f"newest hand-over that the database knows: {known}"
    if found.marked_at is None:
        yield "newest hand-over that was marked outside it: not known on this machine"
    else:
        yield f"newest hand-over that was marked outside it: {instant(found.marked_at, zone, zone_name)}"
        yield f"hand-overs that the database does not know: at most {found.hand_overs}"
    yield f"what was to leave by {instant(found.until, zone, zone_name)} may have left"
    yield "People who unsubscribed since the backup was made are subscribed in it again: the log of your web server has"
    yield "their requests to /u/ and /u1/. End them first. Then say one of these:"
    yield "  troth restored written      they may have got it: it is counted, in doubt, and not sent again"
    yield "  troth restored not-written  they surely did not get it: it is sent"
