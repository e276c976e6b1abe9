"""Two people at once, on a database that really lets them: what must happen once happens once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from preferences.address import parse_address
from preferences.store.confirmations import confirm
from preferences.store.signups import SignUp, request
from preferences.store.tables import EXPECTATION, SUBSCRIBER, UNSUBSCRIBE
from preferences.store.unsubscribes import unsubscribe
from preferences.unsubscribe import Scope
from tests.store.newsletter import ANNA, BY_FOOTER, BY_SIGN_UP, NOON, asked, count, newsletter, signed_up


def test_two_confirmations_of_one_address_at_once_make_one_subscriber(database_url: str) -> None:
    with newsletter(database_url) as there:
        with there.database.write() as connection:
            sign_up = SignUp(address=parse_address(ANNA), asked=asked("letter"))
            numbers = [request(connection, there.publication, sign_up, BY_SIGN_UP, NOON) or 0 for _ in range(4)]

        def press(number: int) -> int:
            with there.database.write() as connection:
                return confirm(connection, there.publication, number, BY_SIGN_UP, NOON).subscriber_id

        with ThreadPoolExecutor(8) as pool:
            made = set(pool.map(press, numbers * 2))
        with there.database.read() as connection:
            assert len(made) == count(connection, SUBSCRIBER) == 1
            assert count(connection, EXPECTATION) == 1


def test_leaving_from_many_places_at_once_is_leaving_once(database_url: str) -> None:
    with newsletter(database_url) as there:
        person = signed_up(there, asked("letter", "events"), now=NOON - timedelta(days=1))

        def leave(_: int) -> bool:
            with there.database.write() as connection:
                return unsubscribe(connection, there.publication, person, Scope.ALL, BY_FOOTER, NOON).was_new

        with ThreadPoolExecutor(6) as pool:
            assert sum(pool.map(leave, range(6))) == 1
        with there.database.read() as connection:
            assert count(connection, UNSUBSCRIBE) == 1
