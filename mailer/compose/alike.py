"""Readers who are alike for one mail: of each its templates ask the same and are told the same, so all read the same.

Most mails greet by name or not at all, and most names are those of many.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from jinja2 import nodes

from mailer.compose.content import Recipient, Scalar
from mailer.compose.mime import is_known
from mailer.compose.sandbox import NAMES_THERE, tree_of

# Of one mail; beyond, all are forgotten. Each takes up what only its readers are told, in octets.
_KEPT, _LONGEST = 1000, 4000
_FIELDS = "fields"
# What stands for a field that a reader has not, whatever the values of others are.
_MISSING = ("missing",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What an author's templates say to one reader, in encoded pieces; `own` are those that were not looked through."""

    subject: str
    html: Sequence[bytes]
    text: Sequence[bytes]
    own: Sequence[bytes]


class Alike:
    """What the templates of one mail have said, by what they asked of a reader; threads may share it."""

    __slots__ = ("_fields", "_has_name", "_has_promise", "_is_possible", "_kept")

    def __init__(self, *sources: str) -> None:
        asked = [_asked(tree_of(source)) for source in sources]
        self._is_possible = None not in asked
        names = frozenset[str]().union(*(one for one in asked if one is not None))
        self._has_name, self._has_promise = "name" in names, "promise" in names
        # A link is each reader's own: with one of them in its text, a mail has no readers who are alike.
        if names & frozenset(NAMES_THERE) - {"name", "promise", "along"}:
            self._is_possible = False
        self._fields = tuple(sorted(names - frozenset(NAMES_THERE)))
        self._kept: dict[Hashable, Content] = {}

    def key(self, recipient: Recipient) -> Hashable:
        """What the templates ask of a reader to whom nothing comes along; None where nobody else is told the same."""
        if not self._is_possible or recipient.along:
            return None
        name = (recipient.name or "") if self._has_name else ""
        promise = recipient.promise if self._has_promise else ""
        if not self._fields:
            return name, promise
        return name, promise, *(_spelled(recipient.fields.get(field, _MISSING)) for field in self._fields)

    def content(self, key: Hashable) -> Content | None:
        """What was said under a key, without anything that is still to be looked through."""
        return self._kept.get(key)

    def keep(self, key: Hashable, content: Content) -> None:
        """Keep what was said for the next reader, where it holds nothing that is to be seen to in each mail."""
        if sum(map(len, content.own)) > _LONGEST or not all(map(is_known, content.own)):
            return
        if len(self._kept) >= _KEPT:
            self._kept.clear()
        self._kept[key] = Content(subject=content.subject, html=content.html, text=content.text, own=())


def _spelled(value: Scalar | tuple[str]) -> Hashable:
    """A value by which no two others that are spelled differently are equal, as 1 and True are."""
    return value if type(value) is str else (type(value), repr(value))


def _asked(tree: nodes.Template) -> frozenset[str] | None:
    """The names a template asks for, those of fields among them; None where it looks at all fields there are."""
    names = [node.name for node in tree.find_all(nodes.Name) if node.ctx == "load"]
    fields = [name for node in tree.find_all((nodes.Getattr, nodes.Getitem, nodes.Compare)) for name in _fields(node)]
    if names.count(_FIELDS) != len(fields):
        return None
    return frozenset(names) - {_FIELDS, "loop"} | frozenset(fields)


def _fields(node: nodes.Node) -> Sequence[str]:
    """The fields of which a part of a template speaks by their names: `fields.city`, `'city' in fields`."""
    match node:
        case nodes.Getattr(node=nodes.Name(name="fields"), attr=field):
            return (field,)
        case nodes.Getitem(node=nodes.Name(name="fields"), arg=nodes.Const(value=str() as field)):
            return (field,)
        case nodes.Compare(
            expr=nodes.Const(value=str() as field),
            ops=[nodes.Operand(op="in" | "notin", expr=nodes.Name(name="fields"))],
        ):
            return (field,)
        case _:
            return ()
