"""Which system a file comes from, told by its columns, and what each of its columns is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from preferences.errors import FieldProblem, Invalid
from preferences.importing.standings import ImportedAs
from preferences.importing.targets import USUAL_NAMES, Column, Target, field_name, plain_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """What exports of one system look like.

    A file is of this format when it has all columns in `signature`. `columns` says what columns are that mean
    something else elsewhere; `standing` is that of all rows; a known system writes times in UTC where it names no zone.
    """

    name: str
    signature: frozenset[str]
    columns: Mapping[str, Target] = field(default_factory=dict)
    standing: ImportedAs = ImportedAs.CONFIRMED
    is_known: bool = True


def _ignored(names: str) -> dict[str, Target]:
    return dict.fromkeys(names.split(), Target.IGNORED)


# Numbers of the other system, guesses at where somebody is, and notes about somebody that were not meant for mails.
_MAILCHIMP = {
    "timezone": Target.LIKELY_ZONE,
    **_ignored(
        "member_rating latitude longitude gmtoff dstoff cc region last_changed leid euid notes"
        " clean_campaign_title clean_campaign_id unsub_campaign_title unsub_campaign_id"
    ),
}
_MAILCHIMP_COLUMNS = frozenset({"email_address", "optin_time", "confirm_time", "leid", "euid"})
PLAIN = Format(name="plain CSV", signature=frozenset(), is_known=False)
# The first whose signature is there; a format stands before those that look like a part of it.
FORMATS = (
    Format(
        name="Mailchimp export of cleaned contacts",
        signature=_MAILCHIMP_COLUMNS | {"clean_time"},
        columns=_MAILCHIMP,
        standing=ImportedAs.DEAD,
    ),
    Format(
        name="Mailchimp export of unsubscribed contacts",
        signature=_MAILCHIMP_COLUMNS | {"unsub_time"},
        columns=_MAILCHIMP,
        standing=ImportedAs.UNSUBSCRIBED,
    ),
    Format(name="Mailchimp export of subscribed contacts", signature=_MAILCHIMP_COLUMNS, columns=_MAILCHIMP),
    Format(name="Substack export", signature=frozenset({"email", "email_disabled"})),
    Format(
        name="Ghost export",
        signature=frozenset({"email", "subscribed_to_emails", "complimentary_plan"}),
        columns=_ignored("id note stripe_customer_id deleted_at"),
    ),
    Format(
        name="listmonk export",
        signature=frozenset({"uuid", "email", "attributes", "status"}),
        columns=_ignored("uuid updated_at"),
    ),
    Format(
        name="Buttondown export",
        signature=frozenset({"email", "subscriber_type", "creation_date"}),
        columns={"subscriber_type": Target.STATUS, **_ignored("id notes")},
    ),
    Format(
        name="Buttondown export",
        signature=frozenset({"email_address", "type", "creation_date"}),
        columns={"type": Target.STATUS, **_ignored("id notes")},
    ),
    Format(
        name="beehiiv export",
        signature=frozenset({"email", "status", "utm_source"}),
        columns=_ignored("id subscriber_id stripe_customer_id"),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What each column of a file is; in the order of the file."""

    format: Format
    columns: tuple[Column, ...]

    @property
    def is_of_refused_rows(self) -> bool:
        """Whether these are the refused rows of an earlier import, whose cells were made harmless for spreadsheets."""
        return [column.name for column in self.columns[: len(REFUSED_FILE_COLUMNS)]] == [*REFUSED_FILE_COLUMNS]

    def has(self, target: Target) -> bool:
        """Whether some column is that."""
        return any(column.target is target for column in self.columns)


def layout_of(header: Sequence[str], chosen: Mapping[str, str] | None = None) -> Layout:
    """What the columns of a file are; `chosen` says it for columns by name, as --map does. Raises `Invalid`."""
    names = [plain_name(name) for name in header]
    kind = next((one for one in FORMATS if one.signature <= set(names)), PLAIN)
    mapped = _chosen_columns(header, names, chosen or {})
    taken = {column.target for column in mapped.values()} - {Target.FIELD, Target.IGNORED}
    columns = []
    for index, name in enumerate(names):
        column = mapped.get(index) or _usual_column(kind, index, header[index], name, taken)
        taken.add(column.target)
        columns.append(column)
    layout = Layout(format=kind, columns=_with_fields_apart(columns))
    if not layout.has(Target.EMAIL):
        raise Invalid.one("file", _without_address(header))
    return layout


def _usual_column(kind: Format, index: int, shown: str, name: str, taken: set[Target]) -> Column:
    target = kind.columns.get(name) or USUAL_NAMES.get(name, Target.FIELD)
    if name in REFUSED_FILE_COLUMNS:
        target = Target.IGNORED
    if target is Target.FIELD or (target in taken and target is not Target.IGNORED):
        return Column(index=index, name=shown, target=Target.FIELD, field=field_name(shown, index))
    return Column(index=index, name=shown, target=target)


# What the file of refused rows puts before the columns of the file they come from: it can be imported as it is.
REFUSED_FILE_COLUMNS = ("troth_line", "troth_reason")


def _with_fields_apart(columns: Sequence[Column]) -> tuple[Column, ...]:
    """No two columns are kept under the same name."""
    used: dict[str, int] = {}
    apart = []
    for column in columns:
        if column.target is Target.FIELD:
            used[column.field] = used.get(column.field, 0) + 1
            number = used[column.field]
            name = column.field if number == 1 else f"{column.field[:95]}_{number}"
            apart.append(Column(index=column.index, name=column.name, target=column.target, field=name))
        else:
            apart.append(column)
    return tuple(apart)


def _chosen_columns(header: Sequence[str], names: Sequence[str], chosen: Mapping[str, str]) -> dict[int, Column]:
    """The columns that somebody named, by index. Raises `Invalid` with every problem."""
    found: dict[int, Column] = {}
    problems = []
    for name, becomes in chosen.items():
        index = _index_of(name, header, names)
        target, field_of = _target_of(becomes)
        if index is None:
            problems.append(f"there is no column {name!r}; there are: {', '.join(header)}")
        elif target is None:
            problems.append(f"a column cannot become {becomes!r}; it can be {', '.join(_SAYABLE)}")
        elif target not in (Target.FIELD, Target.IGNORED) and target in {one.target for one in found.values()}:
            problems.append(f"two columns cannot both be {becomes}")
        else:
            found[index] = Column(index=index, name=header[index], target=target, field=field_of)
    if problems:
        raise Invalid(FieldProblem(field="--map", message=problem) for problem in problems)
    return found


_SAYABLE = (*(target.value for target in Target if target is not Target.FIELD), "fields.NAME")


def _index_of(name: str, header: Sequence[str], names: Sequence[str]) -> int | None:
    if name in header:
        return list(header).index(name)
    plain = plain_name(name)
    return names.index(plain) if plain and plain in names else None


def _target_of(text: str) -> tuple[Target | None, str]:
    kind, _, name = text.strip().partition(".")
    if kind == Target.FIELD.value:
        return (Target.FIELD, name) if name and len(name) <= 100 else (None, "")
    return next((target for target in Target if target.value == text.strip()), None), ""


def _without_address(header: Sequence[str]) -> str:
    if any("@" in name for name in header):
        return "its first line has to name the columns, such as email,name; it holds an address already"
    return f"no column holds addresses (there are: {', '.join(header)}); say which with --map COLUMN=email"
