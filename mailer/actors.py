"""The actors, declared for a broker that is given. Messages carry ids only; losing any of them loses nothing."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Protocol

import dramatiq
from dramatiq import Actor, Broker
from dramatiq.broker import MessageProxy
from dramatiq.brokers.stub import StubBroker


class Tasks(Protocol):
    """What the actors call."""

    def hand_over(self, publication_id: int) -> None:
        """Hand over what is due for a publication."""
        ...

    def tend(self) -> None:
        """Plan, sweep and settle."""
        ...

    def write_service_mails(self) -> None:
        """Compose and hand over service mails."""
        ...


@dataclass(frozen=True, slots=True)
class Actors:
    """The declared actors."""

    hand_over: Actor[[int], None]
    tend: Actor[[], None]
    write_service_mails: Actor[[], None]


def declare_actors(broker: Broker, tasks: Tasks) -> Actors:
    """Declare the actors on a broker. They are not retried: the ticker asks again as long as something is due."""
    return Actors(
        hand_over=dramatiq.actor(broker=broker, actor_name="hand_over", queue_name="mail")(tasks.hand_over),
        tend=dramatiq.actor(broker=broker, actor_name="tend", queue_name="tend")(tasks.tend),
        write_service_mails=dramatiq.actor(broker=broker, actor_name="write_service_mails", queue_name="service")(
            tasks.write_service_mails
        ),
    )


class InProcessBroker(StubBroker):
    """Dramatiq's in-process broker without its memory for what failed: the database knows what is to be done."""

    def __init__(self) -> None:
        super().__init__(middleware=[])
        self.dead_letters_by_queue = defaultdict(_Forgetful)


class _Forgetful(list[MessageProxy]):
    def append(self, _message: MessageProxy) -> None:
        """Forget it."""
