"""`troth explain`: every decision with its evidence and its promise, and why there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import update

from preferences.links import Kind, PublicIds
from preferences.store.installation import suppression_key
from preferences.store.results import Came
from preferences.store.tables import CAMPAIGN, DECISION
from tests.store.lived import Lived, letter_with_an_extra
from tests.store.newsletter import Newsletter, asked, newsletter
from webapp.cli import troth

READER = "reader0@example.org"


@pytest.fixture
def there(database_url: str) -> Iterator[Newsletter]:
    with newsletter(database_url) as found:
        yield found


@pytest.fixture
def explain(there: Newsletter, database_url: str, tmp_path: Path) -> Callable[..., Result]:
    """`troth explain`, on the database of this test."""
    environ = {"TROTH_DATABASE_URL": database_url, "TROTH_DATA_DIR": str(tmp_path), "TROTH_SECRET_KEY": "s" * 40}
    return lambda *words: CliRunner().invoke(troth, ["explain", *words], env=environ)


def test_what_waited_and_came_along_is_explained_in_order(there: Newsletter, explain: Callable[..., Result]) -> None:
    letter_with_an_extra(there)
    answer = explain(READER, "Extra")
    assert answer.exit_code == 0, answer.output
    said = answer.stdout
    assert said.startswith("Campaign 'Extra' for this subscriber: came along.")
    assert "1. Wed 2026-11-25 13:00:00 Europe/Berlin\n   wait, total_cap, charged to Events\n" in said
    assert "evidence: total, at most 1 a week: 1 of 1 counted from 2026-11-23 to 2026-11-29 (Europe/Berlin)" in said
    assert "opens at: Mon 2026-11-30 00:00:00 Europe/Berlin" in said
    assert "     At most one mail a week from everything you chose: Letter, Events." in said
    assert "send, expected, charged to Events" in said
    assert said.index("wait, total_cap") < said.index("send, expected")
    assert "It travelled in campaign 'Second letter'." in said
    assert (
        "Handing over at Tue 2026-12-01 13:00:00 Europe/Berlin, began 0.0 s later: was accepted (250 thank you)."
        in said
    )


def test_a_rolling_window_is_said_in_instants_of_the_readers_zone(
    there: Newsletter, explain: Callable[..., Result]
) -> None:
    lived = Lived(there)
    lived.reader(asked("events", at_most={"count": 1, "per": "two_weeks"}), zone="Pacific/Auckland")
    for name in ("First", "Second"):
        lived.send(there.events, name)
        lived.hand_over()
        lived.wait(days=1)
    said = explain(READER, "Second").stdout
    since, until = "Wed 2026-11-25 01:00:00 Pacific/Auckland", "Sun 2026-12-06 01:00:00 Pacific/Auckland"
    assert f"evidence: total, at most 1 in two weeks: 1 of 1 counted, full from {since} until {until}" in said


def test_every_try_is_listed(there: Newsletter, explain: Callable[..., Result]) -> None:
    lived = Lived(there)
    lived.reader(asked("letter"))
    came = iter([Came.DEFERRED, Came.IN_DOUBT])
    lived.came = lambda: next(came)
    lived.send(there.letter, "First letter")
    lived.hand_over()
    said = explain(READER, "First letter").stdout
    assert "It is decided and tried again at Tue 2026-11-24 13:0" in said
    assert ", no later than Wed 2026-12-02 13:00:00 Europe/Berlin." in said
    lived.wait(hours=1)
    lived.hand_over()
    said = explain(READER, "First letter").stdout
    assert "tried again" not in said
    assert said.startswith("Campaign 'First letter' for this subscriber: in doubt")
    assert said.index(": was deferred") < said.index(": was in doubt")


def test_a_campaign_is_named_by_public_number_number_or_exact_name(
    there: Newsletter, explain: Callable[..., Result]
) -> None:
    told = letter_with_an_extra(there)
    with there.database.read() as connection:
        public = PublicIds(suppression_key(connection).hex()).public_id(Kind.CAMPAIGN, told.extra)
    by_name = explain(READER, "Extra", "--publication", "newsletter").stdout
    assert explain(READER, public).stdout == explain(READER, str(told.extra)).stdout == by_name


def test_of_several_campaigns_of_one_name_the_numbers_are_said(
    there: Newsletter, explain: Callable[..., Result]
) -> None:
    letter_with_an_extra(there)
    with there.database.write() as connection:
        connection.execute(update(CAMPAIGN).values(name="Issue"))
    answer = explain(READER, "Issue")
    assert answer.exit_code == 1
    assert answer.stderr.count("cam_") == 3


def _later(lived: Lived) -> None:
    lived.wait(days=1)
    lived.reader(asked("letter"))


NOBODY: dict[str, tuple[Callable[[Lived], object], str]] = {
    "nobody": (lambda _: None, "nobody is subscribed at this address"),
    "who came later": (_later, "this subscriber came later, on 2026-11-25 12:00 UTC"),
}


@pytest.mark.parametrize("case", list(NOBODY))
def test_who_is_not_in_the_audience_is_told_why(there: Newsletter, explain: Callable[..., Result], case: str) -> None:
    arrange, why = NOBODY[case]
    lived = Lived(there)
    lived.send(there.letter, "First letter")
    arrange(lived)
    answer = explain(READER, "First letter")
    assert answer.exit_code == 1
    assert why in answer.stderr
    assert answer.stdout == ""


def test_who_expected_none_of_the_topics_is_told_so(there: Newsletter, explain: Callable[..., Result]) -> None:
    lived = Lived(there)
    lived.reader(asked("events"))
    lived.send(there.letter, "First letter")
    assert "none of its topics was expected by this subscriber then" in explain(READER, "First letter").stderr


def test_who_is_not_in_the_segment_is_told_so(there: Newsletter, explain: Callable[..., Result]) -> None:
    lived = Lived(there)
    lived.reader(asked("letter"))
    lived.send(there.letter, "First letter", segment='{"plan": "gold"}')
    assert "this subscriber was not in its segment then" in explain(READER, "First letter").stderr


def test_a_campaign_that_is_not_planned_has_decided_nothing_yet(
    there: Newsletter, explain: Callable[..., Result]
) -> None:
    lived = Lived(there)
    lived.reader(asked("letter"))
    lived.send(there.letter, "First letter")
    with there.database.write() as connection:
        connection.execute(update(CAMPAIGN).values(planned_at=None))
    lived.reader(asked("letter"))
    said = explain("reader1@example.org", "First letter").stderr
    assert "nothing is decided yet: this campaign is scheduled for 2026-11-24 12:00 UTC" in said


def test_a_decision_that_came_from_elsewhere_is_explained_without_a_promise(
    there: Newsletter, explain: Callable[..., Result]
) -> None:
    told = letter_with_an_extra(there)
    values = {"outcome": "not_sent", "reason": "template_failed", "basis": "{}", "expectation_id": None}
    with there.database.write() as connection:
        connection.execute(update(DECISION).values(**values, opens_at=None, evidence=None))
    said = explain(READER, str(told.extra)).stdout
    assert "not_sent, template_failed" in said
    assert "judged under" not in said


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ((READER, "No such letter"), "there is no campaign 'No such letter'"),
        ((READER, "999"), "there is no campaign '999'"),
        (("no address", "First letter"), "EMAIL: "),
    ],
)
def test_what_cannot_be_found_is_said_in_one_sentence(
    there: Newsletter, explain: Callable[..., Result], words: tuple[str, ...], why: str
) -> None:
    answer = explain(*words)
    assert answer.exit_code == 1
    assert why in answer.stderr
    assert "Traceback" not in answer.output
