"""`troth worker`: handing mails over, in processes of their own."""

from __future__ import annotations

import click

from webapp.cli.settings import settings_in_use
from webapp.cli.web import processes_option


@click.command("worker")
@processes_option
def command(processes: int) -> None:
    """Hand mails over until stopped: for several machines, with PostgreSQL and a broker.

    TROTH_WORKERS is how many connections to the mail server each process has.
    """
    settings = settings_in_use()
    # Only here: it loads what makes mails.
    from webapp.processes.starting import worker

    worker(settings, processes=processes, ready=click.echo)
