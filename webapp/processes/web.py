"""`troth web`: pages and API, and nothing that hands over."""

from __future__ import annotations

from collections.abc import Callable
from socket import socket

from mailer.lease import this_process
from preferences.settings import Settings
from preferences.store.database import open_database
from preferences.store.leases import WEB
from webapp import create_app
from webapp.opening import office_of, site_of
from webapp.prefork import Work
from webapp.processes.parts import held_lease, opened_office, watching
from webapp.serving import WEB_THREADS, server_of, with_health
from webapp.stopping import leave, on_stop


def serving(settings: Settings, listening: socket, ready: Callable[[str], None]) -> Work:
    """What serves pages and API on a socket until the process is told to stop.

    Whatever it needs is imported when this has answered.
    """

    def serve() -> None:
        with (
            watching(settings) as watched,
            opened_office(settings, WEB_THREADS, watched, office_of) as office,
            held_lease(office, this_process(WEB, listens=watched.address)) as lease,
        ):
            site = site_of(settings, office, wake=_nothing)
            server = server_of(with_health(create_app(site), watched.missing), listening)
            watched.start(office, lease, serves=True)
            on_stop(leave)
            ready(f"Troth serves {settings.base_url}")
            server.run()

    # `create_app` imports them, too: here it is before several processes begin.
    from webapp import api, application, console, pages  # noqa: F401

    open_database(settings.database_url).close()
    return serve


def _nothing() -> None:
    """Nobody is woken: whoever leads looks every second."""
