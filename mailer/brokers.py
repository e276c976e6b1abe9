"""Brokers: where tickets wait for a worker. In this process, on a Redis or Valkey server, or on RabbitMQ.

A broker is only ever the quicker way to say that something is due: tickets carry ids, and it may lose all of them,
deliver them twice, late, or in another order. So nothing of it is retried, kept, or asked about what is to be done.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from dramatiq import Broker
from dramatiq.broker import MessageProxy
from dramatiq.brokers.stub import StubBroker
from dramatiq.errors import BrokerError

from preferences.errors import TrothError

# A worker that was killed is noticed so soon by the others, and the tickets it held are handed out again. The scheduler
# writes anew what nobody takes up, so this only keeps the server tidy: one command in a hundred looks.
HEARTBEAT_MS = 10_000
MAINTENANCE_IN_A_MILLION = 10_000
CONNECT_SECONDS = 5


class BrokerAway(TrothError):
    """The broker cannot be reached: tickets are written when it is back, from what the database says is due then."""


class InProcessBroker(StubBroker):
    """Dramatiq's in-process broker without its memory for what failed: the database knows what is to be done."""

    def __init__(self) -> None:
        super().__init__(middleware=[])
        self.dead_letters_by_queue = defaultdict(_Forgetful)


class _Forgetful(list[MessageProxy]):
    def append(self, _message: MessageProxy) -> None:
        """Forget it."""


def open_broker(url: str, installation: str) -> Broker:
    """The broker that a setting names. Connects on first use, and never keeps what failed.

    `installation` is the name in the database: several installations may share one server, each with queues of its own.
    """
    scheme = url.partition(":")[0]
    if scheme == "memory":
        return InProcessBroker()
    if scheme == "amqp":
        # Only here and below: the clients of both servers are loaded by those who use them.
        from dramatiq.brokers.rabbitmq import RabbitmqBroker

        return RabbitmqBroker(url=url, middleware=[])
    import redis
    from dramatiq.brokers.redis import RedisBroker
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    client = redis.Redis.from_url(
        url, socket_connect_timeout=CONNECT_SECONDS, socket_timeout=CONNECT_SECONDS, retry=Retry(NoBackoff(), 1)
    )
    return RedisBroker(  # type: ignore[no-untyped-call]
        client=client,
        middleware=[],
        namespace=f"troth-{installation}",
        heartbeat_timeout=HEARTBEAT_MS,
        maintenance_chance=MAINTENANCE_IN_A_MILLION,
        dead_message_ttl=HEARTBEAT_MS,
    )


def waiting_tickets(broker: Broker, queue: str) -> int:
    """How many tickets of a queue no worker has taken yet. Raises `BrokerAway`."""
    with at_the_broker(broker):
        return _waiting(broker, queue)


@contextmanager
def at_the_broker(broker: Any) -> Iterator[None]:
    """What is asked of a broker within raises `BrokerAway`; what is asked next begins with a new connection."""
    errors = broker_errors(broker)
    try:
        yield
    except errors as error:
        if hasattr(broker, "get_queue_message_counts"):  # a broken channel to RabbitMQ would be kept for ever
            with suppress(*errors):
                del broker.connection
        raise BrokerAway(f"the broker cannot be reached: {type(error).__name__}") from error


def _waiting(broker: Any, queue: str) -> int:
    if isinstance(broker, StubBroker):
        return int(broker.queues[queue].qsize())
    if hasattr(broker, "get_queue_message_counts"):
        return int(broker.get_queue_message_counts(queue)[0])
    return int(broker.client.llen(f"{broker.namespace}:{queue}"))


def broker_errors(broker: Any) -> tuple[type[Exception], ...]:
    """What is raised where a broker is away; each client has a family of its own, and the other's is not loaded."""
    if isinstance(broker, StubBroker):
        return (BrokerError, OSError)
    if hasattr(broker, "get_queue_message_counts"):
        from pika.exceptions import AMQPError

        return (BrokerError, AMQPError, OSError)
    from redis.exceptions import RedisError

    return (BrokerError, RedisError, OSError)
