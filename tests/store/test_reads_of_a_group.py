"""What deciding about a group reads grows with the group, and not with what else is due, sent or counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, delete, event, insert
from sqlalchemy.exc import InternalError

from mailer.pace import Pace
from mailer.schedule import tend
from mailer.send import Sender
from preferences.store.clock import SystemClock
from preferences.store.database import open_database
from preferences.store.due import first_due
from preferences.store.gate import claim_subscribers, decide_group
from preferences.store.gate_opens import may_decide
from preferences.store.tables import COUNTED
from tests.mailer.town import TUESDAY, Town

DUE = 120
GROUP = 5
ASKED: dict[str, Callable[[Connection, Town], object]] = {
    "who is claimed of a range": lambda connection, town: claim_subscribers(
        connection, 1, town.now, limit=GROUP, after=DUE // 2, until=10 * DUE
    ),
    "who is claimed of all": lambda connection, town: claim_subscribers(
        connection, 1, town.now, limit=GROUP, after=DUE // 2
    ),
    "whether anything may be decided": lambda connection, town: may_decide(
        connection, 1, town.lease_id, town.now, SystemClock().now()
    ),
}


@pytest.fixture
def town_in_a_send(postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """A town of which the database knows little: all is due since it looked last, and half of it has left."""
    monkeypatch.setattr("preferences.store.gate._FEW", GROUP)
    database = open_database(postgresql_url)
    town = Town(database)
    town.topic("letter", days={1})
    for number in range(DUE):
        town.reader(f"reader{number}", {"letter": "each"})
    with database.write() as connection:
        before = {"publication_id": 1, "subscriber_id": 1, "counted_at": town.now, "in_total": False}
        connection.execute(insert(COUNTED), [before] * 4 * DUE)
        connection.exec_driver_sql("ANALYZE")
    town.clock.instant = TUESDAY
    town.campaign("letter", "letter")
    tend(town.office)
    Sender(town.office, town.mails, town.lease_id, lambda: len(town.outcomes()) < DUE / 2, Pace(steady=GROUP)).run(1)
    yield town
    database.close()


@pytest.mark.parametrize("name", ASKED)
def test_what_is_asked_for_each_group_reads_no_more_than_the_group(town_in_a_send: Town, name: str) -> None:
    said: list[tuple[str, Any]] = []
    with town_in_a_send.database.write() as connection:
        event.listen(connection, "before_cursor_execute", lambda *about: said.append((about[2], about[3])))
        ASKED[name](connection, town_in_a_send)
        read = [_rows_read(connection, *one) for one in list(said)]
    assert 0 < sum(read) < DUE / 2


def test_what_is_asked_for_each_group_is_prepared_once(town_in_a_send: Town) -> None:
    town = town_in_a_send
    Sender(town.office, town.mails, town.lease_id, lambda: True, Pace(steady=GROUP)).run(1)
    with town.database.look() as connection:
        prepared = connection.exec_driver_sql("SELECT count(*) FROM pg_prepared_statements").scalar_one()
    assert prepared > GROUP


def test_handing_over_moves_no_index_entry(town_in_a_send: Town) -> None:
    town = town_in_a_send
    asked = "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_xact_user_tables WHERE relname = 'delivery'"
    with town.database.write() as connection:
        before = connection.exec_driver_sql(asked).one()
        group = decide_group(connection, 1, town.lease_id, town.now, SystemClock().now(), limit=GROUP)
        after = connection.exec_driver_sql(asked).one()
    assert group is not None
    assert len(group.mails) == GROUP
    assert [now - then for now, then in zip(after, before, strict=True)] == [GROUP, GROUP]


def test_who_is_being_handed_over_is_not_claimed_again(town_in_a_send: Town) -> None:
    town = town_in_a_send
    with town.database.write() as connection:
        group = decide_group(connection, 1, town.lease_id, town.now, SystemClock().now(), limit=DUE)
        assert group is not None
        assert claim_subscribers(connection, 1, town.now, limit=DUE, until=10 * DUE) == []
        assert claim_subscribers(connection, 1, town.now, limit=DUE) == []
        assert first_due(connection, 1, town.now, limit=DUE) == []


def test_whoever_looks_changes_nothing(town_in_a_send: Town) -> None:
    with pytest.raises(InternalError, match="read-only"), town_in_a_send.database.look() as connection:
        connection.execute(delete(COUNTED))


def _rows_read(connection: Connection, statement: str, values: Any) -> int:
    told = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", values).scalar_one()
    return _of_scans(told[0]["Plan"])


def _of_scans(plan: dict[str, Any]) -> int:
    """The rows that scans of tables found, whether or not they were of use."""
    own = 0
    if "Relation Name" in plan:
        missed = sum(value for key, value in plan.items() if key.startswith("Rows Removed"))
        own = round((plan["Actual Rows"] + missed) * plan["Actual Loops"])
    return own + sum(_of_scans(one) for one in plan.get("Plans", ()))
