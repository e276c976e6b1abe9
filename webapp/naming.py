"""The names in a campaign's placeholders: whether there is anything of that name, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterable

from mailer.compose import NAMES_THERE, NameUsed, names_used
from preferences.errors import FieldProblem, Invalid
from preferences.store.campaign_values import CampaignValues
from preferences.store.field_names import field_names, has_field
from preferences.store.transactions import Transaction

# More are not listed in a message.
_MOST_NAMED = 20


def check_names(connection: Transaction, publication_id: int, values: CampaignValues) -> None:
    """Refuse a name that stands for nothing: neither one of ours, nor a field that any reader has. Raises `Invalid`.

    As `fields.city` a field may be used before anybody has it: that it is a field is said then.
    """
    bare = [use for use in names_used(values) if not use.is_ours and not use.is_field]
    _refuse(connection, publication_id, bare)


def check_fields(connection: Transaction, publication_id: int, values: CampaignValues) -> None:
    """Refuse a field that no reader has, so that the mail could be made for nobody. Raises `Invalid`."""
    _refuse(connection, publication_id, [use for use in names_used(values) if not use.is_ours])


def _refuse(connection: Transaction, publication_id: int, uses: Iterable[NameUsed]) -> None:
    unknown = [use for use in uses if not has_field(connection, publication_id, use.name)]
    if unknown:
        there = _what_there_is(connection, publication_id)
        raise Invalid(
            FieldProblem(field=use.part, message=f"line {use.line}: {_said(use)}; {there}") for use in unknown
        )


def _said(use: NameUsed) -> str:
    if use.is_field:
        return f"no reader has a field {use.name}: give it to them, or write {{{{ fields.{use.name}|default('…') }}}}"
    return f"there is no name {use.name}"


def _what_there_is(connection: Transaction, publication_id: int) -> str:
    known = field_names(connection, publication_id)[:_MOST_NAMED]
    readers = f"; and of readers {', '.join(f'fields.{name}' for name in known)}" if known else ""
    return f"there are {', '.join(NAMES_THERE)}{readers}"
