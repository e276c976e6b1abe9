"""The kind of import contract that pyproject.toml states as ``type = "arrow"``.

The kinds that import-linter brings refuse what is listed and accept the rest. The law is stated the other way round
(the standard library and itself, nothing else), so that a module or a dependency that comes later is covered too.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class Arrow(Contract):
    """What a set of modules may import directly, and what it must not reach by any way.

    Every entry is a dotted name or a pattern (``webapp.cli*``), and covers what lies below it; names that do not
    exist (yet) match nothing.

    * ``modules``, ``except_modules``: whose imports are judged
    * ``may_import``: besides the standard library; ``*`` for everything
    * ``may_not_import``: refused all the same, the standard library included
    * ``but_may_import``: allowed all the same
    * ``never_reaches``: refused even through other modules
    """

    type_name = "arrow"

    # The linter puts lists of strings where the fields stand.
    modules: Any = fields.ListField(subfield=fields.StringField())
    except_modules: Any = fields.ListField(subfield=fields.StringField(), default=[])
    may_import: Any = fields.ListField(subfield=fields.StringField())
    may_not_import: Any = fields.ListField(subfield=fields.StringField(), default=[])
    but_may_import: Any = fields.ListField(subfield=fields.StringField(), default=[])
    never_reaches: Any = fields.ListField(subfield=fields.StringField(), default=[])

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002  (the linter's signature)
        """Whether every arrow points where it may; ``metadata["broken"]`` has one line per arrow that does not."""
        broken = [*self._refused_imports(graph), *self._refused_chains(graph)]
        return ContractCheck(kept=not broken, metadata={"broken": broken})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print one line per refused import."""
        for line in check.metadata["broken"]:
            output.print_error(f"- {line}", bold=False)

    def _judged(self, graph: ImportGraph) -> list[str]:
        return sorted(
            module
            for module in graph.modules
            if _is_covered(module, self.modules) and not _is_covered(module, self.except_modules)
        )

    def _may_import(self, imported: str) -> bool:
        if _is_covered(imported, self.but_may_import):
            return True
        if _is_covered(imported, self.may_not_import):
            return False
        return imported.partition(".")[0] in sys.stdlib_module_names or _is_covered(imported, self.may_import)

    def _refused_imports(self, graph: ImportGraph) -> Iterator[str]:
        for importer in self._judged(graph):
            for imported in sorted(graph.find_modules_directly_imported_by(importer)):
                if not self._may_import(imported):
                    details = graph.get_import_details(importer=importer, imported=imported)
                    lines = ", ".join(str(detail["line_number"]) for detail in details)
                    yield f"{importer} imports {imported} (line {lines})"

    def _refused_chains(self, graph: ImportGraph) -> Iterator[str]:
        unreachable = [module for module in graph.modules if _is_covered(module, self.never_reaches)]
        for importer in self._judged(graph):
            for imported in sorted(unreachable):
                chain = graph.find_shortest_chain(importer=importer, imported=imported)
                if chain:
                    yield f"{importer} reaches {imported}: {_drawn(chain)}"


def _is_covered(module: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(module, pattern) or fnmatchcase(module, f"{pattern}.*") for pattern in patterns)


def _drawn(chain: Sequence[str]) -> str:
    return " -> ".join(chain)
