"""What each variable may say. Each function raises ``ValueError`` with the rest of a sentence that begins with the
variable's name and says what to do; no text ever repeats a value that could hold a password.
"""

import ipaddress
import re
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

import idna

from preferences.settings.values import SHORTEST_SECRET_KEY, SmtpSecurity, SmtpServer

# RFC 5321 and RFC 6409 and RFC 8314 name these ports.
SMTP_PORTS = {SmtpSecurity.OPPORTUNISTIC: 25, SmtpSecurity.REQUIRED: 587, SmtpSecurity.IMPLICIT: 465}

POSTGRESQL_DRIVER = "postgresql+psycopg"
LOG_FORMATS = ("text", "json")
LOG_LEVELS = ("debug", "info", "warning", "error")
MOST_WORKERS = 64
MOST_PROXIES = 9
PLAIN_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_])?", re.ASCII | re.IGNORECASE)
# A password may hold a comma: only where another URL begins, one ends.
_NEXT_SMTP_URL = re.compile(r"[,\s]+(?=smtp(?:s|\+tls)?://)")


def parse_data_dir(text: str) -> Path:
    """An absolute path, whether or not something is there."""
    if "?" in text or "\0" in text:
        raise ValueError("has a character that no database URL can carry: use a path without '?'.")
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError:
        raise ValueError("begins with the home of a user who is not there: write the path out.") from None


def parse_database_url(text: str) -> str:
    """A URL that names a SQLite file, or a PostgreSQL database together with the driver that this project uses."""
    scheme, separator, rest = text.partition("://")
    match scheme.lower():
        case "sqlite" if rest.startswith("/") and rest.strip("/") not in ("", ":memory:"):
            return _absolute_sqlite_url(rest)
        case "postgresql" | "postgres" | "postgresql+psycopg" if separator and rest:
            return f"{POSTGRESQL_DRIVER}://{rest}"
        case _:
            raise ValueError(
                "names no database that Troth knows: use sqlite:///path/to/file (four slashes before an absolute path)"
                " or postgresql://user:password@host/database."
            )


def _absolute_sqlite_url(rest: str) -> str:
    # Absolute, so that a process that changes its directory still finds its file.
    path, question_mark, options = rest.removeprefix("/").partition("?")
    return f"sqlite:///{Path(path).absolute()}{question_mark}{options}"


def parse_broker_url(text: str) -> str:
    """``memory://``, or the URL of a Redis, Valkey or RabbitMQ server."""
    parts = _split(text)
    if parts.scheme == "memory" and not parts.netloc and not parts.path:
        return "memory://"
    if parts.scheme in ("redis", "rediss", "amqp") and parts.hostname:
        _port(parts)
        return text
    raise ValueError(
        "names no broker that Troth knows: use redis://host:6379, rediss://, amqp://host:5672, or unset it for memory://."
    )


def parse_smtp_urls(text: str) -> tuple[SmtpServer, ...]:
    """One mail server or several, separated by spaces or commas, in the order in which they are preferred."""
    urls = [url.strip(", \t\n") for url in _NEXT_SMTP_URL.split(text)]
    servers = tuple(parse_smtp_url(url) for url in urls)
    places = [(server.host, server.port) for server in servers]
    if len(set(places)) < len(places):
        raise ValueError("names a mail server twice: the second one can only help where it is another.")
    return servers


def parse_smtp_url(text: str) -> SmtpServer:
    """A mail server; user and password are percent-decoded."""
    parts = _split(text)
    try:
        security = SmtpSecurity(parts.scheme)
    except ValueError:
        raise ValueError(
            "must begin with smtp+tls:// (STARTTLS required), smtps:// (TLS from the start)"
            " or smtp:// (STARTTLS if offered)."
        ) from None
    if not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError(
            f"must look like {security.value}://user:password@host:port; percent-encode /, ?, #, @ and : in the password."
        )
    user, password = _credential(parts.username), _credential(parts.password)
    if (user is None) != (password is None):
        raise ValueError("has a user without a password, or a password without a user: give both, or neither.")
    port = _port(parts) or SMTP_PORTS[security]
    return SmtpServer(host=_host(parts.hostname), port=port, security=security, user=user, password=password)


