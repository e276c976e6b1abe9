"""`troth scheduler`: planning, sweeping, and saying what is due, in a process of its own."""

from __future__ import annotations

import click

from webapp.cli.settings import settings_in_use


@click.command("scheduler")
def command() -> None:
    """Plan campaigns and say what is due until stopped: for several machines, with PostgreSQL and a broker.

    Run at least one, and a second that takes over within seconds.
    """
    settings = settings_in_use()
    # Only here: it loads what plans.
    from webapp.processes.starting import scheduler

    scheduler(settings, ready=click.echo)
