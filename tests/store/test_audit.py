"""The audit on real ledgers: clean as they were lived, and every wrong row is named; on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import delete, select, update

from preferences.errors import AnyDoubt
from preferences.expectation import Suppression
from preferences.store.auditing import Checked
from preferences.store.erasures import erase
from preferences.store.foreign import reserve
from preferences.store.results import Came
from preferences.store.suppressions import suppress
from preferences.store.tables import (
    DELIVERY,
    FOREIGN_MAIL,
    OPENING,
    PATTERN,
)
from preferences.store.unsubscribes import unsubscribe
from preferences.unsubscribe import Scope
from tests.store.lived import Lived, audited, letter_with_an_extra, live_through
from tests.store.newsletter import BY_FOOTER, BY_LINK, Newsletter, asked, newsletter
from webapp.cli import troth


@pytest.fixture
def there(database_url: str) -> Iterator[Newsletter]:
    with newsletter(database_url) as found:
        yield found


def test_a_ledger_as_it_was_lived_is_clean(there: Newsletter) -> None:
    told = letter_with_an_extra(there)
    broken, checked = audited(there)
    assert broken == []
    assert (checked.subscribers, checked.mails, checked.campaigns) == (1, 2, 3)
    with there.database.read() as connection:
        states = dict(connection.execute(select(DELIVERY.c.campaign_id, DELIVERY.c.state)).all())
    assert states[told.extra] == "came_along"


@pytest.mark.parametrize("seed", [11, 12])
def test_weeks_of_chance_leave_nothing_broken(there: Newsletter, seed: int) -> None:
    live_through(there, seed, people=3, steps=15)
    broken, checked = audited(there, subscribers_at_once=2)
    assert broken == []
    assert checked.subscribers == 3
    assert checked.mails > 2
    assert checked.decisions > 10


def test_what_was_refused_or_is_in_doubt_breaks_nothing(there: Newsletter) -> None:
    lived = Lived(there)
    lived.reader(asked("letter", "events", at_most={"count": 1, "per": "day"}))
    came = iter([Came.DEFERRED, Came.REFUSED, Came.IN_DOUBT])
    lived.came = lambda: next(came, Came.ACCEPTED)
    for number in range(4):
        lived.send(there.events, f"Issue {number}")
        lived.hand_over()
        lived.wait(days=2)
    lived.hand_over()
    assert audited(there)[0] == []


def test_leaving_and_coming_back_and_being_suppressed_break_nothing(there: Newsletter) -> None:
    lived = Lived(there)
    first, second = lived.reader(asked("letter", "events")), lived.reader(asked("letter"))
    lived.send(there.letter, "First letter")
    lived.hand_over()
    with there.database.write() as connection:
        unsubscribe(connection, there.publication, first, Scope.TOPIC, BY_FOOTER, lived.now, topic_id=there.letter)
        suppress(connection, there.publication, second, Suppression.DEAD_ADDRESS, BY_LINK, lived.now)
    lived.wait(days=7)
    lived.send(there.letter, "Second letter")
    lived.send(there.events, "Extra")
    lived.hand_over()
    assert audited(there)[0] == []


def test_what_an_erased_person_was_is_not_read_any_more_and_breaks_nothing(there: Newsletter) -> None:
    lived = Lived(there)
    reader = lived.reader(asked("events", hours={"from": "00:00", "to": "03:00"}), zone="Pacific/Auckland")
    lived.send(there.events, "Extra")
    lived.hand_over()
    lived.wait(hours=1)
    with there.database.write() as connection:
        erase(connection, there.publication, reader, BY_LINK, lived.now)
    broken, checked = audited(there)
    assert broken == []
    assert checked.of_erased > 0


def test_a_mail_another_system_reserved_is_judged_and_a_reported_one_listed_apart(there: Newsletter) -> None:
    lived = Lived(there)
    reader = lived.reader(asked("events", at_most={"count": 1, "per": "week"}))
    with there.database.write() as connection:
        reserve(connection, there.publication, reader, (there.events,), BY_LINK, lived.now)
    assert audited(there) == ([], Checked(subscribers=1, expectations=1, foreign=1, decisions=1))
    with there.database.write() as connection:
        connection.execute(update(FOREIGN_MAIL).values(topics=f"[{there.letter}]"))
    assert [(one.invariant, one.foreign) for one in audited(there)[0]] == [(1, False)]
    with there.database.write() as connection:
        connection.execute(update(FOREIGN_MAIL).values(state="reported"))
    assert [(one.invariant, one.foreign) for one in audited(there)[0]] == [(1, True)]


def test_a_lost_lease_sends_nothing_and_leaves_the_ledger_clean(there: Newsletter) -> None:
    lived = Lived(there)
    lived.reader(asked("letter"))
    lived.send(there.letter, "First letter")
    lived.lease += 1
    with pytest.raises(AnyDoubt):
        lived.hand_over()
    assert audited(there)[0] == []


@pytest.fixture
def command(there: Newsletter, database_url: str, tmp_path: Any) -> Callable[..., Any]:
    """`troth`, on the database of this test."""
    environ = {
        "TROTH_DATABASE_URL": database_url,
        "TROTH_DATA_DIR": str(tmp_path),
        "TROTH_SECRET_KEY": "s" * 40,
    }
    return lambda *words: CliRunner().invoke(troth, list(words), env=environ)


def test_the_command_says_that_every_promise_was_kept_and_what_was_checked(
    there: Newsletter, command: Callable[..., Any]
) -> None:
    letter_with_an_extra(there)
    answer = command("audit")
    assert answer.exit_code == 0, answer.output
    assert "newsletter: checked 2 mails, 0 mails of other systems" in answer.stdout
    assert answer.stdout.endswith("newsletter: every promise was kept.\n")


def test_the_command_names_every_broken_promise_in_a_line_and_ends_with_1(
    there: Newsletter, command: Callable[..., Any]
) -> None:
    told = letter_with_an_extra(there)
    with there.database.write() as connection:
        connection.execute(delete(OPENING))
        connection.execute(update(PATTERN).values(days=1))
    answer = command("audit", "--publication", "newsletter")
    assert answer.exit_code == 1
    line = next(line for line in answer.stdout.splitlines() if line.startswith("promise 3"))
    assert line.startswith("promise 3 (days, hours or a pause), sub_")
    assert "campaign 'First letter', Tuesday 2026-11-24 13:00 Europe/Berlin: counted on a Tuesday" in line
    assert "broken promise" in answer.stdout.splitlines()[-1]
    assert told.reader


def test_the_command_knows_its_publications(command: Callable[..., Any]) -> None:
    answer = command("audit", "--publication", "elsewhere")
    assert answer.exit_code == 1
    assert "there is no publication 'elsewhere'; there are: newsletter" in answer.stderr
