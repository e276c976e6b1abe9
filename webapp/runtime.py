"""Starting everything: databases, workers, pages. The one place, besides the commands, that knows both sides."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from waitress.server import create_server  # type: ignore[import-untyped]

from mailer.embedded import EmbeddedMailer
from mailer.high_water import HighWaterMark, mark_file
from mailer.office import Office
from mailer.transport import InboxTransport, SmtpTransport, Transport
from mailer.transport.probe import probe
from preferences.errors import TrothError
from preferences.links import Links
from preferences.settings import Settings
from preferences.store.answers import forget_answers
from preferences.store.captured import Inbox
from preferences.store.clock import DrivenClock, SystemClock
from preferences.store.console_sessions import issue_link
from preferences.store.database import Database, Durability, open_database
from preferences.store.installation import found
from preferences.store.migrations import is_newest, missing_columns
from webapp import create_app
from webapp.console.import_files import tidy
from webapp.console.importing import uploads_of
from webapp.logs import log_to_stderr
from webapp.running import only_process
from webapp.sandbox import SANDBOX_PATH, Drive, Reset, begin_sandbox, list_host, sandbox_file, sandbox_office
from webapp.site import Site
from webapp.upgrading import upgrade

# Tokens of the sandbox's API begin with it; the paths are the same.
SANDBOX_TOKEN = "tsb_"
WEB_THREADS = 8
# More than any page takes, so that it is a page that says so.
LARGEST_BODY_OCTETS = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Started:
    """One running site: its pages and its worker."""

    site: Site
    app: WSGIApplication
    worker: EmbeddedMailer
    database: Database


def start(settings: Settings, sandbox: Site | None = None) -> Started:
    """Open the installation's own database and start working on it; its front door leads to the sandbox, too."""
    database = _opened(settings, settings.database_url, is_ours=settings.is_embedded, driven_from=None)
    clock = SystemClock()
    links = Links(settings.secret_keys)
    transport: Transport = InboxTransport(Inbox(database, clock, links).keep, clock)
    if settings.smtp is not None:
        transport = SmtpTransport(settings.smtp, clock)
    office = Office(
        database=database,
        clock=clock,
        links=links,
        base_url=settings.base_url,
        list_host=list_host(settings),
        transport=transport,
        return_domain=settings.return_domain,
        high_water=HighWaterMark(mark_file(settings.data_dir, database)),
    )
    worker = EmbeddedMailer(office, threads=settings.workers, purpose="run")
    worker.start()
    site = Site(
        database=database,
        clock=clock,
        links=links,
        settings=settings,
        base_url=settings.base_url,
        wake=worker.wake,
        sandbox=sandbox,
        try_relay=None if settings.smtp is None else partial(probe, settings.smtp, clock),
    )
    return Started(site, create_app(site), worker, database)


def start_sandbox(settings: Settings) -> Started:
    """Open the sandbox: a database of its own, a driven clock, and mail that never leaves the machine."""
    begin_sandbox(settings)
    file = sandbox_file(settings)
    now = SystemClock().now().replace(microsecond=0)
    try:
        database = _opened(settings, settings.sandbox_database_url, is_ours=file is not None, driven_from=now)
        clock = DrivenClock(database)
        clock.now()
    except TrothError as error:
        if file is None:
            raise
        raise TrothError(f"the sandbox cannot be used: {error}; if you move {file} away, a new one is made") from error
    office = sandbox_office(settings, database, clock)
    worker = EmbeddedMailer(office, threads=1, purpose="sandbox")
    worker.start()
    drive = Drive(office, clock, worker)
    site = Site(
        database=database,
        clock=clock,
        links=office.links,
        settings=settings,
        base_url=office.base_url,
        wake=worker.wake,
        advance=drive,
        reset=None if file is None else Reset(settings, database, drive),
    )
    return Started(site, create_app(site), worker, database)


