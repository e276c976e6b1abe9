"""`troth console`: a link into the marketer's console."""

from __future__ import annotations

import click

from webapp.cli.installation import installation


@click.command("console")
def command() -> None:
    """Print a link that opens the console once, within twelve hours, and nothing else."""
    # Only here: a link is made rarely.
    from preferences.store.console_sessions import issue_link

    with installation(None) as here, here.database.write() as connection:
        click.echo(f"{here.settings.base_url}/console/login/{issue_link(connection, here.now())}")
