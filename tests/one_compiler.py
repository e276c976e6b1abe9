"""Statements compiled once for all databases of a run of tests: each test has a database of its own, and all are alike.

An engine compiles each statement the first time it is asked. Here all engines of a kind share the dialect of the first,
and what was compiled for it; nothing else of them is shared.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine
from sqlalchemy import create_engine as create_engine_alone

from preferences.store import database

_first: dict[str, Engine] = {}


def share_what_is_compiled() -> None:
    """From now on in this process."""
    database.create_engine = _create_engine  # type: ignore[attr-defined]


def _create_engine(url: Any, **options: Any) -> Engine:
    engine = create_engine_alone(url, **options)
    first = _first.setdefault(engine.dialect.name, engine)
    if first is not engine:
        engine.dialect = engine.pool._dialect = first.dialect
        engine._compiled_cache = first._compiled_cache
    return engine
