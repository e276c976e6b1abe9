"""One mailer process for the proof: `python -m benchmarks.prove_worker DATABASE_URL SMTP_PORT`, until it is ended."""

from __future__ import annotations

import signal
import sys
import threading

from mailer.embedded import EmbeddedMailer
from mailer.office import Office
from mailer.transport import SmtpTransport
from preferences.links import Links
from preferences.settings import SmtpSecurity, SmtpServer
from preferences.store.clock import SystemClock
from preferences.store.database import open_database

KEYS = ("a key for the proof that is long enough",)


def main(url: str, port: int) -> None:
    """Work until SIGTERM, which ends in order; anything else is what is to be shown."""
    clock = SystemClock()
    office = Office(
        database=open_database(url),
        clock=clock,
        links=Links(KEYS),
        base_url="http://127.0.0.1:8642",
        list_host="localhost",
        transport=SmtpTransport(
            SmtpServer(host="127.0.0.1", port=port, security=SmtpSecurity.OPPORTUNISTIC), clock, local_name="localhost"
        ),
    )
    worker = EmbeddedMailer(office, connections=1, purpose="proof")
    worker.start()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    print("ready", flush=True)
    stop.wait()
    worker.stop()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
