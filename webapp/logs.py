"""What stands in the log: one line an event, its constant text and then its fields. Never an address, a subject, a token."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

# What every record has; everything else was given as a field.
_USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_CHATTY = ("alembic", "dramatiq", "pika", "waitress")


class FieldsFormatter(logging.Formatter):
    """The line of an event, with its fields as ``name=value`` after the text."""

    def format(self, record: logging.LogRecord) -> str:
        """The line; a traceback, where there is one, comes below."""
        fields = [f"{name}={value}" for name, value in vars(record).items() if name not in _USUAL]
        first, *rest = super().format(record).split("\n", 1)
        return "\n".join([" ".join([first, *fields]), *rest])


class JsonFormatter(logging.Formatter):
    """An event as one line of JSON: when, how bad, whose, its constant text, then its fields; a traceback as `error`."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        said: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        said |= {name: value for name, value in vars(record).items() if name not in _USUAL}
        if record.exc_info:
            said["error"] = self.formatException(record.exc_info)
        return json.dumps(said, default=str, ensure_ascii=False)


class Seldom(logging.Filter):
    """Lets a library say the same no more than every half minute: what a broker that is away makes it say each second."""

    SECONDS = 30.0

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is said."""
        if not record.name.startswith(_CHATTY):
            return True
        key = (record.name, str(record.msg))
        is_new = record.created - self._said.get(key, float("-inf")) > self.SECONDS
        if is_new:
            self._said[key] = record.created
        return is_new


def log_to_stderr(level: str, form: str = "text") -> None:
    """Log everything of this program from that level on, and of the libraries only what went wrong.

    `form` is `text` or `json`; either way an event is one line, its fields are ids and numbers.
    """
    handler = logging.StreamHandler()
    text = FieldsFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    handler.setFormatter(JsonFormatter() if form == "json" else text)
    handler.addFilter(Seldom())
    logging.basicConfig(level=level, handlers=[handler])
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))
