"""`troth status`: why is nothing going out? One sentence that answers, and 1 where a person is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Connection, insert, update

from preferences.store.leases import Process, begin_lease, renew_lease
from preferences.store.publications import change_publication, publication_named
from preferences.store.results import Came
from preferences.store.revisions import newest_revision
from preferences.store.statuses import Situation, situation
from preferences.store.tables import CAMPAIGN, COUNTED, DELIVERY, LEASE, SERVICE_MAIL
from tests.store.lived import Lived
from tests.store.newsletter import NOON, Newsletter, asked, newsletter
from webapp.cli import troth
from webapp.cli.status import full_disk, lines, needs_a_person


@pytest.fixture
def there(database_url: str) -> Iterator[Newsletter]:
    with newsletter(database_url) as found:
        yield found


# However long the machine that runs the test stands still.
LASTS = timedelta(hours=1)


def _situation(there: Newsletter, now: datetime) -> Situation:
    """How things stand by a clock that everybody agrees on but the database, whose own cannot be moved."""
    with there.database.read() as connection:
        row = publication_named(connection, None)
    return situation(there.database, row, now, there.database.own_now(), is_driven=False)


def _alive(connection: Connection) -> None:
    """A process that is there now, by the clock of the machine."""
    begin_lease(connection, "worker", datetime.now(UTC), lasts=LASTS)


def _waiting(there: Newsletter) -> Lived:
    """One reader who got a letter; an extra waits for the next one."""
    lived = Lived(there)
    lived.reader(asked("letter", "events", at_most={"count": 1, "per": "week"}))
    lived.send(there.letter, "First letter")
    lived.hand_over()
    lived.wait(days=1)
    lived.send(there.events, "Extra")
    lived.hand_over()
    return lived


def test_what_waits_is_counted_by_campaign_with_when_it_is_looked_at_next(there: Newsletter) -> None:
    lived = _waiting(there)
    found = _situation(there, lived.now)
    (extra,) = found.campaigns
    assert extra.name == "Extra"
    assert extra.counts == {"waiting": 1}
    assert (found.due, found.overdue) == (0, 0)
    assert found.next_at == extra.wakes_at
    assert found.next_at is not None
    assert found.next_at > lived.now


def test_what_is_due_is_counted_and_after_five_minutes_it_is_overdue(there: Newsletter) -> None:
    lived = Lived(there)
    lived.reader(asked("letter"))
    lived.send(there.letter, "First letter")
    assert (_situation(there, lived.now).due, _situation(there, lived.now).overdue) == (1, 0)
    later = _situation(there, lived.now + timedelta(minutes=6))
    assert (later.due, later.overdue) == (1, 1)


def test_a_scheduled_campaign_whose_time_has_come_is_due(there: Newsletter) -> None:
    lived = Lived(there)
    lived.send(there.letter, "First letter")
    with there.database.write() as connection:
        connection.execute(update(CAMPAIGN).values(status="scheduled", scheduled_at=NOON + timedelta(hours=1)))
    assert _situation(there, NOON).next_at == NOON + timedelta(hours=1)
    assert _situation(there, NOON + timedelta(hours=1)).due == 1


def test_what_waits_in_a_paused_campaign_is_not_due(there: Newsletter) -> None:
    lived = Lived(there)
    lived.reader(asked("letter"))
    campaign = lived.send(there.letter, "First letter")
    with there.database.write() as connection:
        connection.execute(update(CAMPAIGN).where(CAMPAIGN.c.id == campaign).values(status="paused"))
    assert _situation(there, lived.now).due == 0


def test_a_counted_mail_in_the_future_is_a_clock_that_disagrees(there: Newsletter) -> None:
    lived = _waiting(there)
    (disagreement,) = _situation(there, NOON - timedelta(seconds=31)).disagreements
    assert disagreement == "the newest counted mail lies 31 s in the future"
    assert _situation(there, lived.now).disagreements == ()


def test_a_machine_whose_clock_differs_from_the_databases_is_named(there: Newsletter) -> None:
    with there.database.read() as connection:
        row = publication_named(connection, None)
    wrong = there.database.own_now() + timedelta(minutes=2)
    found = situation(there.database, row, wrong, wrong, is_driven=False)
    (disagreement,) = found.disagreements
    assert disagreement.startswith("this machine's clock and the database's differ by 1")
    assert "set the clocks right" in (needs_a_person(found) or "")


@pytest.fixture
def status(there: Newsletter, database_url: str, tmp_path: Path) -> Callable[..., Result]:
    """`troth status`, on the database of this test, whose ledger lies in what is now the past."""
    environ = {"TROTH_DATABASE_URL": database_url, "TROTH_DATA_DIR": str(tmp_path), "TROTH_SECRET_KEY": "s" * 40}
    return lambda *words, **more: CliRunner().invoke(troth, ["status", *words], env={**environ, **more})


def _last(answer: Result) -> str:
    return answer.stdout.splitlines()[-1]


def test_with_nothing_to_send_it_says_so(there: Newsletter, status: Callable[..., Result]) -> None:
    answer = status("--publication", "newsletter")
    assert answer.exit_code == 0, answer.output
    assert _last(answer) == (
        "newsletter: nothing is going out because nothing is scheduled and nothing waits."
        " Mail stays in the test inbox, because no mail server is set (TROTH_SMTP_URL)."
    )
    assert f"database: revision {newest_revision()}" in answer.stdout
    assert "last heartbeat of a process: never (none is running)" in answer.stdout


def test_with_a_mail_server_nothing_is_said_about_the_test_inbox(
    there: Newsletter, status: Callable[..., Result]
) -> None:
    answer = status(TROTH_SMTP_URL="smtp://127.0.0.1:2525")
    assert "mail: to the mail server" in answer.stdout
    assert _last(answer) == "newsletter: nothing is going out because nothing is scheduled and nothing waits."


def test_what_must_be_set_before_anything_leaves_is_named(there: Newsletter, status: Callable[..., Result]) -> None:
    with there.database.write() as connection:
        change_publication(connection, there.publication, {"postal_address": None})
    answer = status()
    assert answer.exit_code == 1
    assert _last(answer) == (
        "newsletter: nothing may go out until the postal address is set: troth publication set newsletter."
    )


def _put_off(connection: Connection, **span: float) -> None:
    """Move what waits to a while from now, by the clock of the machine."""
    at = datetime.now(UTC) + timedelta(**span)
    connection.execute(update(COUNTED).values(counted_at=at - timedelta(days=9)))
    connection.execute(update(DELIVERY).where(DELIVERY.c.state.in_(["waiting", "due"])).values(wakes_at=at))


def test_what_waits_for_its_readers_is_told_with_until_when(there: Newsletter, status: Callable[..., Result]) -> None:
    _waiting(there)
    with there.database.write() as connection:
        _alive(connection)
        _put_off(connection, days=3)
    answer = status()
    assert answer.exit_code == 0
    assert "campaign 'Extra': waiting; 1 waiting; next " in answer.stdout
    assert "newsletter: nothing is due before " in _last(answer)
    assert ": 1 mail waiting for what their readers asked for." in _last(answer)


def test_without_a_process_that_sends_it_says_to_start_one(there: Newsletter, status: Callable[..., Result]) -> None:
    _waiting(there)
    with there.database.write() as connection:
        _put_off(connection, seconds=-1)
        connection.execute(update(LEASE).values(until=NOON - timedelta(days=400)))
    answer = status()
    assert answer.exit_code == 1
    assert _last(answer) == (
        "newsletter: nothing goes out because no process is running that sends: start one with troth run."
    )


def test_with_a_process_it_says_that_mail_is_going_out(there: Newsletter, status: Callable[..., Result]) -> None:
    _waiting(there)
    with there.database.write() as connection:
        _alive(connection)
        _put_off(connection, seconds=-1)
    answer = status()
    assert answer.exit_code == 0
    assert "newsletter: mail is going out: 1 due, 0 handing over." in _last(answer)


def test_a_campaign_that_paused_itself_is_named_with_why(there: Newsletter, status: Callable[..., Result]) -> None:
    lived = Lived(there)
    lived.reader(asked("letter"))
    lived.came = lambda: Came.SENDER_REFUSED
    lived.send(there.letter, "First letter")
    lived.hand_over()
    with there.database.write() as connection:
        connection.execute(update(COUNTED).values(counted_at=NOON - timedelta(days=90)))
    answer = status()
    assert answer.exit_code == 1
    assert _last(answer) == (
        "newsletter: campaign 'First letter' is paused, because the mail server refused the sender: thank you:"
        " resume or end it."
    )


def test_a_service_mail_that_could_not_be_sent_is_said(there: Newsletter, status: Callable[..., Result]) -> None:
    at = datetime.now(UTC) - timedelta(days=1)
    with there.database.write() as connection:
        connection.execute(
            insert(SERVICE_MAIL).values(
                publication_id=there.publication, kind="confirm", state="failed", due_at=at, created_at=at
            )
        )
    answer = status()
    assert answer.exit_code == 1
    assert "service mails: 0 due, 1 failed" in answer.stdout
    assert _last(answer).startswith("newsletter: 1 service mails could not be sent")


def test_a_mail_server_that_cannot_be_reached_is_named(there: Newsletter) -> None:
    lived = Lived(there)
    lived.reader(asked("letter"))
    lived.send(there.letter, "First letter")
    lived.came = lambda: Came.RELAY_DOWN
    lived.hand_over()
    with there.database.write() as connection:
        _alive(connection)
    said = needs_a_person(_situation(there, lived.now))
    assert said is not None
    assert "no mail could be handed over" in said


@pytest.mark.parametrize(
    ("process", "lacks"),
    [
        (Process(purpose="web"), "no process is running that sends"),
        (Process(purpose="worker", threads=2), "no process schedules: start one with troth scheduler"),
        (Process(purpose="scheduler", schedules=True), "no process hands over: start one with troth worker"),
    ],
    ids=["only-web", "only-workers", "only-schedulers"],
)
def test_which_kind_of_process_is_missing_is_said_where_something_is_due(
    there: Newsletter, process: Process, lacks: str
) -> None:
    lived = Lived(there)
    lived.reader(asked("letter"))
    lived.send(there.letter, "First letter")
    with there.database.write() as connection:
        connection.execute(update(LEASE).values(ended_at=NOON))
        begin_lease(connection, process, datetime.now(UTC), lasts=LASTS)
    problem = needs_a_person(_situation(there, lived.now))
    assert problem is not None
    assert lacks in problem


def test_each_process_is_shown_with_where_it_answers_and_what_it_last_did(there: Newsletter) -> None:
    mill = Process(purpose="worker", host="mill", number=4711, listens="127.0.0.1:8644", threads=5)
    now = datetime.now(UTC)
    with there.database.write() as connection:
        lease = begin_lease(connection, mill, now, lasts=LASTS)
        renew_lease(connection, lease, now, lasts=LASTS, did="wrote 3 service mails", did_at=now)
        begin_lease(connection, Process(purpose="scheduler", schedules=True), now - timedelta(minutes=2))
    said = "\n".join(lines(_situation(there, now), "UTC", has_relay=True))
    assert f"process {lease}: worker on mill, number 4711; 5 threads; watched at 127.0.0.1:8644; last wrote 3" in said
    assert f"process {lease + 1}: scheduler; ended " in said


def test_a_full_disk_is_said_rather_than_that_nobody_sends(there: Newsletter) -> None:
    # Processes cannot write their heartbeats then, and look as if they had ended.
    assert full_disk(there.database) is None
    said = full_disk(there.database, octets=10**18)
    assert (said is not None and "free some" in said) == there.database.is_sqlite
