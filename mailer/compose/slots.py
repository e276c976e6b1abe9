"""The slot `{{ along }}`: at most one, and never under a condition, or a reader would miss what came along."""

from jinja2 import Environment, nodes

from mailer.compose.errors import TemplateError


def has_slot(source: str, *, part: str) -> bool:
    """Whether the template has the slot; TemplateError where it stands twice, in a statement or in an expression."""
    tree = Environment(autoescape=True).parse(source)
    uses = [name for name in tree.find_all(nodes.Name) if name.name == "along"]
    if not uses:
        return False
    plain = [child for output in tree.body if isinstance(output, nodes.Output) for child in output.nodes]
    if len(uses) > 1:
        raise TemplateError("{{ along }} can stand once only", line=uses[1].lineno, part=part)
    if not any(child is uses[0] for child in plain):
        message = "{{ along }} stands by itself, in no condition, loop or filter"
        raise TemplateError(message, line=uses[0].lineno, part=part)
    return True
