"""What stands in the log: one line an event, its constant text and then its fields. Never an address, a subject, a token."""

from __future__ import annotations

import logging

# What every record has; everything else was given as a field.
_USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_CHATTY = ("alembic", "dramatiq", "waitress")


class FieldsFormatter(logging.Formatter):
    """The line of an event, with its fields as ``name=value`` after the text."""

    def format(self, record: logging.LogRecord) -> str:
        """The line; a traceback, where there is one, comes below."""
        fields = [f"{name}={value}" for name, value in vars(record).items() if name not in _USUAL]
        first, *rest = super().format(record).split("\n", 1)
        return "\n".join([" ".join([first, *fields]), *rest])


def log_to_stderr(level: str) -> None:
    """Log everything of this program from that level on, and of the libraries only what went wrong."""
    handler = logging.StreamHandler()
    handler.setFormatter(FieldsFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler])
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))
