"""Tickets on their way: how one is written into a queue, and who is called where it comes out.

A ticket carries ids only. The actors are declared on a broker that is given, and nothing is retried: the scheduler
writes another ticket as long as something is due.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import dramatiq
from dramatiq import Broker, Message

from mailer.brokers import at_the_broker
from mailer.tickets import Range

_HAND_OVER, _SERVICE = "hand_over", "write_service_mails"


class Tasks(Protocol):
    """What the actors call."""

    def hand_over(self, publication_id: int, after: int, until: int) -> None:
        """Hand over what is due for the subscribers of a publication with numbers from after `after` to `until`."""
        ...

    def write_service_mails(self) -> None:
        """Compose and hand over service mails."""
        ...


@dataclass(frozen=True, slots=True)
class Queues:
    """The two queues of one installation, by name: two installations may share a broker."""

    mail: str
    service: str

    @classmethod
    def of(cls, installation: str) -> Queues:
        """Those of the installation with that name."""
        return cls(mail=f"troth-{installation}-mail", service=f"troth-{installation}-service")


def declare_actors(broker: Broker, queues: Queues, tasks: Tasks) -> None:
    """Declare on a broker what its tickets call."""
    dramatiq.actor(broker=broker, actor_name=_HAND_OVER, queue_name=queues.mail)(tasks.hand_over)
    dramatiq.actor(broker=broker, actor_name=_SERVICE, queue_name=queues.service)(tasks.write_service_mails)


class TicketWriter:
    """Writes tickets. Each method raises `BrokerAway`, and then nobody knows whether the ticket was written."""

    def __init__(self, broker: Broker, queues: Queues) -> None:
        self._broker = broker
        self._queues = queues
        broker.declare_queue(queues.mail)
        broker.declare_queue(queues.service)

    def hand_over(self, one: Range) -> None:
        """Something is due for these subscribers."""
        self._write(self._queues.mail, _HAND_OVER, (one.publication_id, one.after, one.until))

    def write_service_mails(self) -> None:
        """A service mail is due."""
        self._write(self._queues.service, _SERVICE, ())

    def _write(self, queue: str, actor: str, ids: tuple[int, ...]) -> None:
        message: Message[None] = Message(queue_name=queue, actor_name=actor, args=ids, kwargs={}, options={})
        with at_the_broker(self._broker):
            self._broker.enqueue(message)
