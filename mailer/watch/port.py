"""`/healthz`, `/readyz` and `/metrics` of one process, on a port of their own. On loopback unless told otherwise."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from preferences.errors import TrothError

log = logging.getLogger(__name__)

# Several processes of one machine each take the first port from the one that is set that is free.
PORTS = 64
_JSON = "application/json"


class WatchPort:
    """Answers whoever watches this process. `start` it once, `stop` it once; `address` is where it listens.

    `missing` says what keeps the process from its work. Raises `TrothError` where no port is free.
    """

    def __init__(
        self, listen: tuple[str, int], registry: CollectorRegistry, missing: Callable[[], Sequence[str]]
    ) -> None:
        handler = type("Handler", (_Handler,), {"registry": registry, "missing": staticmethod(missing)})
        self._server = _listening(*listen, handler)
        self._thread = Thread(target=self._server.serve_forever, name="watch", daemon=True)

    @property
    def address(self) -> str:
        """Host and port."""
        host, port = self._server.server_address[:2]
        shown = f"[{host!s}]" if ":" in str(host) else str(host)
        return f"{shown}:{port}"

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Answer nobody any more, and give the port back."""
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Who is begun anew listens where it did before, though connections of before are not forgotten by the system yet: a
    # watcher would look for it there in vain. Where somebody listens, this takes nothing from them.
    allow_reuse_address = True


class _Server6(_Server):
    address_family = socket.AF_INET6


def _listening(host: str, port: int, handler: type[BaseHTTPRequestHandler]) -> ThreadingHTTPServer:
    kind = _Server6 if ":" in host else _Server
    for one in range(port, port + 1 if port == 0 else min(port + PORTS, 65536)):
        with suppress(OSError):
            return kind((host, one), handler)
    raise TrothError(f"TROTH_METRICS_LISTEN: no port from {host}:{port} on is free; choose others, or say off")


class _Handler(BaseHTTPRequestHandler):
    """One request. Everything but the three paths is not found."""

    registry: CollectorRegistry
    missing: Callable[[], Sequence[str]]
    server_version = "troth"
    sys_version = ""
    timeout = 10

    def do_GET(self) -> None:
        """Answer."""
        match self.path.partition("?")[0]:
            case "/healthz":
                self._say(HTTPStatus.OK, _JSON, json.dumps({"answers": True}).encode())
            case "/readyz":
                missing = list(self.missing())
                status = HTTPStatus.SERVICE_UNAVAILABLE if missing else HTTPStatus.OK
                self._say(status, _JSON, json.dumps({"ready": not missing, "missing": missing}).encode())
            case "/metrics":
                self._say(HTTPStatus.OK, CONTENT_TYPE_PLAIN_0_0_4, generate_latest(self.registry))
            case _:
                self._say(HTTPStatus.NOT_FOUND, _JSON, b'{"paths": ["/healthz", "/readyz", "/metrics"]}')

    def _say(self, status: HTTPStatus, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the library names it
        """Nobody needs to read who asked."""
