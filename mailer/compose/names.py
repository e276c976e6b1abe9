"""Which names a campaign's author uses, and whether what they wrote says what happens where a reader has none.

A name stands for itself (`name`, `promise`), or for a field of the reader's: `fields.city`, or `city` alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from jinja2 import Environment, TemplateSyntaxError, nodes

from mailer.compose.sandbox import NAMES_THERE

_PARTS = ("subject", "preheader", "mjml", "markdown", "text")
_FIELDS = "fields."
_ENVIRONMENT = Environment(autoescape=True)


class Sources(Protocol):
    """The parts of a campaign in which placeholders may stand."""

    @property
    def subject(self) -> str: ...
    @property
    def preheader(self) -> str | None: ...
    @property
    def mjml(self) -> str | None: ...
    @property
    def markdown(self) -> str | None: ...
    @property
    def text(self) -> str | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NameUsed:
    """One place at which a name is used that may be missing there: `part` is the author's, `line` counts from 1.

    `name` is one of `NAMES_THERE`, or a field; `is_field` where it is written as `fields.city`.
    """

    name: str
    is_field: bool
    part: str
    line: int

    @property
    def is_ours(self) -> bool:
        """Whether it stands for something that every mail has."""
        return not self.is_field and self.name in NAMES_THERE


def names_used(written: Sources) -> tuple[NameUsed, ...]:
    """Each unguarded use of a name, part by part in the order of the lines; empty for a part that is no template.

    A use is guarded where the author says what stands there instead: `default`, `is defined` or `in fields` for a field
    that is missing; `or`, a condition or `default(..., true)` for a reader without a name.
    """
    found: list[NameUsed] = []
    for part in _PARTS:
        source: str | None = getattr(written, part)
        if not source:
            continue
        try:
            tree = _ENVIRONMENT.parse(source.replace("\r\n", "\n"))
        except (TemplateSyntaxError, RecursionError):
            continue
        found += _placed(tree, part)
    return tuple(found)


def _placed(tree: nodes.Template, part: str) -> list[NameUsed]:
    uses = sorted(_unguarded(tree, frozenset({"loop", "fields"})), key=lambda use: use[1])
    return [
        NameUsed(name=key.removeprefix(_FIELDS), is_field=key.startswith(_FIELDS), part=part, line=line)
        for key, line in uses
    ]


def _unguarded(node: nodes.Node, known: frozenset[str]) -> Iterator[tuple[str, int]]:
    """The names below a node and their lines, without those that are known to be there or to be guarded."""
    key = _key(node)
    if key is not None:
        if key not in known:
            yield key, node.lineno
        return
    inner = known | _guarded_by(node)
    for child in node.iter_child_nodes():
        yield from _unguarded(child, inner)


def _key(node: nodes.Node) -> str | None:
    match node:
        case nodes.Name(ctx="load"):
            return str(node.name)
        case nodes.Getattr(node=nodes.Name(name="fields")):
            return f"{_FIELDS}{node.attr}"
        case nodes.Getitem(node=nodes.Name(name="fields"), arg=nodes.Const(value=str() as name)):
            return f"{_FIELDS}{name}"
        case _:
            return None


def _guarded_by(node: nodes.Node) -> frozenset[str]:
    """The names that may be missing below a node, because it asks for them or says what else stands there."""
    match node:
        case nodes.If() | nodes.CondExpr():
            return _asked_for(node.test) | _named(node.test)
        case nodes.Or() | nodes.And():
            return _asked_for(node.left) | _named(node.left)
        case nodes.Filter(name="default" | "d") if node.node is not None:
            key = _key(node.node)
            return frozenset({key} if key is not None and (key != "name" or _covers_empty(node)) else ())
        case nodes.Test(name="defined" | "undefined"):
            return frozenset(filter(None, [_key(node.node)]))
        case nodes.For(target=nodes.Name(name=name)):
            return frozenset({name})
        case _:
            return frozenset()


def _asked_for(test: nodes.Node) -> frozenset[str]:
    """The fields that a condition asks for: `city is defined`, `'city' in fields`."""
    tests = [test] if isinstance(test, nodes.Test) else test.find_all(nodes.Test)
    keys = {_key(one.node) for one in tests if one.name in ("defined", "undefined")}
    compared = [test] if isinstance(test, nodes.Compare) else list(test.find_all(nodes.Compare))
    for one in compared:
        is_in = any(operand.op == "in" and _is_fields(operand.expr) for operand in one.ops)
        if is_in and isinstance(one.expr, nodes.Const):
            keys |= {f"{_FIELDS}{one.expr.value}", str(one.expr.value)}
    return frozenset(key for key in keys if key is not None)


def _is_fields(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Name) and node.name == "fields"


def _named(test: nodes.Node) -> frozenset[str]:
    """The reader's name, where a condition looks at it: it is empty, never missing."""
    names = [test] if isinstance(test, nodes.Name) else list(test.find_all(nodes.Name))
    return frozenset({"name"} if any(one.name == "name" for one in names) else ())


def _covers_empty(node: nodes.Filter) -> bool:
    """Whether a default stands in for an empty value, too, and not for a missing one only."""
    given = [*node.args[1:2], *(one.value for one in node.kwargs if one.key == "boolean")]
    return any(isinstance(one, nodes.Const) and bool(one.value) for one in given)