def _opened(settings: Settings, url: str, *, is_ours: bool, driven_from: datetime | None) -> Database:
    """The database, at its newest revision. One that is not in the data directory is not migrated by surprise."""
    # The mails of a sandbox stay in its database: after a power cut none has left that the ledger does not know of.
    durability = Durability.EVERY_COMMIT if driven_from is None else Durability.ALL_BUT_THE_LAST
    database = open_database(url, pool_size=WEB_THREADS + settings.workers + 4, durability=durability)
    if not is_newest(database):
        if not is_ours:
            raise TrothError("the database is not at the newest revision; bring it there with: troth migrate")
        if driven_from is None:
            upgrade(settings, database)
        else:
            database.migrate()
    missing = missing_columns(database)
    if missing:
        raise TrothError(
            f"the database lacks {len(missing)} columns that this version reads, such as {missing[0]}:"
            " a version between two releases made it"
        )
    found(database, SystemClock().now(), driven_from=driven_from)
    return database


def console_link(site: Site) -> str:
    """A link that opens the console of a site once."""
    with site.database.write() as connection:
        return f"{site.base_url}/console/login/{issue_link(connection, site.clock.now())}"


class Dispatcher:
    """Hands a request to the site it is for: by its path, and for the API by its token."""

    def __init__(self, own: WSGIApplication, sandbox: WSGIApplication) -> None:
        self._own = own
        self._sandbox = sandbox

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        path: str = environ.get("PATH_INFO", "")
        if path == SANDBOX_PATH or path.startswith(SANDBOX_PATH + "/"):
            environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + SANDBOX_PATH
            environ["PATH_INFO"] = path[len(SANDBOX_PATH) :] or "/"
            return self._sandbox(environ, start_response)
        scheme, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() == "bearer" and token.strip().startswith(SANDBOX_TOKEN):
            return self._sandbox(environ, start_response)
        return self._own(environ, start_response)


def run(settings: Settings, ready: Callable[[str], None] = print) -> None:
    """Serve until the process is told to stop; then finish what is being handed over.

    Raises `TrothError` where another process works in the same data directory.
    """
    log_to_stderr(settings.log_level)
    _check_broker(settings)
    with only_process(settings.data_dir):
        _serve(settings, ready)


def _serve(settings: Settings, ready: Callable[[str], None]) -> None:
    listening = _listening(settings)
    sandbox = start_sandbox(settings)
    own = start(settings, sandbox.site)
    try:
        server: Any = create_server(
            Dispatcher(own.app, sandbox.app),
            sockets=[listening],
            threads=WEB_THREADS,
            ident=None,
            max_request_body_size=LARGEST_BODY_OCTETS,
            # The application believes as much of them as the settings say, and sees by them that a request was handed on.
            clear_untrusted_proxy_headers=False,
        )
        for started in (sandbox, own):
            tidy_up(started)
        _stop_on_signals()
        ready(f"Troth serves {settings.base_url}")
        ready(f"Sign in to the console, once and within 12 hours: {console_link(own.site)}")
        server.run()
    finally:
        for started in (sandbox, own):
            started.worker.stop()
            started.database.close()
        listening.close()


def tidy_up(started: Started) -> None:
    """Throw away what nobody asks for any more: uploads left lying, and answers kept for a request that is repeated."""
    tidy(uploads_of(started.site), SystemClock().now())
    with started.database.write() as connection:
        forget_answers(connection, started.site.clock.now())


def _check_broker(settings: Settings) -> None:
    """Everything runs in one process so far: a broker that was named and not used would be a promise not kept."""
    if settings.broker_url != "memory://":
        raise TrothError("TROTH_BROKER_URL: only memory:// can be used so far; leave it out")


def _listening(settings: Settings) -> socket.socket:
    """The socket that is served, taken before anything is started. Raises `TrothError` where it is taken already."""
    host, port = settings.listen_host, settings.listen_port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        why = error.strerror or str(error)
        raise TrothError(f"cannot serve on {host}:{port}: {why}; choose another with TROTH_LISTEN") from error
    return listening


def _stop_on_signals() -> None:
    """SIGTERM and SIGINT end the server's loop, and with it the process in order."""

    def stop(_number: int, _frame: object) -> None:
        raise SystemExit(0)

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
