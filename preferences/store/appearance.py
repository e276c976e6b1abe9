"""What a publication looks like: its logo and its two colours, kept and given back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from preferences.appearance import Appearance
from preferences.errors import FieldProblem, Invalid
from preferences.pictures import Picture, picture_in
from preferences.store.events import By, record
from preferences.store.tables import APPEARANCE

_A = APPEARANCE.c


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoFile:
    """A logo as it is served."""

    octets: bytes
    type: str


def logo_of(connection: Connection, publication_id: int) -> LogoFile | None:
    """The logo of a publication; None where it has none."""
    row = connection.execute(
        select(_A.logo, _A.logo_type).where((_A.publication_id == publication_id) & _A.logo.is_not(None))
    ).one_or_none()
    return None if row is None else LogoFile(octets=row.logo, type=row.logo_type)


def checked_colours(accent: str, ground: str) -> Appearance:
    """What was typed for the two colours; empty is the house's own. Raises `Invalid` with every problem."""
    problems = []
    for field, typed in (("accent", accent), ("ground", ground)):
        try:
            Appearance(accent=typed or None)
        except ValueError as error:
            problems.append(FieldProblem(field=field, message=str(error)))
    if problems:
        raise Invalid(problems)
    return Appearance(accent=accent or None, ground=ground or None)


def choose_appearance(
    connection: Connection,
    publication_id: int,
    colours: Appearance,
    logo: bytes | None,
    by: By,
    now: datetime,
) -> None:
    """Keep two colours and a logo, None for the house's own and for no logo. Raises `Invalid` for what is no logo."""
    picture = None if logo is None else picture_in(logo)
    values = {
        "accent": colours.accent,
        "ground": colours.ground,
        **_logo_values(logo, picture),
        "recorded_at": now,
    }
    own = _A.publication_id == publication_id
    done = connection.execute(update(APPEARANCE).where(own).values(**values, version=_A.version + 1))
    if done.rowcount == 0:
        connection.execute(insert(APPEARANCE).values(publication_id=publication_id, version=1, **values))
    details = {"accent": colours.accent, "ground": colours.ground, "has_logo": logo is not None}
    record(connection, publication_id, "appearance_chosen", by, now, details=details)


def _logo_values(logo: bytes | None, picture: Picture | None) -> dict[str, object]:
    return {
        "logo": logo,
        "logo_type": None if picture is None else picture.type,
        "logo_width": None if picture is None else picture.width,
        "logo_height": None if picture is None else picture.height,
    }
