"""`troth web`: pages and API, in processes of their own."""

from __future__ import annotations

import click

from webapp.cli.settings import settings_in_use

MOST_PROCESSES = 64
processes_option = click.option(
    "--processes",
    type=click.IntRange(1, MOST_PROCESSES),
    default=1,
    show_default=True,
    help="How many processes; each uses one core.",
)


@click.command("web")
@processes_option
def command(processes: int) -> None:
    """Serve pages and API until stopped, and send nothing: for several machines, with PostgreSQL."""
    settings = settings_in_use()
    # Only here: it loads what serves pages.
    from webapp.processes.starting import web

    web(settings, processes=processes, ready=click.echo)
