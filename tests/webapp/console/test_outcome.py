"""What became of a campaign, on one screen: every number with its people, and what a person can still do about it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from mailer.schedule import tend
from mailer.send import Sender
from mailer.transport import MemoryTransport, OutcomeKind
from preferences.delivery import State
from preferences.store.events import SYSTEM
from preferences.store.tables import DELIVERY
from preferences.store.unsubscribes import unsubscribe
from preferences.store.warm_up import begin_warm_up
from preferences.unsubscribe import Cause, Scope
from tests.mailer.town import Town
from tests.webapp.console.marketer import HERE, Marketer, marketer
from tests.webapp.console.test_campaigns import draft, schedule, town_of
from tests.webapp.visitor import dump


@pytest.fixture
def at(database_url: str, tmp_path: Path) -> Iterator[Marketer]:
    with marketer(database_url, tmp_path) as somebody:
        yield somebody


def answering(at: Marketer, **answers: OutcomeKind) -> Town:
    """A town whose mailboxes answer like this, by the names of their readers."""
    town = Town(at.at.there.database, lambda clock: MemoryTransport(clock, by_address(answers)))
    town.clock.instant = at.at.clock.now()
    return town


def by_address(answers: dict[str, OutcomeKind]) -> dict[str, OutcomeKind]:
    return {f"{name}@example.org": kind for name, kind in answers.items()}


def one_of_each(at: Marketer) -> tuple[Town, str]:
    """A campaign that was sent to readers of every kind."""
    town = answering(at, refa=OutcomeKind.REFUSED, doubt=OutcomeKind.IN_DOUBT)
    for name in ("anna", "bert", "refa", "doubt"):
        town.reader(name, {"letter": "each"})
    town.reader("dig", {"letter": "weekly"})
    town.reader("webb", {"letter": "web"})
    town.reader("quiet", {"letter": "each"}, days=["sat"])
    town.reader("gone", {"letter": "each"}, overflow="leave_out", paused={"from": "2026-11-01", "until": "2026-12-24"})
    path = draft(at)
    schedule(at, path)
    town.hand_over()
    return town, path


def numbers(page: str) -> dict[str, tuple[str, int]]:
    """The numbers on the page, each with where it leads."""
    found = re.findall(r'<dt><a href="([^"]+)">([^<]+)</a></dt><dd>([\d,]+)</dd>', page)
    return {words: (link, int(count)) for link, words, count in found}


@pytest.mark.slow
def test_every_number_leads_to_just_as_many_people(at: Marketer) -> None:
    _, path = one_of_each(at)
    page = at.get(path)
    there = numbers(page)
    assert sum(count for _, count in there.values()) == 8
    for link, count in there.values():
        assert at.client.get(link).get_data(as_text=True).count("/subscribers/sub_") == count
    for link, number in re.findall(r'<td><a href="([^"]+reason=[^"]+)">[^<]+</a></td><td class="number">(\d+)', page):
        assert at.client.get(link).get_data(as_text=True).count("/subscribers/sub_") == int(number)
    assert at.get(f"{path}/people").count("/subscribers/sub_") == 8


def test_it_says_until_when_and_why_readers_wait(at: Marketer) -> None:
    _, path = one_of_each(at)
    page = at.get(path)
    why = page.partition("Why some still wait")[2].partition("</section>")[0]
    assert "It is not one of their days" in why
    assert "They asked for one mail a week" in why
    assert "The last of them may get it from" in page


def test_who_left_is_told_by_cause_of_all_messages_with_those_who_gave_no_reason(at: Marketer) -> None:
    town, path = one_of_each(at)
    with town.database.write() as connection:
        rows = connection.execute(select(DELIVERY).where(DELIVERY.c.state == State.ACCEPTED.value)).all()
        for row, cause in zip(rows, (Cause.TOO_OFTEN, Cause.UNSTATED), strict=True):
            unsubscribe(connection, 1, row.subscriber_id, Scope.ALL, SYSTEM, town.now, delivery_id=row.id, cause=cause)
    page = at.get(path)
    assert "Of 2 messages" in page
    assert "50.00 %" in page
    assert f'{HERE}/{path}/left?cause=unstated">1</a> gave no reason' in page
    assert at.get(f"{path}/left").count("/subscribers/sub_") == 2
    assert at.get(f"{path}/left?cause=too_often").count("/subscribers/sub_") == 1


def test_what_was_refused_is_tried_again_all_at_once_as_long_as_it_is_worth_it(at: Marketer) -> None:
    town, path = one_of_each(at)
    assert "Try the one again" in at.get(path)
    at.post(f"{path}/do", {"do": "again"}, form_on=path)
    assert town.counts(1)["due"] == 1
    answering(at).hand_over()
    assert town.counts(1)["accepted"] == 3
    assert "Try the" not in at.get(path)


def test_what_is_past_its_time_is_not_tried_again(at: Marketer) -> None:
    town, path = one_of_each(at)
    at.at.clock.instant += timedelta(days=9)
    page = at.get(path)
    assert "not worth sending any more, so none is tried again" in page
    before = town.counts(1)
    at.post(f"{path}/do", {"do": "again"}, form_on=f"{path}/end")
    assert town.counts(1) == before


def test_nothing_of_an_ended_campaign_is_tried_again(at: Marketer) -> None:
    town, path = one_of_each(at)
    at.post(f"{path}/end", {})
    assert "Try the" not in at.get(path)
    at.post(f"{path}/do", {"do": "again"}, form_on="campaigns/new")
    assert town.counts(1)["refused"] == 1


def test_a_person_answers_for_everything_in_doubt_at_once(at: Marketer) -> None:
    town, path = one_of_each(at)
    at.post(f"{path}/do", {"do": "all_arrived"}, form_on=path)
    assert town.counts(1)["accepted"] == 3
    before = dump(at.at.there)
    at.post(f"{path}/do", {"do": "none_arrived"}, form_on=path)
    assert dump(at.at.there) == before


def test_what_did_not_arrive_is_due_again(at: Marketer) -> None:
    town, path = one_of_each(at)
    at.post(f"{path}/do", {"do": "none_arrived"}, form_on=path)
    assert town.counts(1)["due"] == 1


def test_while_it_is_sent_the_page_follows_it_without_scripts_too(at: Marketer) -> None:
    town = town_of(at)
    town.reader("anna", {"letter": "each"})
    path = draft(at)
    assert 'http-equiv="refresh"' not in at.get(path)
    page = schedule(at, path)
    assert "It is beginning." in page
    assert '<noscript><meta http-equiv="refresh"' in page
    town.hand_over()
    page = at.get(path)
    assert "data-progress" not in page
    assert 'http-equiv="refresh"' not in page


def test_the_page_follows_until_it_is_said_that_it_is_over_and_not_only_until_the_last_has_left(at: Marketer) -> None:
    town = town_of(at)
    town.reader("anna", {"letter": "each"})
    path = draft(at)
    schedule(at, path)
    tend(town.office)
    Sender(town.office, town.mails, town.lease_id, lambda: True).run(1)
    assert town.counts(1) == {"accepted": 1}
    page = at.get(path)
    assert "being sent" in page
    assert "1 of 1 are done." in page
    assert page.count("data-progress") == 2
    tend(town.office)
    assert "data-progress" not in at.get(path)


def test_a_spread_send_is_followed_to_its_end_and_its_numbers_with_it(at: Marketer) -> None:
    town = town_of(at)
    for number in range(20):
        town.reader(f"r{number}", {"letter": "each"})
    path = draft(at)
    at.post(f"{path}/schedule", {"how": "now", "spread": "120"})
    town.go_to(town.now + timedelta(hours=1))
    at.at.later(hours=1)
    page = at.get(path)
    done = town.counts(1)["accepted"]
    assert 0 < done < 20
    assert f"{done} of 20 are done. It is spread until Tuesday 24 November at 15:00." in page
    assert page.count("data-progress") == 2
    assert sum(count for _, count in numbers(page).values()) == 20
    town.go_to(town.now + timedelta(hours=2))
    assert "data-progress" not in at.get(path)
    assert town.counts(1) == {"accepted": 20}


def test_a_campaign_that_will_begin_later_is_not_followed(at: Marketer) -> None:
    assert "data-progress" not in schedule(at, draft(at), "at", "2026-11-26T09:00")


def test_what_was_put_off_says_when_it_is_tried_next_and_until_when(at: Marketer) -> None:
    town = answering(at, slow=OutcomeKind.DEFERRED)
    town.reader("slow", {"letter": "each"})
    path = draft(at)
    schedule(at, path)
    town.hand_over()
    with at.at.there.database.read() as connection:
        row = connection.execute(select(DELIVERY.c.wakes_at, DELIVERY.c.expires_at)).one()
    assert row.expires_at == town.now + timedelta(days=8)
    minute = row.wakes_at + timedelta(hours=1)
    page = at.get(path)
    assert f"tried again</a>, next today at {minute:%H:%M}" in page or f"at {minute:%H:%M}, and no longer" in page
    assert "and no longer than until Wednesday 2 December at 13:00" in page
    assert "and no longer than until Wednesday 2 December" in at.get(f"{path}/people?state=deferred")


def test_today_says_what_holds_mail_back_though_its_readers_want_it(at: Marketer) -> None:
    town = answering(at, anna=OutcomeKind.SLOWED)
    town.reader("anna", {"letter": "each"})
    path = draft(at)
    schedule(at, path)
    town.hand_over()
    with town.database.write() as connection:
        begin_warm_up(connection, 50, 1000, town.now)
    page = at.get("")
    assert "Held back for a while" in page
    assert "example.org: nothing goes there until" in page
    assert "because it said: 421 slowed" in page
    assert "warm-up, day 1: 0 of at most 50 mails today" in page
