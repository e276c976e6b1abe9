"""A name server on this machine that knows what a test tells it, over UDP."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Thread

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

Zone = Mapping[tuple[str, str], Sequence[str]]


@contextmanager
def nameserver(zone: Zone) -> Iterator[str]:
    """Answers for names and kinds in the zone, and says of others that they are not there; yields `address#port`."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        serving = Thread(target=_serve, args=(listening, zone))
        serving.start()
        try:
            yield f"127.0.0.1#{listening.getsockname()[1]}"
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                last.sendto(b"", listening.getsockname())
            serving.join()


def _serve(listening: socket.socket, zone: Zone) -> None:
    while True:
        octets, who = listening.recvfrom(4096)
        if not octets:
            return
        asked = dns.message.from_wire(octets)
        answer = dns.message.make_response(asked)
        answer.flags |= dns.flags.RA
        (question,) = asked.question
        name, kind = question.name.to_text(omit_final_dot=True).lower(), question.rdtype.name
        found = zone.get((name, kind), ())
        if found:
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *found))
        elif not any(known == name for known, _ in zone):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        listening.sendto(answer.to_wire(), who)


@contextmanager
def silent_nameserver() -> Iterator[str]:
    """A name server that never answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        yield f"127.0.0.1#{listening.getsockname()[1]}"
