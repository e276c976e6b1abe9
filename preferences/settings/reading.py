"""From the environment to ``Settings``: which variables there are, and what each may say. Reads no file."""

from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from typing import TypeVar

from preferences.settings import parsing
from preferences.settings.values import (
    Settings,
    SettingsError,
    default_database_url,
    default_sandbox_database_url,
)

T = TypeVar("T")

# Every variable, and what it is when absent. Where this depends on others, `read_settings` says how; ``None`` means
# that absence itself means something. docs/configuration.md has the same table for people; a test compares them.
DEFAULTS: Mapping[str, str | None] = {
    "TROTH_DATABASE_URL": "sqlite:///var/troth.sqlite3",
    "TROTH_SANDBOX_DATABASE_URL": "sqlite:///var/sandbox.sqlite3",
    "TROTH_BROKER_URL": "memory://",
    "TROTH_SMTP_URL": None,
    "TROTH_BASE_URL": "http://127.0.0.1:8642",
    "TROTH_LISTEN": "127.0.0.1:8642",
    "TROTH_DATA_DIR": "var",
    "TROTH_RETURN_DOMAIN": None,
    "TROTH_SECRET_KEY": None,
    "TROTH_WORKERS": "2",
    "TROTH_TRUSTED_PROXIES": "0",
    "TROTH_LOG_LEVEL": "info",
    "TROTH_LOG_FORMAT": "text",
    "TROTH_METRICS_LISTEN": "127.0.0.1:8643",
}

# Names that begin so are for the tests, which read them themselves.
FOR_TESTS = "TROTH_TEST_"


def read_settings(environ: Mapping[str, str]) -> Settings:
    """What the ``TROTH_`` variables among ``environ`` say; all other variables are ignored.

    Raises ``SettingsError`` with every problem at once: an unknown name, an empty value, a value that cannot be, two
    that contradict each other. The caller prints them and ends. Creates nothing: see ``prepare_data_dir``.
    """
    reader = _Reader(environ)
    data_dir = reader.read("TROTH_DATA_DIR", parsing.parse_data_dir)
    listen_host, listen_port = reader.read("TROTH_LISTEN", parsing.parse_listen)
    parse_database = parsing.parse_database_url
    relays = reader.find("TROTH_SMTP_URL", parsing.parse_smtp_urls) or ()
    settings = Settings(
        database_url=reader.find("TROTH_DATABASE_URL", parse_database) or default_database_url(data_dir),
        sandbox_database_url=reader.find("TROTH_SANDBOX_DATABASE_URL", parse_database)
        or default_sandbox_database_url(data_dir),
        broker_url=reader.read("TROTH_BROKER_URL", parsing.parse_broker_url),
        smtp=relays[0] if relays else None,
        smtp_others=relays[1:],
        base_url=reader.find("TROTH_BASE_URL", parsing.parse_base_url) or f"http://127.0.0.1:{listen_port}",
        listen_host=listen_host,
        listen_port=listen_port,
        data_dir=data_dir,
        return_domain=reader.find("TROTH_RETURN_DOMAIN", parsing.parse_return_domain),
        secret_keys=reader.find("TROTH_SECRET_KEY", parsing.parse_secret_keys) or (),
        workers=reader.read("TROTH_WORKERS", parsing.parse_workers),
        trusted_proxies=reader.read("TROTH_TRUSTED_PROXIES", parsing.parse_trusted_proxies),
        log_level=reader.read("TROTH_LOG_LEVEL", parsing.parse_log_level),
        log_format=reader.read("TROTH_LOG_FORMAT", parsing.parse_log_format),
        metrics_listen=reader.read("TROTH_METRICS_LISTEN", parsing.parse_metrics_listen),
    )
    problems = (*_unknown_names(environ), *reader.problems, *_contradictions(settings, environ))
    if problems:
        raise SettingsError(problems)
    return settings


class _Reader:
    """Reads variable after variable and remembers what was wrong, so that everything is said at once."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.problems: list[str] = []
        self._environ = environ

    def find(self, name: str, parse: Callable[[str], T]) -> T | None:
        """The variable's value; ``None`` where it is absent, and where it is wrong."""
        text = self._environ.get(name)
        if text is None:
            return None
        if not text.strip():
            self.problems.append(f"{name} is empty: give it a value, or unset it.")
            return None
        try:
            return parse(text.strip())
        except ValueError as wrong:
            self.problems.append(f"{name} {wrong}")
            return None

    def read(self, name: str, parse: Callable[[str], T]) -> T:
        """The variable's value, or that of its default where it is absent or wrong."""
        found = self.find(name, parse)
        return parse(str(DEFAULTS[name])) if found is None else found


def _unknown_names(environ: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(environ):
        if name.startswith("TROTH_") and not name.startswith(FOR_TESTS) and name not in DEFAULTS:
            close = get_close_matches(name, DEFAULTS, n=1)
            hint = f"did you mean {close[0]}?" if close else "docs/configuration.md lists all there are."
            yield f"{name} is not a setting: {hint}"


def _contradictions(settings: Settings, environ: Mapping[str, str]) -> Iterator[str]:
    if settings.database_url == settings.sandbox_database_url:
        yield "TROTH_SANDBOX_DATABASE_URL names the same database as TROTH_DATABASE_URL: the sandbox needs one of its own."
    if "TROTH_SECRET_KEY" not in environ and not settings.is_embedded:
        yield (
            "TROTH_SECRET_KEY is needed with a database of your own: set it to at least 32 random characters,"
            ' for example from: python3 -c "import secrets; print(secrets.token_urlsafe(48))"'
        )
