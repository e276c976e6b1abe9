"""`troth web`: pages and API, and nothing that hands over."""

from __future__ import annotations

from contextlib import closing

from mailer.lease import this_process
from preferences.settings import Settings
from preferences.store.leases import WEB
from webapp import create_app
from webapp.opening import office_of, site_of
from webapp.prefork import several
from webapp.processes.parts import Say, begin, held_lease, opened_office, watching
from webapp.serving import WEB_THREADS, listening_on, server_of, with_health
from webapp.stopping import leave, on_stop


def web(settings: Settings, *, processes: int, ready: Say) -> None:
    """Serve pages and API until told to stop, and hand nothing over. Raises `TrothError` where it cannot begin."""
    begin(settings, "web")
    listening = listening_on(settings)

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

    with closing(listening):
        several(processes, serve)


def _nothing() -> None:
    """Nobody is woken: whoever leads looks every second."""
