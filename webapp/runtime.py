"""Starting everything: databases, workers, pages. The one place, besides the commands, that knows both sides."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from mailer.brokers import open_broker
from mailer.embedded import EmbeddedMailer
from mailer.watch.watched import Watched
from preferences.errors import TrothError
from preferences.settings import Settings
from preferences.store.answers import forget_answers
from preferences.store.clock import DrivenClock, SystemClock
from preferences.store.console_sessions import issue_link
from preferences.store.database import Database
from preferences.store.installation import installation_name
from webapp import create_app
from webapp.console.import_files import tidy
from webapp.console.importing import uploads_of
from webapp.heaps import share_heaps
from webapp.logs import log_to_stderr
from webapp.opening import OTHER_CONNECTIONS, office_of, opened, site_of
from webapp.running import only_process
from webapp.sandbox import SANDBOX_PATH, Drive, Reset, begin_sandbox, sandbox_file, sandbox_office
from webapp.serving import WEB_THREADS, listening_on, server_of, with_health
from webapp.site import Site
from webapp.stopping import leave, on_stop

# Tokens of the sandbox's API begin with it; the paths are the same.
SANDBOX_TOKEN = "tsb_"


@dataclass(frozen=True, slots=True)
class Started:
    """One running site: its pages and its worker."""

    site: Site
    app: WSGIApplication
    worker: EmbeddedMailer
    database: Database


def start(settings: Settings, sandbox: Site | None = None, watched: Watched | None = None) -> Started:
    """Open the installation's own database and start working on it; its front door leads to the sandbox, too."""
    watched = watched or Watched(None)
    connections = WEB_THREADS + settings.workers + OTHER_CONNECTIONS
    database = opened(settings, settings.database_url, is_ours=settings.is_embedded, connections=connections)
    office = office_of(settings, database, watched.measures)
    with database.read() as connection:
        broker = open_broker(settings.broker_url, installation_name(connection))
    worker = EmbeddedMailer(office, connections=settings.workers, purpose="run", broker=broker, listens=watched.address)
    worker.start()
    watched.start(office, worker.lease, scheduler=worker.scheduler)
    site = site_of(settings, office, wake=worker.wake, sandbox=sandbox)
    return Started(site, create_app(site), worker, database)


def start_sandbox(settings: Settings) -> Started:
    """Open the sandbox: a database of its own, a driven clock, and mail that never leaves the machine."""
    begin_sandbox(settings)
    file = sandbox_file(settings)
    now = SystemClock().now().replace(microsecond=0)
    try:
        database = opened(
            settings,
            settings.sandbox_database_url,
            is_ours=file is not None,
            driven_from=now,
            connections=WEB_THREADS + OTHER_CONNECTIONS,
        )
        clock = DrivenClock(database)
        clock.now()
    except TrothError as error:
        if file is None:
            raise
        raise TrothError(f"the sandbox cannot be used: {error}; if you move {file} away, a new one is made") from error
    office = sandbox_office(settings, database, clock)
    worker = EmbeddedMailer(office, connections=1, purpose="sandbox")
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


def console_link(site: Site) -> str:
    """A link that opens the console of a site once."""
    with site.database.write() as connection:
        return f"{site.base_url}/console/login/{issue_link(connection, site.clock.now())}"


def _way_in(site: Site) -> str:
    """How a person gets into the console. A link that lets its reader in is for a terminal, never for a log that is kept."""
    if sys.stdout.isatty():
        return f"Sign in to the console, once and within 12 hours: {console_link(site)}"
    return "For a link into the console: troth console"


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
    share_heaps()
    log_to_stderr(settings.log_level, settings.log_format)
    with only_process(settings.data_dir):
        _serve(settings, ready)


def _serve(settings: Settings, ready: Callable[[str], None]) -> None:
    listening = listening_on(settings)
    watched = Watched(settings.metrics_listen)
    sandbox = start_sandbox(settings)
    own = start(settings, sandbox.site, watched)
    try:
        server = server_of(with_health(Dispatcher(own.app, sandbox.app), watched.missing), listening)
        for started in (sandbox, own):
            tidy_up(started)
        on_stop(leave)
        ready(f"Troth serves {settings.base_url}")
        ready(_way_in(own.site))
        server.run()
    finally:
        watched.stop()
        for started in (sandbox, own):
            started.worker.stop()
            started.database.close()
        listening.close()


def tidy_up(started: Started) -> None:
    """Throw away what nobody asks for any more: uploads left lying, and answers kept for a request that is repeated."""
    tidy(uploads_of(started.site), SystemClock().now())
    with started.database.write() as connection:
        forget_answers(connection, started.site.clock.now())
