"""The small language authors write placeholders in: expressions, `if`, and one `for`; nothing that can run away.

There are no calls, no `set`, no macros, no multiplication, no nested loops and none over a field, so that a template takes time in
proportion to its length and its fields.
"""

from collections.abc import Mapping
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, nodes
from jinja2.exceptions import TemplateError as JinjaError
from jinja2.sandbox import SandboxedEnvironment
from jinja2.utils import missing

from mailer.compose.content import Scalar
from mailer.compose.errors import RenderError, TemplateError
from mailer.compose.filters import FILTER_NAMES, bounded_filters

# Characters of one rendered part. A mail is clipped at about 102 kB.
OUTPUT_LIMIT = 1_000_000
# Values of one loop.
LOOP_LIMIT = 100
# Parts of a template that are worked out for each reader, those in a loop as often as it goes round; and filters on one value.
WORK_LIMIT = 20_000
CHAIN_LIMIT = 10

_TESTS = (
    "!=", "<", "<=", "==", ">", ">=", "boolean", "defined", "divisibleby", "eq", "equalto", "even", "false", "float",
    "ge", "gt", "in", "integer", "le", "lower", "lt", "ne", "none", "number", "odd", "string", "true", "undefined", "upper",
)  # fmt: skip
_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.For, nodes.Name, nodes.Const, nodes.Tuple, nodes.List,
    nodes.CondExpr, nodes.Filter, nodes.Test, nodes.Getattr, nodes.Getitem, nodes.Slice, nodes.Concat, nodes.Compare,
    nodes.Operand, nodes.Add, nodes.Sub, nodes.Neg, nodes.Pos, nodes.Not, nodes.And, nodes.Or, nodes.Keyword,
)  # fmt: skip
_WITH_ATTRIBUTES = frozenset({"fields", "loop"})
# What `values_for_author` gives besides the fields themselves, and the slot for what comes along.
NAMES_THERE = ("name", "promise", "web_url", "preferences_url", "unsubscribe_url", "along")
_THERE_ARE = f"there are {', '.join(NAMES_THERE)}, and fields.city for a field of the reader’s called city"


class Fields:
    """The fields of a recipient as `fields.city`; no field can be hidden by a method of a mapping."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Scalar]) -> None:
        self._values = values

    def __getitem__(self, name: str) -> Scalar:
        return self._values[name]

    def __contains__(self, name: object) -> bool:
        return name in self._values


class _Names:
    """What a compiled template of this language asks for: the value of a name. Jinja's own does more, and takes longer."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def resolve_or_missing(self, name: str) -> Any:
        return self._values.get(name, missing)


def _environment(*, autoescape: bool) -> SandboxedEnvironment:
    environment = SandboxedEnvironment(
        autoescape=autoescape,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        finalize=lambda value: "" if value is None else value,
    )
    environment.filters = dict(bounded_filters())
    environment.tests = {name: environment.tests[name] for name in _TESTS}
    environment.globals.clear()
    return environment


_HTML = _environment(autoescape=True)
_TEXT = _environment(autoescape=False)


def check_template(source: str, *, part: str, is_html: bool = False) -> None:
    """Nothing where the source is a template of this language; else TemplateError with its line."""
    environment = _HTML if is_html else _TEXT
    try:
        tree = environment.parse(source)
        # Before compiling, because compiling works constants out.
        _check_nodes(tree, part, is_looping=False)
        _check_work(tree, part)
        environment.compile(tree)
    except TemplateSyntaxError as error:
        raise TemplateError(error.message or "this is no template", line=error.lineno, part=part) from error
    except (RecursionError, SyntaxError, MemoryError, OverflowError, ValueError) as error:
        raise TemplateError(
            "a placeholder is nested too deeply, or holds a number without end", line=None, part=part
        ) from error


def tree_of(source: str) -> nodes.Template:
    """The parts of a template that `check_template` has passed."""
    return _TEXT.parse(source)


def compile_template(source: str, *, part: str, is_html: bool = False) -> Template:
    """The template of a source that `check_template` has passed; compiled once, rendered for each recipient."""
    try:
        return (_HTML if is_html else _TEXT).from_string(source)
    except TemplateSyntaxError as error:
        raise TemplateError(error.message or "this is no template", line=error.lineno, part=part) from error


def render_template(template: Template, values: Mapping[str, Any], *, part: str) -> str:
    """The rendered part; RenderError where a value is missing, cannot be used so, or the output is too long."""
    return "".join(render_chunks(template, values, part=part))


