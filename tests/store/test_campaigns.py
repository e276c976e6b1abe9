"""Campaigns go their way one step at a time, and what is settled stays settled."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from preferences.basis import from_json
from preferences.delivery import CampaignStatus, State
from preferences.errors import Conflict, Invalid, NotFound
from preferences.store.campaign_values import CampaignValues
from preferences.store.campaigns import campaign, create_campaign, revise_campaign
from preferences.store.counts import counts
from preferences.store.deliveries import deliveries
from preferences.store.events import SYSTEM
from preferences.store.planning import plan_campaign
from preferences.store.schedules import end, pause, resume, schedule
from preferences.store.tables import CAMPAIGN_CONTENT, DECISION, DELIVERY, EVENT, OUTBOX
from tests.store.newsletter import NOON, Newsletter, asked, newsletter, rows, signed_up

LATER = NOON + timedelta(hours=1)
ISSUE = CampaignValues(name="Issue", subject="News", topics=("letter",), markdown="# News")


def drafted(there: Newsletter, **changes: Any) -> int:
    values = {name: getattr(ISSUE, name) for name in CampaignValues.__dataclass_fields__} | changes
    with there.database.write() as connection:
        return create_campaign(connection, there.publication, CampaignValues(**values), SYSTEM, NOON)


def scheduled(there: Newsletter, number: int, at: datetime = LATER) -> None:
    with there.database.write() as connection:
        schedule(connection, there.publication, number, at, SYSTEM, NOON)


def planned(there: Newsletter, number: int) -> int:
    with there.database.write() as connection:
        return plan_campaign(connection, number, LATER)


def test_a_schedule_is_written_with_what_must_follow_from_it(database_url: str) -> None:
    with newsletter(database_url) as there:
        number = drafted(there)
        scheduled(there, number)
        with there.database.read() as connection:
            (asked_for,) = rows(connection, OUTBOX)
            assert (asked_for["kind"], asked_for["subject_id"], asked_for["done_at"]) == ("plan", number, None)
            found = campaign(connection, there.publication, number)
        assert (found.status, found.scheduled_at, found.local_at) == (CampaignStatus.SCHEDULED, LATER, None)


def test_an_instant_that_is_past_is_refused_after_a_minutes_grace(database_url: str) -> None:
    with newsletter(database_url) as there:
        number = drafted(there)
        with pytest.raises(Invalid, match="past"):
            scheduled(there, number, NOON - timedelta(seconds=61))
        scheduled(there, number, NOON - timedelta(seconds=59))
        with there.database.read() as connection:
            assert campaign(connection, there.publication, number).scheduled_at == NOON


def test_a_local_time_is_planned_when_the_first_zone_reaches_it(database_url: str) -> None:
    with newsletter(database_url) as there:
        number = drafted(there)
        scheduled(there, number, datetime(2026, 11, 26, 9, 0))  # noqa: DTZ001 - each reader's own
        with there.database.read() as connection:
            found = campaign(connection, there.publication, number)
        assert found.scheduled_at == datetime(2026, 11, 25, 19, 0, tzinfo=UTC)
        assert found.local_at == datetime(2026, 11, 26, 9, 0)  # noqa: DTZ001


def test_of_two_who_want_different_things_at_once_one_is_refused(database_url: str) -> None:
    with newsletter(database_url) as there:
        number = drafted(there)
        scheduled(there, number)
        done: list[str] = []

        def attempt(step: Any) -> None:
            try:
                with there.database.write() as connection:
                    step(connection, there.publication, number, SYSTEM, NOON)
                done.append(step.__name__)
            except Conflict:
                done.append("refused")

        threads = [threading.Thread(target=attempt, args=(step,)) for step in (pause, pause, pause)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(done) == ["pause", "refused", "refused"]


def test_a_revision_is_kept_for_ever_and_another_follows_it(database_url: str) -> None:
    with newsletter(database_url) as there:
        number = drafted(there)
        with there.database.write() as connection:
            assert revise_campaign(connection, there.publication, number, {"subject": "More"}, SYSTEM, NOON) == 2
            assert revise_campaign(connection, there.publication, number, {"name": "No. 2"}, SYSTEM, NOON) == 2
            subjects = [row["subject"] for row in rows(connection, CAMPAIGN_CONTENT)]
            assert campaign(connection, there.publication, number).values.title == "More"
        assert subjects == ["News", "More"]


def test_a_subject_with_placeholders_is_no_title(database_url: str) -> None:
    with newsletter(database_url) as there:
        number = drafted(there, subject="News for {{ name }}")
        with there.database.read() as connection:
            assert campaign(connection, there.publication, number).values.title == "Issue"


def test_only_drafts_and_paused_campaigns_change(database_url: str) -> None:
    with newsletter(database_url) as there:
        number = drafted(there)
        scheduled(there, number)
        with pytest.raises(Conflict), there.database.write() as connection:
            revise_campaign(connection, there.publication, number, {"subject": "More"}, SYSTEM, NOON)
        with there.database.write() as connection:
            pause(connection, there.publication, number, SYSTEM, NOON)
            revise_campaign(connection, there.publication, number, {"topics": ("events", "letter")}, SYSTEM, NOON)
            assert campaign(connection, there.publication, number).values.topics == ("events", "letter")


def test_what_was_planned_goes_on_where_it_was_paused(database_url: str) -> None:
    with newsletter(database_url) as there:
        signed_up(there, asked("letter"))
        number = drafted(there)
        scheduled(there, number)
        assert planned(there, number) == 1
        with there.database.write() as connection:
            paused = pause(connection, there.publication, number, SYSTEM, LATER, because="a person asked")
            assert paused.held_because == "a person asked"
            resumed = resume(connection, there.publication, number, SYSTEM, LATER)
        assert (resumed.status, resumed.held_because) == (CampaignStatus.SENDING, None)


def test_ending_leaves_alone_what_is_handing_over_and_sends_nothing_else(database_url: str) -> None:
    with newsletter(database_url) as there:
        for name in "abcd":
            signed_up(there, asked("letter"), address=f"{name}@example.org")
        number = drafted(there)
        scheduled(there, number)
        assert planned(there, number) == 4
        with there.database.write() as connection:
            first = deliveries(connection, number, 1)[0].id
            connection.execute(update(DELIVERY).where(DELIVERY.c.id == first).values(state="handing_over"))
            end(connection, there.publication, number, SYSTEM, LATER)
            found = counts(connection, number)
            decided = [row for row in rows(connection, DECISION) if row["reason"] == "campaign_ended"]
            said = [row["kind"] for row in rows(connection, EVENT) if row["campaign_id"] == number]
        assert (found.by_state[State.HANDING_OVER], found.by_state[State.NOT_SENT]) == (1, 3)
        assert sum(found.by_state.values()) == sum(found.by_reason.values()) == 4
        assert len(decided) == 3
        assert said == ["campaign_created", "campaign_scheduled", "campaign_ended"]
        with pytest.raises(ValueError, match="basis"):
            from_json(decided[0]["basis"])


def test_a_publication_without_sender_schedules_nothing(database_url: str) -> None:
    from preferences.store.publications import change_publication

    with newsletter(database_url) as there:
        number = drafted(there)
        with there.database.write() as connection:
            change_publication(connection, there.publication, {"sender": None})
        with pytest.raises(Invalid, match="sender"):
            scheduled(there, number)


def test_topics_for_what_cannot_wait_stand_with_their_kind_only(database_url: str) -> None:
    with newsletter(database_url) as there:
        with pytest.raises(Invalid, match="cannot wait"):
            drafted(there, topics=("letter", "notices"))
        drafted(there, topics=("notices",))


def test_a_campaign_of_another_publication_is_not_found(database_url: str) -> None:
    with newsletter(database_url) as there:
        number = drafted(there)
        with there.database.write() as connection:
            for step in (pause, resume, end):
                with pytest.raises(NotFound):
                    step(connection, there.publication + 1, number, SYSTEM, NOON)
