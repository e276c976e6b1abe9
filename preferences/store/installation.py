"""The one row about this database: its name, the key of the suppression hashes, its zone data, its driven clock."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from preferences.calendar import zone_data_version
from preferences.store.database import Database
from preferences.store.publications import create_publication
from preferences.store.tables import INSTALLATION, PUBLICATION

SANDBOX_SLUG = "sandbox"
FIRST_SLUG = "newsletter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What is made up once for each installation: its name, and the key of the suppression hashes."""

    name: str
    suppression_key: bytes


def new_identity() -> Identity:
    """An identity that nobody else has."""
    return Identity(name=secrets.token_hex(8), suppression_key=secrets.token_bytes(32))


def found(
    database: Database, now: datetime, *, driven_from: datetime | None = None, identity: Identity | None = None
) -> None:
    """Make the installation and its first publication where there is none; harmless when repeated.

    `driven_from` makes it a sandbox, whose clock starts there. `identity` None is a new one; only what is to be made
    twice alike states its own.
    """
    with database.write() as connection:
        if connection.execute(select(INSTALLATION.c.id)).first() is not None:
            return
        chosen = identity or new_identity()
        connection.execute(
            insert(INSTALLATION).values(
                name=chosen.name,
                suppression_key=chosen.suppression_key,
                zone_data=zone_data_version(),
                driven_now=driven_from,
                created_at=now,
            )
        )
        if connection.execute(select(PUBLICATION.c.id)).first() is None:
            if driven_from is None:
                create_publication(connection, slug=FIRST_SLUG, name="My newsletter", zone="UTC", now=now)
            else:
                create_sandbox_publication(connection, driven_from)


def create_sandbox_publication(connection: Connection, now: datetime) -> int:
    """The publication of a sandbox: complete, so that mail may leave to the test inbox at once."""
    return create_publication(
        connection,
        slug=SANDBOX_SLUG,
        name="The Example Letter",
        zone="Europe/Berlin",
        sender="The Example Letter <letter@example.org>",
        postal_address="1 Example Street, 12345 Exampleton",
        now=now,
    )


def is_sandbox(connection: Connection) -> bool:
    """Whether this database runs on a driven clock."""
    driven_now: datetime | None = connection.execute(select(INSTALLATION.c.driven_now)).scalar_one()
    return driven_now is not None


def installation_name(connection: Connection) -> str:
    """The name that was made up for this installation, of letters and digits."""
    name: str = connection.execute(select(INSTALLATION.c.name)).scalar_one()
    return name


def suppression_key(connection: Connection) -> bytes:
    """The key of the hashes under which addresses stay suppressed; made once, never rotated."""
    key: bytes = connection.execute(select(INSTALLATION.c.suppression_key)).scalar_one()
    return key
