"""`troth run`: pages, API and mailer in one process."""

from __future__ import annotations

import click

from webapp.cli.settings import settings_in_use


@click.command("run")
def command() -> None:
    """Start Troth and serve until it is stopped; the first lines say where."""
    settings = settings_in_use()
    # Only here: it starts both sides.
    from webapp.runtime import run

    run(settings)
