"""Keys of senders: what arrives is signed, what has no key is not, and a key that cannot be read holds everything back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache

import dkim
import pytest

from mailer.compose.dkim import Algorithm, dns_record, new_private_key, read_key
from mailer.mails import Mails
from mailer.sealing import opened, seal
from mailer.service import write_service_mails
from mailer.signing import Signing, seal_key
from mailer.transport import SmtpTransport
from preferences.address import parse_address
from preferences.errors import AnyDoubt
from preferences.store.clock import SystemClock
from preferences.store.database import open_database
from preferences.store.dkim_keys import KeyState, activate, add_key, key_named, retire
from preferences.store.publications import change_publication
from preferences.store.service_limits import ServiceKind
from preferences.store.service_mails import queue
from tests.mailer.town import TUESDAY, Town
from tests.mailer.transport.servers import Kept, real_server

SECRET, OTHER = "a" * 40, "b" * 40


@contextmanager
def signing_town(url: str, *secret_keys: str) -> Iterator[tuple[Town, Kept]]:
    """A town whose mails go to a real server, and whose keys are sealed under these secret keys."""
    database = open_database(url)
    with real_server() as (server, kept):
        try:
            town = Town(database, lambda clock: SmtpTransport(server, clock))
            trust(town, *(secret_keys or (SECRET,)))
            town.topic("letter", 5)
            town.reader("anna", {"letter": "each"})
            town.clock.instant = TUESDAY
            yield town, kept
        finally:
            database.close()


def trust(town: Town, *secret_keys: str) -> None:
    """A process that was started with these secret keys."""
    town.office = replace(town.office, signing=Signing(town.database, SystemClock(), secret_keys))
    town.mails = Mails(town.office)


@cache
def private(algorithm: Algorithm, number: int) -> bytes:
    return new_private_key(algorithm)


def give_key(
    town: Town, selector: str, algorithm: Algorithm = Algorithm.RSA, domain: str = "example.org", number: int = 0
) -> None:
    """A key that signs from now on."""
    octets = private(algorithm, number)
    with town.database.write() as connection:
        add_key(
            connection,
            domain=domain,
            selector=selector,
            algorithm=algorithm.value,
            sealed=seal_key([SECRET], octets, domain, selector),
            record=dns_record(read_key(domain, selector, octets)),
            now=town.now,
        )
        activate(connection, key_named(connection, domain, selector), town.now)


def verifies(town: Town, data: bytes, which: int = 0) -> bool:
    def record(name: bytes, timeout: int = 5) -> bytes:
        selector, _, domain = name.decode().rstrip(".").partition("._domainkey.")
        with town.database.read() as connection:
            return key_named(connection, domain, selector).record.encode()

    verified: bool = dkim.DKIM(data).verify(idx=which, dnsfunc=record)
    return verified


def signatures(data: bytes) -> list[bytes]:
    return [line for line in data.partition(b"\r\n\r\n")[0].split(b"\r\n") if line.startswith(b"DKIM-Signature:")]


def test_what_arrives_at_a_server_is_signed_so_that_others_verify_it(database_url: str) -> None:
    with signing_town(database_url) as (town, kept):
        give_key(town, "one")
        give_key(town, "two", Algorithm.ED25519)
        town.campaign("first", "letter")
        town.hand_over()
        ((_, _, data),) = kept.messages
        assert len(signatures(data)) == 2
        assert b"a=rsa-sha256" in signatures(data)[0]
        assert verifies(town, data, 0)
        assert verifies(town, data, 1)


def test_a_service_mail_is_signed_too(sqlite_url: str) -> None:
    with signing_town(sqlite_url) as (town, kept):
        give_key(town, "one")
        with town.database.write() as connection:
            queue(connection, 1, ServiceKind.FRESH_LINK, parse_address("anna@example.org"), town.now, subscriber_id=1)
        write_service_mails(town.office, town.lease_id)
        assert [verifies(town, data) for _, _, data in kept.messages] == [True]


def test_a_domain_without_a_key_has_its_mails_leave_as_they_are(sqlite_url: str) -> None:
    with signing_town(sqlite_url) as (town, kept):
        give_key(town, "one", domain="elsewhere.example")
        town.campaign("first", "letter")
        town.hand_over()
        assert [signatures(data) for _, _, data in kept.messages] == [[]]


def test_a_key_that_cannot_be_read_holds_everything_back_and_nothing_leaves_unsigned(database_url: str) -> None:
    with signing_town(database_url) as (town, kept):
        give_key(town, "one")
        trust(town, OTHER)
        first = town.campaign("first", "letter")
        with pytest.raises(AnyDoubt, match=r"one of example\.org cannot be read"):
            town.hand_over()
        with pytest.raises(AnyDoubt):
            write_service_mails(town.office, town.lease_id)
        assert kept.messages == []
        assert town.stands(first)[0] == "due"
        trust(town, OTHER, SECRET)
        town.hand_over()
        assert town.stands(first)[0] == "accepted"
        assert [verifies(town, data) for _, _, data in kept.messages] == [True]


def test_a_new_key_signs_once_it_is_active_and_the_old_one_is_kept_until_it_is_retired(sqlite_url: str) -> None:
    with signing_town(sqlite_url) as (town, kept):
        give_key(town, "one")
        town.campaign("first", "letter")
        town.hand_over()
        give_key(town, "two", number=1)
        trust(town, SECRET)
        town.campaign("second", "letter")
        town.hand_over()
        used = [b"s=two" in data.partition(b"\r\n\r\n")[0] for _, _, data in kept.messages]
        assert used == [False, True]
        assert [verifies(town, data) for _, _, data in kept.messages] == [True, True]
        with town.database.write() as connection:
            assert key_named(connection, "example.org", "one").state is KeyState.REPLACED
            retire(connection, key_named(connection, "example.org", "one"), town.now)
            assert key_named(connection, "example.org", "one").sealed == b""


def test_keys_are_read_again_after_seconds_and_not_for_every_group(sqlite_url: str) -> None:
    with signing_town(sqlite_url) as (town, kept):
        seconds = [0.0]
        signing = Signing(town.database, SystemClock(), [SECRET], lambda: seconds[0])
        town.office = replace(town.office, signing=signing)
        town.mails = Mails(town.office)
        signing.check()
        give_key(town, "one")
        town.campaign("first", "letter")
        town.hand_over()
        seconds[0] = 6.0
        town.campaign("second", "letter")
        town.hand_over()
        assert [len(signatures(data)) for _, _, data in kept.messages] == [0, 1]


def test_the_domain_of_the_sender_decides_which_key_signs(sqlite_url: str) -> None:
    with signing_town(sqlite_url) as (town, kept):
        give_key(town, "one")
        give_key(town, "two", domain="news.example", number=1)
        with town.database.write() as connection:
            change_publication(connection, 1, {"sender": "News <news@NEWS.example>"})
        town.campaign("first", "letter")
        town.hand_over()
        ((_, _, data),) = kept.messages
        assert b"d=news.example; s=two" in data
        assert verifies(town, data)


def test_what_is_sealed_opens_with_the_key_it_was_sealed_with_and_in_its_place_only() -> None:
    sealed = seal([SECRET, OTHER], b"private", "here")
    assert opened([OTHER, SECRET], sealed, "here") == b"private"
    assert b"private" not in sealed
    assert opened([OTHER], sealed, "here") is None
    assert opened([SECRET], sealed, "there") is None
    assert opened([SECRET], sealed[:-1] + b"x", "here") is None
    assert opened([SECRET], b"", "here") is None
