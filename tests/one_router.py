"""Routes compiled once for all applications of a run of tests: each test has its own, and all have the same routes.

Most of the time that an application takes to begin is Werkzeug compiling its routes, each by itself. What comes of it
depends on what the route says alone, and the functions that build addresses are given the route with each call.
"""

from __future__ import annotations

from typing import Any

from werkzeug.routing import Rule

_known: dict[tuple[Any, ...], Rule] = {}
_compile_alone = Rule.compile


def share_compiled_routes() -> None:
    """From now on in this process."""
    Rule.compile = _compile  # type: ignore[assignment]


def _compile(rule: Rule) -> None:
    says = (rule.rule, rule.host, rule.subdomain, repr(rule.defaults), rule.merge_slashes, rule.websocket)
    first = _known.setdefault(says, rule)
    if first is rule:
        _compile_alone(rule)
        return
    rule.arguments |= first.arguments
    for same in ("_parts", "_trace", "_converters"):
        setattr(rule, same, getattr(first, same))
    for builds in ("_build", "_build_unknown"):
        setattr(rule, builds, getattr(first, builds).__func__.__get__(rule))