def parse_base_url(text: str) -> str:
    """Scheme, host and port, without a slash at the end; ``http`` only where host is this machine."""
    parts = _split(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise ValueError("must look like https://mail.example.org: it begins every link in every mail.")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError(
            "must end after host and port: Troth needs a host of its own, such as https://mail.example.org."
        )
    host, port = _host(parts.hostname), _port(parts)
    if parts.scheme == "http" and not _is_loopback(host):
        raise ValueError("must begin with https://, since its links leave this machine (RFC 8058, section 3.1).")
    return f"{parts.scheme}://{_bracketed(host)}{'' if port is None else f':{port}'}"


def parse_listen(text: str) -> tuple[str, int]:
    """Host and port to listen on; port 0 leaves the choice to the system."""
    parts = _split(f"//{text}")
    port = _port(parts)
    if not parts.hostname or port is None or parts.username is not None or parts.path or parts.query or parts.fragment:
        raise ValueError("must be host:port, such as 127.0.0.1:8642 or [::1]:8642.")
    return parts.hostname, port


def parse_return_domain(text: str) -> str:
    """A domain name in lower-case A-labels (RFC 5890)."""
    try:
        domain = idna.encode(text.rstrip("."), uts46=True, std3_rules=True).decode("ascii")
    except idna.IDNAError:
        domain = ""
    if "." not in domain or _is_ip_address(domain):
        raise ValueError("must be a domain name and nothing else, such as bounces.example.org.")
    return domain


def parse_secret_keys(text: str) -> tuple[str, ...]:
    """One key or several, in order; at least one."""
    keys = tuple(key.strip() for key in text.split(","))
    for number, key in enumerate(keys, start=1):
        if len(key) < SHORTEST_SECRET_KEY:
            which = "the key" if len(keys) == 1 else f"key {number} of {len(keys)}"
            raise ValueError(
                f"is too short: {which} needs at least {SHORTEST_SECRET_KEY} characters, from random bytes."
            )
    return keys


def parse_workers(text: str) -> int:
    """How many threads work beside the web server."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MOST_WORKERS):
        raise ValueError(f"must be a whole number from 1 to {MOST_WORKERS}.")
    return int(text)


def parse_trusted_proxies(text: str) -> int:
    """How many proxies stand before the web server, each of which adds whom it serves to `X-Forwarded-For`."""
    if not (text.isascii() and text.isdigit() and int(text) <= MOST_PROXIES):
        raise ValueError(f"must be a whole number from 0 to {MOST_PROXIES}: how many proxies stand before Troth.")
    return int(text)


def parse_log_level(text: str) -> str:
    """A level's name as ``logging`` spells it."""
    if text.lower() not in LOG_LEVELS:
        raise ValueError(f"must be one of {', '.join(LOG_LEVELS)}.")
    return text.upper()


def parse_log_format(text: str) -> str:
    """How an event is written: ``text`` or ``json``."""
    if text.lower() not in LOG_FORMATS:
        raise ValueError(f"must be one of {', '.join(LOG_FORMATS)}.")
    return text.lower()


def parse_metrics_listen(text: str) -> tuple[str, int] | None:
    """Host and port on which processes answer how they are; None where they do not."""
    return None if text.lower() == "off" else parse_listen(text)


def _split(text: str) -> SplitResult:
    if not text.isprintable() or " " in text:
        raise ValueError("has a space or a control character in it: percent-encode it.")
    try:
        return urlsplit(text)
    except ValueError:
        raise ValueError("is no URL: look at its brackets.") from None


def _port(parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:
        raise ValueError("has a port that is none: use a number up to 65535.") from None


def _credential(text: str | None) -> str | None:
    if not text:
        return None
    try:
        plain = unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise ValueError("has a user or password that is not percent-encoded UTF-8.") from None
    if not plain.isprintable():
        raise ValueError("has a control character in its user or password.")
    return plain


def _host(name: str) -> str:
    # Names inside a private network may have underscores, which IDNA refuses.
    if _is_ip_address(name) or PLAIN_HOST.fullmatch(name):
        return name.lower()
    try:
        return idna.encode(name, uts46=True, std3_rules=True).decode("ascii")
    except idna.IDNAError:
        raise ValueError("has a host that is no domain name: look at its spelling.") from None


def _is_ip_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    return host == "localhost" or (_is_ip_address(host) and ipaddress.ip_address(host).is_loopback)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