def render_chunks(template: Template, values: Mapping[str, Any], *, part: str) -> list[str]:
    """The same in chunks: each is one of the template's own, which `own_chunks` lists, or what a placeholder shows."""
    chunks, length = [], 0
    try:
        for chunk in template.root_render_func(_Names(values)):  # type: ignore[arg-type]
            chunks.append(chunk)
            length += len(chunk)
            if length > OUTPUT_LIMIT:
                raise RenderError(f"the output is longer than {OUTPUT_LIMIT} characters", part=part)
    except (JinjaError, TypeError, ValueError, ArithmeticError, LookupError) as error:
        advice = f"give the field a value, or write {{{{ ... | default('') }}}}; {_THERE_ARE}"
        raise RenderError(f"{error}; {advice}", part=part) from error
    return chunks


def own_chunks(template: Template) -> tuple[str, ...]:
    """What a template says by itself, in pieces as `render_chunks` gives them; and some of its names."""
    constants = template.root_render_func.__code__.co_consts
    return tuple(constant for constant in constants if isinstance(constant, str) and constant)


def values_for_author(name: str | None, fields: Mapping[str, Scalar], **links: str) -> dict[str, Any]:
    """What an author's template sees: `name`, `fields`, the links and the promise; and each field by its own name.

    A field never hides one of ours.
    """
    return {**fields, **links, "name": name or "", "fields": Fields(fields)}


def _check_nodes(node: nodes.Node, part: str, *, is_looping: bool) -> None:
    for child in node.iter_child_nodes():
        message = _refusal(child, is_looping=is_looping)
        if message is not None:
            raise TemplateError(message, line=child.lineno, part=part)
        _check_nodes(child, part, is_looping=is_looping or isinstance(child, nodes.For))


def _refusal(node: nodes.Node, *, is_looping: bool) -> str | None:
    match node:
        case nodes.For() if is_looping or node.recursive:
            return "a loop cannot stand in a loop"
        case nodes.For() if not isinstance(node.iter, nodes.List | nodes.Tuple) or len(node.iter.items) > LOOP_LIMIT:
            return f"a loop goes over a list that is written out, of at most {LOOP_LIMIT} values"
        case nodes.Getattr() if getattr(node.node, "name", None) not in _WITH_ATTRIBUTES:
            return f".{node.attr} is known of fields only: fields.{node.attr}; {_THERE_ARE}"
        case nodes.Name() if node.name.startswith("_"):
            return "a name cannot begin with an underscore"
        # Jinja itself finds an unknown filter in a condition only when it gets there.
        case nodes.Filter() if node.name not in FILTER_NAMES:
            return f"there is no filter {node.name}; there are {', '.join(FILTER_NAMES)}"
        case nodes.Filter() if _chain(node) > CHAIN_LIMIT:
            return f"at most {CHAIN_LIMIT} filters stand behind one value"
        case nodes.Test() if node.name not in _TESTS:
            return f"there is no test {node.name}"
        case _ if not isinstance(node, _ALLOWED):
            what = type(node).__name__.lower()
            return f"a placeholder cannot use {_NAMES.get(what, what)}"
        case _:
            return None


def _chain(node: nodes.Node | None) -> int:
    """How many filters one value goes through, its parts and what is in brackets included."""
    if not isinstance(node, nodes.Expr):
        return 0
    return isinstance(node, nodes.Filter) + max(map(_chain, node.iter_child_nodes()), default=0)


def _check_work(tree: nodes.Template, part: str) -> None:
    work = _work(tree)
    if work > WORK_LIMIT:
        message = f"too much to be worked out for each reader: {work} steps, of at most {WORK_LIMIT}"
        raise TemplateError(message, line=None, part=part)


def _work(node: nodes.Node) -> int:
    times = (
        len(node.iter.items) if isinstance(node, nodes.For) and isinstance(node.iter, nodes.List | nodes.Tuple) else 1
    )
    return 1 + times * sum(map(_work, node.iter_child_nodes()))


_NAMES = {
    "assign": "set", "assignblock": "set", "call": "calls such as name()", "mul": "*", "pow": "**", "mod": "%", "div": "/",
    "floordiv": "//", "evalcontextmodifier": "autoescape", "scopedevalcontextmodifier": "autoescape", "dict": "{ }",
    "with": "with", "callblock": "call blocks", "filterblock": "filter blocks", "fromimport": "import",
}  # fmt: skip
