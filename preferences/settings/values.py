"""The settings as values. Nothing here reads or writes anything."""

from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from urllib.parse import urlsplit

# HMAC-SHA-256 keys shorter than the hash weaken it (RFC 2104, section 3).
SHORTEST_SECRET_KEY = 32


class SettingsError(Exception):
    """The environment does not say how to run. ``problems`` has one sentence per problem, each with what to do."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class SmtpSecurity(Enum):
    """When a connection to the mail server is encrypted."""

    OPPORTUNISTIC = "smtp"
    """STARTTLS when the server offers it."""
    REQUIRED = "smtp+tls"
    """STARTTLS, or no mail."""
    IMPLICIT = "smtps"
    """TLS from the first byte (RFC 8314, section 3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """The mail server that everything is handed to. ``user`` and ``password`` are both there, or neither is."""

    host: str
    port: int
    security: SmtpSecurity
    user: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Settings:
    """Everything an installation is told from outside.

    ``smtp`` is absent where mail stays in the test inbox; ``smtp_others`` take over while it cannot be reached.
    ``base_url`` ends after host and port. ``secret_keys`` is
    empty only for an embedded installation whose data directory was not prepared yet; the first key signs, all verify.
    ``trusted_proxies`` is how many entries at the end of ``X-Forwarded-For`` are believed. ``metrics_listen`` is where the
    first process of a machine answers how it is, None where none does.
    """

    database_url: str
    sandbox_database_url: str
    broker_url: str
    smtp: SmtpServer | None
    base_url: str
    listen_host: str
    listen_port: int
    data_dir: Path
    return_domain: str | None
    secret_keys: tuple[str, ...]
    workers: int
    log_level: str
    trusted_proxies: int = 0
    log_format: str = "text"
    metrics_listen: tuple[str, int] | None = None
    smtp_others: tuple[SmtpServer, ...] = ()

    @property
    def is_embedded(self) -> bool:
        """Whether this installation lives in its own data directory, and so may keep its secret key there."""
        return self.database_url == default_database_url(self.data_dir)

    def __repr__(self) -> str:
        """What may stand in a log: neither keys nor the password of any URL."""
        return (
            f"Settings(database_url={without_password(self.database_url)!r},"
            f" sandbox_database_url={without_password(self.sandbox_database_url)!r},"
            f" broker_url={without_password(self.broker_url)!r}, smtp={self.smtp!r}, smtp_others={self.smtp_others!r},"
            f" base_url={self.base_url!r},"
            f" listen_host={self.listen_host!r}, listen_port={self.listen_port}, data_dir={str(self.data_dir)!r},"
            f" return_domain={self.return_domain!r}, secret_keys=<{len(self.secret_keys)}>, workers={self.workers},"
            f" trusted_proxies={self.trusted_proxies}, log_level={self.log_level!r},"
            f" log_format={self.log_format!r}, metrics_listen={self.metrics_listen!r})"
        )


def default_database_url(data_dir: Path) -> str:
    """The SQLite file of an embedded installation."""
    return f"sqlite:///{data_dir / 'troth.sqlite3'}"


def default_sandbox_database_url(data_dir: Path) -> str:
    """The SQLite file in which the sandbox lives, apart from everything real."""
    return f"sqlite:///{data_dir / 'sandbox.sqlite3'}"


def without_password(url: str) -> str:
    """The URL with ``***`` for its user and password, and without its query, which may hold a password too."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "***"
    credentials, at, host = parts.netloc.rpartition("@")
    return f"{parts.scheme}://{'***' if credentials else ''}{at}{host}{parts.path}"
