"""`troth token create`: a token for the API, printed once."""

from __future__ import annotations

import click

from preferences.store.publications import publication_named
from webapp.cli.installation import installation, publication_option

# Each includes those before it.
SCOPES = ("read", "write", "send", "admin")


@click.group("token")
def command() -> None:
    """Make tokens for the API."""


@command.command("create")
@click.option("--name", required=True, help="What it is for, so that it can be told from others later.")
@click.option(
    "--scope", required=True, type=click.Choice(SCOPES), help="What it may do; each includes those before it."
)
@publication_option
def create(name: str, scope: str, publication_slug: str | None) -> None:
    """Make a token and print it, and nothing else: it is stored as a hash and shown this one time."""
    # Only here: a token is made rarely.
    from preferences.store.tokens import create_token

    with installation(publication_slug) as here, here.database.write() as connection:
        row = publication_named(connection, publication_slug)
        token = create_token(connection, row.id, name, scope, here.now(), here.is_sandbox)
    click.echo(token)
