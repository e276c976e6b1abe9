"""Readers who are alike for one mail: of each its templates ask the same and are told the same, so all read the same.

Most mails greet by name or not at all, and most names are those of many.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from jinja2 import nodes

from mailer.compose.content import OWN, Recipient, Scalar
from mailer.compose.frames import is_free_of_stand_ins, stand_in
from mailer.compose.mime import ODD, is_known
from mailer.compose.sandbox import NAMES_THERE, tree_of

# Of one mail; beyond, all are forgotten. Each takes up what only its readers are told, in octets.
_KEPT, _LONGEST = 1000, 4000
_FIELDS, _NAME = "fields", "name"
# What stands for a field that a reader has not, whatever the values of others are; and for what a reader has.
_MISSING, _THERE = ("missing",), ("there",)
_THERE_BESIDES = frozenset(NAMES_THERE)
# Characters of a value that is put into a frame.
_LONGEST_VALUE = 100


# Not frozen, and never changed: one is made for nearly each mail.
@dataclass(slots=True, kw_only=True)
class Content:
    """What an author's templates say to one reader, in encoded pieces; `own` are those that were not looked through."""

    subject: str
    html: Sequence[bytes]
    text: Sequence[bytes]
    own: Sequence[bytes]


@dataclass(slots=True, kw_only=True)
class Shape:
    """Readers who differ in nothing but what is shown of them, and what is shown of one: the values by their names."""

    key: Hashable
    values: Mapping[str, str]

    def stood_for(self, recipient: Recipient) -> Recipient:
        """One of these readers with stand-ins, by their order, in the place of the values."""
        stood = {name: stand_in(number) for number, name in enumerate(self.values)}
        name = stood.pop(_NAME, recipient.name)
        return replace(recipient, name=name, fields={**recipient.fields, **stood})


class Alike:
    """What the templates of one mail have said, by what they asked of a reader; threads may share it."""

    __slots__ = ("_fields", "_has_name", "_has_promise", "_is_possible", "_kept", "_names", "_shown")

    def __init__(self, *sources: str) -> None:
        trees = [tree_of(source) for source in sources]
        asked = [_asked(tree) for tree in trees]
        self._is_possible = None not in asked
        names = frozenset[str]().union(*(one for one in asked if one is not None))
        self._has_name, self._has_promise = "name" in names, "promise" in names
        # A link is each reader's own: with one of them in its text, a mail has no readers who are alike.
        if names & frozenset(NAMES_THERE) - {"name", "promise", "along"}:
            self._is_possible = False
        self._fields = tuple(sorted(names - frozenset(NAMES_THERE)))
        self._kept: dict[Hashable, Content] = {}
        self._names = (*([_NAME] if self._has_name else []), *self._fields)
        self._shown = _shown_only(trees) if self._is_possible and is_free_of_stand_ins(*sources) else frozenset()

    def key(self, recipient: Recipient) -> Hashable:
        """What the templates ask of a reader to whom nothing comes along; None where nobody else is told the same."""
        if not self._is_possible or recipient.along:
            return None
        name = (recipient.name or "") if self._has_name else ""
        promise = self._promise_of(recipient)
        if not self._fields:
            return name, promise
        return name, promise, *(_spelled(recipient.fields.get(field, _MISSING)) for field in self._fields)

    def shape(self, recipient: Recipient) -> Shape | None:
        """The shape of a reader who has a key; None where nothing is shown that could stand in a frame."""
        if not self._shown:
            return None
        key: list[Hashable] = [self._promise_of(recipient)]
        shown: dict[str, str] = {}
        for name in self._names:
            value = (recipient.name or "") if name == _NAME else recipient.fields.get(name, _MISSING)
            if name in self._shown and isinstance(value, str) and _may_stand(value):
                key.append(_THERE)
                shown[name] = value
            elif is_free_of_stand_ins(str(value)):
                key.append(_spelled(value))
            else:
                return None
        return Shape(key=tuple(key), values=shown) if shown else None

    def _promise_of(self, recipient: Recipient) -> str:
        return recipient.promise if self._has_promise else ""

    def content(self, key: Hashable) -> Content | None:
        """What was said under a key, without anything that is still to be looked through."""
        return self._kept.get(key)

    def keep(self, key: Hashable, content: Content) -> None:
        """Keep what was said for the next reader, where it holds nothing that is to be seen to in each mail."""
        # Looked through together: no half of a line end is completed by what stands between, and each begins a line.
        own = OWN.join(content.own)
        if len(own) > _LONGEST or not is_known(own):
            return
        if len(self._kept) >= _KEPT:
            self._kept.clear()
        self._kept[key] = Content(subject=content.subject, html=content.html, text=content.text, own=())


def _spelled(value: Scalar | tuple[str]) -> Hashable:
    """A value by which no two others that are spelled differently are equal, as 1 and True are."""
    return value if type(value) is str else (type(value), repr(value))


def _may_stand(value: str) -> bool:
    """Whether a value is as any other that is not empty: short, one line, without spaces around it."""
    return (
        0 < len(value) <= _LONGEST_VALUE
        and value.strip() == value
        and not ODD.search(value)
        and is_free_of_stand_ins(value)
    )


def _asked(tree: nodes.Template) -> frozenset[str] | None:
    """The names a template asks for, those of fields among them; None where it looks at all fields there are."""
    names = [node.name for node in tree.find_all(nodes.Name) if node.ctx == "load"]
    fields = [name for node in tree.find_all((nodes.Getattr, nodes.Getitem, nodes.Compare)) for name in _fields(node)]
    if names.count(_FIELDS) != len(fields):
        return None
    # `fields.name` is a field that has the name of something else.
    return None if _THERE_BESIDES.intersection(fields) else frozenset(names) - {_FIELDS} | frozenset(fields)


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


def _shown_only(trees: Sequence[nodes.Template]) -> frozenset[str]:
    """The names, those of fields among them, of which templates show what they hold, or ask whether there is any."""
    uses: Counter[str] = Counter()
    for tree in trees:
        uses.update(name for node in tree.find_all((nodes.Name, nodes.Getattr, nodes.Getitem)) for name in _name(node))
        shown = [one for output in tree.find_all(nodes.Output) for node in output.nodes for one in _leaves(node)]
        shown += [one for condition in tree.find_all(nodes.If) for one in _leaves(condition.test)]
        uses.subtract(name for node in shown for name in _name(node))
    return frozenset(name for name, others in uses.items() if not others)


def _leaves(node: nodes.Node | None) -> Iterator[nodes.Node]:
    """What an expression that changes nothing may come to: itself, or one of those it chooses from."""
    match node:
        case nodes.Or(left=left, right=right):
            yield from (*_leaves(left), *_leaves(right))
        case nodes.Filter(name="default" | "d", node=value, args=args):
            yield from (*_leaves(value), *(one for arg in args for one in _leaves(arg)))
        case nodes.CondExpr(test=test, expr1=first, expr2=second):
            yield from (*_leaves(test), *_leaves(first), *_leaves(second))
        case nodes.Name() | nodes.Getattr() | nodes.Getitem():
            yield node
        case _:
            return


def _name(node: nodes.Node) -> Sequence[str]:
    """The name a node asks for, be it that of a field."""
    if isinstance(node, nodes.Name):
        return (node.name,) if node.ctx == "load" and node.name != _FIELDS else ()
    return _fields(node)
