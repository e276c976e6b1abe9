"""The web server: the socket it listens on, and how it is set."""

from __future__ import annotations

import socket
from typing import Any
from wsgiref.types import WSGIApplication

from waitress.server import create_server  # type: ignore[import-untyped]

from preferences.errors import TrothError
from preferences.settings import Settings

WEB_THREADS = 8
# More than any page takes, so that it is a page that says so.
LARGEST_BODY_OCTETS = 64 * 1024 * 1024


def server_of(app: WSGIApplication, listening: socket.socket) -> Any:
    """A server of an application, which serves from `run` until that is left."""
    return create_server(
        app,
        sockets=[listening],
        threads=WEB_THREADS,
        ident=None,
        max_request_body_size=LARGEST_BODY_OCTETS,
        # The application believes as much of them as the settings say, and sees by them that a request was handed on.
        clear_untrusted_proxy_headers=False,
    )


def listening_on(settings: Settings) -> socket.socket:
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
