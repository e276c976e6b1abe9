"""The web server: the socket it listens on, and how it is set."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

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


def with_health(app: WSGIApplication, missing: Callable[[], Sequence[str]]) -> WSGIApplication:
    """The application, and `/healthz` and `/readyz` for what stands before it and shares readers out."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        said = _health(environ.get("PATH_INFO", ""), missing)
        if said is None or environ.get("REQUEST_METHOD") not in ("GET", "HEAD"):
            return app(environ, start_response)
        status, body = said
        headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
        start_response(status, [*headers, ("Content-Length", str(len(body)))])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    return answer


def _health(path: str, missing: Callable[[], Sequence[str]]) -> tuple[str, bytes] | None:
    if path == "/healthz":
        return "200 OK", json.dumps({"answers": True}).encode()
    if path != "/readyz":
        return None
    lacks = list(missing())
    status = "503 Service Unavailable" if lacks else "200 OK"
    return status, json.dumps({"ready": not lacks, "missing": lacks}).encode()


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
